#!/bin/bash
# SPDX-License-Identifier: MIT
# Backups that leave the machine: to a real sshd, to rclone's WebDAV, to what has to be mounted. The target goes away
# in the middle and comes back; nothing of a mount is left, even of a killed run; the password is in no argument list.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/restoring.sh"
restoring_root
FEW=1
AWAY=$WORK/away
mkdir -m 700 "$AWAY"

# --- servers ----------------------------------------------------------------------------------------------------------
sshd_up() {
	SSH_PORT=$(free_port)
	ssh-keygen -q -t ed25519 -N '' -f "$WORK/host_key"
	ssh-keygen -q -t ed25519 -N '' -f "$WORK/id"
	cp "$WORK/id.pub" "$WORK/authorized"
	cat >"$WORK/sshd_config" <<-END
		Port $SSH_PORT
		ListenAddress 127.0.0.1
		HostKey $WORK/host_key
		AuthorizedKeysFile $WORK/authorized
		PidFile $WORK/sshd.pid
		StrictModes no
		PasswordAuthentication no
		PermitRootLogin prohibit-password
		Subsystem sftp internal-sftp
	END
	mkdir -p /run/sshd
	/usr/sbin/sshd -f "$WORK/sshd_config" -E "$WORK/sshd.log" || bail "sshd: $(cat "$WORK/sshd.log")"
	at_end sh -c 'kill "$(cat "$0")"' "$WORK/sshd.pid"
	until_true 20 sh -c "ssh-keyscan -p $SSH_PORT 127.0.0.1 2>/dev/null | sed 's/^# .*//' | grep . >'$WORK/known'" ||
		bail 'sshd does not answer'
}

# dav_up: rclone as a WebDAV server with a password; again at the same port after dav_down
dav_up() {
	rclone serve webdav --addr "127.0.0.1:$DAV_PORT" --user backup --pass 'se:cret@7' "$AWAY" 2>"$WORK/dav.log" &
	DAV=$!
	until_true 20 curl -so /dev/null --noproxy '*' "http://127.0.0.1:$DAV_PORT/" || bail "rclone: $(cat "$WORK/dav.log")"
}

dav_down() { # [SIGNAL]
	[ -z "${DAV:-}" ] || kill "-${1:-TERM}" "$DAV"
	wait "$DAV" 2>/dev/null
	DAV=''
}

# goes_to URL [LINE…]: from here on backups go there
goes_to() {
	backup_env "$@"
	start
	[ "$status" = 0 ] || bail "it does not start: $err"
}

# round WHAT: a backup, a change, and back again; a drill too
round() {
	backup
	is "$status" 0 "$1: a backup"
	like "$err" 'files read back' "$1: read back"
	backup --check
	is "$status" 0 "$1: --check"
	rm -f "$VAULT/a/large"
	sql 'DELETE FROM kept WHERE id > 100'
	restore
	is "$status" 0 "$1: a restore"
	is "$(content) $(rows)" "$CONTENT 500" "$1: every byte and row is there"
	restore --commit
	is "$status" 0 "$1: committed"
	is "$(left)" '' "$1: nothing is left"
}

# --- sftp -------------------------------------------------------------------------------------------------------------
sshd_up
TARGET=$AWAY/local
first_backup
goes_to "sftp://root@127.0.0.1:$SSH_PORT/$AWAY/sftp" \
	"    options: \"--ssh-options='-oIdentityFile=$WORK/id -oUserKnownHostsFile=$WORK/known -oGlobalKnownHostsFile=$WORK/known'\""
round 'duplicity by sftp'
ok 'duplicity by sftp: it is there' sh -c "ls '$AWAY/sftp' | grep -q 'full.*gpg'"

printf 'Host away\n HostName 127.0.0.1\n Port %s\n User root\n IdentityFile %s\n UserKnownHostsFile %s\n' \
	"$SSH_PORT" "$WORK/id" "$WORK/known" >"$WORK/ssh_config"
goes_to "restic:sftp:away:$AWAY/restic" "    options: \"-o sftp.command='ssh -F $WORK/ssh_config away -s sftp'\""
round 'restic by sftp'

