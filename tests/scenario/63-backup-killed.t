#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-backup killed at the lines of its journal and as it starts its children, its engine killed while it stores, and locks that others left or hold:
# the next backup succeeds without a human, and what was good before can be restored.
# Each run takes a share of the points (takes, in lib.sh).
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/restoring.sh"
restoring_root
FEW=1
first_backup

# serves: nobody has to wait for the next backup
serves() {
	[ "$(running)" = 'ecs-postgres ecs.web nginx' ] &&
		[ -z "$(docker ps -q --filter status=paused --filter "label=com.docker.compose.project=$(project_of "$ROOT")")" ]
}

# killed DRIVER CALLS FIRST OF: at every OFth of these system calls from the FIRST on. With fdatasync these are the lines
# of the journal; with clone, the children that it starts.
killed() {
	local n line kills=0 calls=$2 of=$4
	for ((n = $3; n < 200; n++)); do
		takes $n "$of" || continue
		echo "$n" >"$VAULT/b"
		run strace -qqq -o "$WORK/strace" -e "trace=$calls" -e "inject=$calls:signal=KILL:when=$n" ecs-backup --wait=60 --root "$ROOT"
		[ "$status" != 0 ] || break
		line=$(tail -n1 "$ROOT/var/lib/ecs/journal" 2>/dev/null)
		is "$status" 137 "$1: killed at $calls $n (${line:-no journal})"
		# within the pause the guard lets go of the application
		ok "$1: the application runs" until_true 60 serves
		kills=$((kills + 1))
		# for some seconds the guard looks whether the engine paused it behind the kill
		backup --wait=60
		is "$status $(left_backup)" '0 ' "$1: the next one succeeds and leaves nothing"
	done
	is "$status" 0 "$1: past the last of them nothing is killed"
	ok "$1: some were ($kills, ECS_SEED=$ECS_SEED)" test $kills -ge 1
	echo changed >"$VAULT/b"
	restore
	is "$status $(cat "$VAULT/b") $(rows)" "0 $n 500" "$1: the last one restores"
	restore --commit
}

# engine_killed ENGINE: in the middle of its work
engine_killed() {
	local pid engine
	head -c 20000000 /dev/urandom >"$VAULT/a/most"
	ecs-backup --root "$ROOT" 2>"$WORK/err" &
	pid=$!
	# its temp folder is ROOT's
	engine=''
	while kill -0 $pid 2>/dev/null && [ -z "$engine" ]; do
		for p in $(pgrep "$1"); do
			grep -qzF "$ROOT" "/proc/$p/environ" "/proc/$p/cmdline" 2>/dev/null &&
				tr '\0' ' ' 2>/dev/null <"/proc/$p/cmdline" | grep -qE ' (backup|--encrypt-key) ' && engine=$p
		done
	done
	ok "$1 stores" test -n "$engine"
	kill -9 "$engine"
	status=0
	wait $pid || status=$?
	is "$status $(wc -l <"$WORK/err")" '1 1' "$1 is killed: the backup fails, in one line"
	like "$(cat "$WORK/err")" "$1: killed by SIGKILL|$1.*signal 9|$1.*SIGKILL" 'which says so'
	is "$(left_backup)" '' 'nothing is left'
	backup
	is "$status $(left_backup)" '0 ' "$1: the next one succeeds"
	rm "$VAULT/a/most"
	backup --accept-shrink
	is "$status" 0 "$1: and the one after it"
}

# --- duplicity --------------------------------------------------------------------------------------------------------
killed duplicity clone,clone3,vfork 4 24
engine_killed duplicity

# --- restic -----------------------------------------------------------------------------------------------------------
backup_env "restic:$WORK/repository"
start
backup
is "$status" 0 'a first backup by restic'
# the lines of the journal are the same whatever stores
killed restic fdatasync 5 4
killed restic clone,clone3,vfork 2 20
engine_killed restic

# --- locks ------------------------------------------------------------------------------------------------------------
export RESTIC_REPOSITORY=$WORK/repository RESTIC_PASSWORD_FILE=$KEY RESTIC_CACHE_DIR=$WORK/cache
locks() { find "$WORK/repository/locks" -type f | wc -l; }
mkfifo "$WORK/pipe"
restic -q backup --stdin <"$WORK/pipe" >/dev/null 2>&1 &
pid=$!
exec {pipe}>"$WORK/pipe"
ok 'a run of somebody else holds a lock' until_true 60 sh -c "ls '$WORK/repository/locks' | grep -q ."
kill -9 $pid
wait $pid 2>/dev/null
exec {pipe}>&-
is "$(locks)" 1 'it is killed, and its lock stays'
backup
is "$status $(locks)" '2 1' 'as long as another machine of this name may hold it'
like "$err" "process $pid on '$(hostname)' has held a lock since 20.*this machine did not start it" 'and it says so'
own() { echo "$pid $(($(date +%s) - 20)) $1" >>"$ROOT/var/lib/ecs/backup/restic/runs"; }
own "$(hostname)"
backup
is "$status $(locks)" '0 0' 'the next backup removes the lock of its own dead'
like "$err" "restic: the lock of process $pid on '$(hostname)', of 20[0-9T:-]+, is gone" 'and says whose it was'
# killed_elsewhere: a lock of a dead process on a machine of the name "renamed"
killed_elsewhere() {
	unshare --uts sh -c 'hostname renamed && exec restic -q backup --stdin' <"$WORK/pipe" >/dev/null 2>&1 &
	pid=$!
	exec {pipe}>"$WORK/pipe"
	until_true 60 sh -c "ls '$WORK/repository/locks' | grep -q ." || bail 'restic takes no lock'
	kill -9 $pid
	wait $pid 2>/dev/null
	exec {pipe}>&-
}
killed_elsewhere
own renamed
backup
is "$status $(locks)" '0 0' 'one of this machine, when it had another name, is removed'
like "$err" "restic: the lock of process $pid on 'renamed', of 20" 'and it says so'
restic -q backup --stdin <"$WORK/pipe" >/dev/null 2>&1 &
pid=$!
exec {pipe}>"$WORK/pipe"
ok 'another holds one' until_true 60 sh -c "ls '$WORK/repository/locks' | grep -q ."
backup
is "$status" 2 'it lives: the backup counts, and what is old could not be removed'
like "$err" "already locked by PID $pid on" 'and who holds the lock is named'
diag "$err"
is "$(locks)" 1 'its lock is let be'
exec {pipe}>&-
wait $pid
backup
is "$status" 0 'it has ended: all is well'
finish
