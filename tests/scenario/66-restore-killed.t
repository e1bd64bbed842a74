#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ecs-restore killed, alone and with all else, before, inside and after its steps: the next start serves what was live, or
# from the commit on what was restored, always files and rows of one. A run takes a third of the points (takes, in lib.sh);
# ECS_ALL_KILLS=1 every line of the journal.
. "$(dirname "$0")/../support/lib.sh"
. "$ECS_TREE/tests/support/appliance.sh"
. "$ECS_TREE/tests/support/restoring.sh"

restoring_root
first_backup

spoil() { # what is live differs from the backup
	sql 'DELETE FROM kept WHERE id > 450'
	echo live >"$VAULT/b"
	rm -f "$VAULT/a/zero"
	echo later >"$VAULT/c"
	LIVE="$(content) $(tree)" # times count
}
spoil
serves() { # old | new | what else
	local files
	files="$(content) $(tree)"
	case $files:$(rows) in
	"$LIVE:450") echo old ;;
	"$CONTENT $TREE:500") echo new ;;
	*) echo "rows $(rows), files $([ "$files" = "$LIVE" ] && echo old || echo other)" ;;
	esac
}
is "$(serves)" old 'what is live differs from the backup'

after() { # WHAT WANTED: the next start after a kill
	start
	is "$status" 0 "$1: the next start serves"
	is "$(serves)" "$2" "$1: the $2 state, whole"
	is "$(running)" 'ecs-postgres ecs.web nginx' "$1: all run"
	if [ "$2" = new ]; then
		restore --commit
		is "$status" 0 "$1: committed"
		spoil
	fi
	is "$(databases):$(left killed)" ecs: "$1: nothing is left"
	is "$(ls -A "$ROOT/etc/cron.d")" '' "$1: no cron entry either"
}

# --- before and after: each line of the journal is flushed by the only fdatasync(2) there is --------------------
mapfile -t steps < <(ecs-restore --root "$ROOT" -n | cut -f1)
# the journal begins with the flow and three facts
line_of() { # begin|done STEP
	local i
	for i in "${!steps[@]}"; do
		[ "${steps[i]}" != "$2" ] || echo $((4 + 2 * i + ($([ "$1" = begin ] && echo 1 || echo 2))))
	done
}
killed_at() { # LINE
	run strace -qqq -o "$WORK/strace" -e trace=fdatasync -e "inject=fdatasync:signal=KILL:when=$1" \
		ecs-restore --root "$ROOT"
}
if [ "$(share)" = 1 ]; then
	mapfile -t lines < <(seq $((4 + 2 * ${#steps[@]})))
else
	lines=("$(line_of begin 'move the restored files in')" "$(line_of 'done' 'swap the databases')"
		"$(line_of 'done' 'record the migrations')")
fi
for cut in '' ', and the power is cut'; do
	# without a cut 60-backup.t has some
	[ -n "$cut" ] || [ "$(share)" = 1 ] && at=("${lines[@]}") || at=("${lines[-1]}")
	for i in "${!at[@]}"; do
		n=${at[i]}
		[ -z "$cut" ] || takes "$i" 3 || continue
		killed_at "$n"
		line=$(tail -n1 "$ROOT/var/lib/ecs/journal")
		is "$status" 137 "killed at line $n ($line)$cut"
		[ -z "$cut" ] || power_cut
		wanted=old
		((n < $(line_of 'done' 'record the migrations'))) || wanted=new
		after "line $n ($line)$cut" $wanted
	done
done

# --- inside: at a call of another program, while it works; the power is cut as well -----------------------------
path=$WORK/path
mkdir "$path"
cat >"$path/duplicity" <<'END'
#!/bin/bash
# the program, but the call whose words match `at` ends with the death of who called, or of itself
d=$(dirname "$0")
export PATH=/usr/local/bin:/usr/bin:/bin
[[ " $* " =~ $(cat "$d/at") ]] || exec "${0##*/}" "$@"
echo "$*" >"$d/fired"
if [ "$(cat "$d/who")" = pruner ]; then
	"${0##*/}" "$@"
	r=$?
	"${0##*/}" container prune -f --filter "label=com.docker.compose.project=$(cat "$d/project")" >"$d/fired"
	echo ' none such ' >"$d/at"
	exit $r
fi
if [ "$(cat "$d/who")" = tool ]; then
	setpriv --pdeathsig KILL "${0##*/}" "$@" <&0 &
	read -rt 0.3 <> <(:)
	kill -KILL $PPID
fi
kill -KILL $$
END
chmod +x "$path/duplicity"
cp "$path/duplicity" "$path/docker"
for at in 'to-restore ecs-storage-vault' ' pg_restore ' ' stop '; do
	for who in tool program; do
		point=$((${point:-0} + 1))
		takes $point 3 || continue
		what="killed inside '$at': the $who"
		rm -f "$path/fired"
		echo "$at" >"$path/at"
		echo $who >"$path/who"
		run env ECS_PATH="$path:/usr/sbin:/usr/bin:/sbin:/bin" ecs-restore --root "$ROOT"
		ok "$what" test -e "$path/fired"
		if [ $who = tool ]; then
			is "$status" 137 "$what: it is dead"
			power_cut
			after "$what" old
		else
			is "$status" 1 "$what: it fails, and says that all is as it was"
			is "$(serves):$(databases):$(left):$(running)" 'old:ecs::ecs-postgres ecs.web nginx' "$what: it is"
		fi
	done
done

# --- `docker system prune` from cron: what is stopped is gone, while a restore works, or before it is resolved ------
prune() { docker container prune -f --filter "label=com.docker.compose.project=$(project_of "$ROOT")"; }
project_of "$ROOT" >"$path/project"
echo ' stop ' >"$path/at"
echo pruner >"$path/who"
run env ECS_PATH="$path:/usr/sbin:/usr/bin:/sbin:/bin" ecs-restore --root "$ROOT"
ok 'containers were pruned while it restored' grep -q 'Deleted Containers' "$path/fired"
is "$status $(serves) $(running)" '0 new ecs-postgres ecs.web nginx' 'it restores all the same, and all run'
restore --commit
spoil
killed_at "$(line_of begin 'swap the databases')"
is "$status" 137 'killed when the application is stopped'
ok 'its containers are pruned' grep -q 'Deleted Containers' < <(prune)
after 'pruned before it is resolved' old

# --- a volume that does not come up after the power cut ---------------------------------------------------------
killed_at "$(line_of begin 'swap the databases')"
power_cut
prune >/dev/null
umount "$VAULT"
echo "$WORK/vault.img /data/ecs-storage-vault btrfs loop 0 0" >"$ROOT/etc/fstab"
start
is "$status" 2 'the vault is not mounted: nothing is put back'
like "$err" "'/data/ecs-storage-vault' is in fstab but not mounted" 'and it says so'
mount -o loop "$WORK/vault.img" "$VAULT"
rm "$ROOT/etc/fstab"
after 'with the vault mounted' old
finish