# --- WebDAV -----------------------------------------------------------------------------------------------------------
DAV_PORT=$(free_port) DAV=''
at_end dav_down
dav_up
goes_to "webdav://backup:se%3Acret%407@127.0.0.1:$DAV_PORT/dav"
round 'duplicity by WebDAV'
backup --list
unlike "$err$out$(cat "$ROOT/var/lib/ecs/backup/last.json")" 'se%3Acret|se:cret' 'its password is not shown'
head -c 2000000 /dev/urandom >"$VAULT/a/more"
run strace -f -qq -e trace=execve -s 1000 -o "$WORK/trace" ecs-backup --root "$ROOT"
is "$status" 0 'one more, with more'
ok 'the trace holds what was called' grep -q 'execve.*duplicity' "$WORK/trace"
nok 'and no password' grep -qE 'execve\([^[]*\[[^]]*(se%3Acret|se:cret)' "$WORK/trace"

# --- it goes away in the middle ---------------------------------------------------------------------------------------
goes_to "webdav://backup:se%3Acret%407@127.0.0.1:$DAV_PORT/dav" "    options: '--num-retries 1 --volsize 2'"
head -c 20000000 /dev/urandom >"$VAULT/a/most"
sets=$(find "$AWAY/dav" -type f | wc -l)
ecs-backup --root "$ROOT" 2>"$WORK/err" &
pid=$!
ok 'a run is storing' until_true 60 sh -c "[ \$(find '$AWAY/dav' -type f | wc -l) -gt $sets ]"
dav_down KILL
status=0
wait $pid || status=$?
is "$status" 1 'the server dies in the middle: the backup fails'
is "$(wc -l <"$WORK/err")" 1 'with one line'
diag "$(cat "$WORK/err")"
is "$(left)" '' 'nothing is left of it'
is "$(running)" 'ecs-postgres ecs.web nginx' 'the application runs'
backup --check
is "$status" 69 '--check: the target does not answer'
backup
is "$status" 69 'and a backup is refused'
rm "$VAULT/a/large"
restore
is "$status" 69 'a restore too'
nok 'before anything is touched' test -e "$VAULT/a/large"
dav_up
backup
is "$status" 0 'the server is back: the next one succeeds'
sql 'DELETE FROM kept WHERE id > 450'
rm "$VAULT/a/most"
restore
is "$status" 0 'and restores'
is "$(rows) $(stat -c %s "$VAULT/a/most")" '500 20000000' 'all that it holds'
restore --commit
dav_down

# --- mounted ----------------------------------------------------------------------------------------------------------
mkdir "$WORK/share"
mounted() { cut -d' ' -f5 /proc/self/mountinfo | grep -F "$WORK/mnt"; }
holders() { grep -lF " $WORK/mnt " /proc/[0-9]*/mountinfo 2>/dev/null; }
goes_to "file://$WORK/mnt/set" '    mount:' '      type: bind' "      source: $WORK/share" "      target: $WORK/mnt" \
	"    options: '--volsize 2'"
CONTENT=$(content)
round 'a mounted target'
ok 'it is in what was mounted' test -e "$WORK/share/set"
is "$(ls -A "$WORK/mnt")$(mounted)$(holders)" '' 'nothing is mounted afterwards'
head -c 20000000 /dev/urandom >"$VAULT/a/most"
sets=$(find "$WORK/share/set" -type f | wc -l)
ecs-backup --root "$ROOT" 2>"$WORK/killed" &
pid=$!
ok 'a run is storing there' until_true 60 sh -c "[ \$(find '$WORK/share/set' -type f | wc -l) -gt $sets ]"
ok 'where only it sees the mount' test -n "$(holders)" -a -z "$(mounted)"
kill -9 $pid
wait $pid 2>/dev/null
unheld() { [ -z "$(holders)" ]; }
ok 'killed: nobody holds the mount' until_true 20 unheld
backup
is "$status" 0 'the next one succeeds'
is "$(left)$(mounted)$(holders)" '' 'and leaves nothing'
goes_to "file://$WORK/mnt/set" '    mount:' '      type: bind' "      source: $WORK/gone" "      target: $WORK/mnt"
backup
is "$status" 69 'what is to be mounted is not there'
like "$err" "the target of the backup: mount: .*$WORK/gone does not exist" 'it says so'
is "$(ls -A "$WORK/mnt")" '' 'and nothing is stored beneath it'
finish
