#!/bin/bash
# SPDX-License-Identifier: MIT
# What a backup says of itself is true: exit status, metrics and ping, when a part of it fails or has no room.
. "$(dirname "$0")/../support/lib.sh"
. "$ECS_TREE/tests/support/appliance.sh"

tiny_root
VAULT=$ROOT/data/ecs-storage-vault
volume() { # SIZE FOLDER MKFS…: FOLDER becomes a file system of its own; out of the root, which is removed before it
	local image=$WORK/${2##*/}.img
	truncate -s "$1" "$image"
	"${@:3}" "$image" >/dev/null 2>&1 || bail "$3 failed"
	mkdir -p "$2"
	mount -o loop "$image" "$2" || bail "cannot mount '$2'"
	at_end umount -l "$2"
}
volume 256M "$VAULT" mkfs.btrfs -q
volume 20M "$WORK/small" mkfs.ext4 -q -m 0
volume 40M "$ROOT/data/temp" mkfs.ext4 -q -m 0

# the watch: 200 to /good, 302 to /moved, and a line in $WORK/pings each time
python3 - "$WORK/pings" >"$WORK/port" <<'END' &
import http.server, sys

class Watch(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(sys.argv[1], "a") as pings:
            print(self.path, file=pings)
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("Location", "/login")
        self.end_headers()

    def log_message(self, *text):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Watch)
print(server.server_port, flush=True)
server.serve_forever()
END
at_end kill $!
until_true 10 test -s "$WORK/port"
watch=http://127.0.0.1:$(cat "$WORK/port")
: >"$WORK/pings"

backup_env() { # URL PING [OPTIONS]
	write_env '  backup:' "    url: $1" '    encrypt: a password' "    ping: $2" '    idle: 10' "    options: ${3:-}"
	start -q
}
backup() { run ecs-backup --root "$ROOT" "$@"; }
pings() { paste -sd' ' <"$WORK/pings"; }
left() {
	btrfs subvolume list "$VAULT"
	ls --ignore=lost+found "$ROOT/data/temp"
	docker ps -q --filter status=paused --filter "label=com.docker.compose.project=$(project_of "$ROOT")"
}

mkdir "$VAULT/a"
for i in {1..5}; do head -c 4000 /dev/urandom >"$VAULT/a/$i"; done
chown -R 5432:5432 "$VAULT/a"
backup_env "restic:$WORK/repository" "$watch/good"
is "$status" 0 'the appliance starts'
backup
is "$status" 0 'a backup'
is "$(pings)" /good 'tells the watch'

backup_env "restic:$WORK/repository" "$watch/moved"
backup
is "$status" 0 'a ping that is sent elsewhere'
like "$err" 'appliance.backup.ping answered with status 302' 'is said'
backup_env "restic:$WORK/repository" http://127.0.0.1:9/
backup
is "$status" 0 'a watch that does not answer'
like "$err" 'warning: appliance.backup.ping: ' 'is said, too'

# --- what lies in the vault, but not in a snapshot of it -------------------------------------------------------------
: >"$WORK/pings"
mkdir "$VAULT/a/mounted"
mount -t tmpfs tmpfs "$VAULT/a/mounted"
btrfs subvolume create "$VAULT/a/nested" >/dev/null
backup
is "$status" 78 'a part of the vault that no snapshot holds: refused'
like "$err" "'$VAULT/a/mounted' is another file system, mounted there; '$VAULT/a/nested' is a subvolume of its own: move it" 'each by its name'
is "$(btrfs subvolume list "$VAULT" | wc -l):$(pings)" 1: 'nothing had begun'
run ecs-snapshot --root "$ROOT" create TRY --volume ecs-files
is "$status" 0 'a snapshot is taken all the same'
like "$err" "warning: a snapshot of 'ecs-files' does not contain all of it: '$VAULT/a/mounted' .*'$VAULT/a/nested'" 'and it warns'
ecs-snapshot -q --root "$ROOT" remove TRY --volume ecs-files
umount "$VAULT/a/mounted"
btrfs subvolume delete "$VAULT/a/nested" >/dev/null
mknod "$VAULT/a/device" c 1 3
backup
is "$status" 0 'without them it is backed up'
like "$err" "warning: 'ecs-storage-vault/a/device' is a device: a restore of this backup would leave it out" 'and warns about a device'
rm "$VAULT/a/device"

# --- what is too old cannot be forgotten -----------------------------------------------------------------------------
: >"$WORK/pings"
backup_env "restic:$WORK/repository" "$watch/good" "'--keep-daily=many'"
backup
is "$status" 2 'a backup after which nothing can be forgotten'
like "$err" 'forget what is too old: .*: the backup itself is stored and good' 'is half a success, and says which half'
is "$(pings)" /good 'the watch hears of it'
is "$(left)" '' 'nothing is left of it'
backup --check
is "$status" 0 'and it counts'

# --- no room ------------------------------------------------------------------------------------------------------------
: >"$WORK/pings"
content() { (cd "$VAULT" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum); }
backup_env "restic:$WORK/small/repository" "$watch/good"
head -c 30M /dev/urandom >"$VAULT/a/large"
was=$(content)
backup
is "$status" 1 'a target without room'
# restic 0.14 of Debian 12 waited for itself in 12 of 87 such cases
like "${err##*$'\n'}" 'store all of it: .*(no space left on device|only [0-9]+ MB are free at the target)' 'says so in its last line'
is "$(left)" '' 'nothing is left of it here'
is "$(content)" "$was" 'the vault is untouched'
is "$(pings)" '' 'the watch hears nothing'
ok 'and the metrics have the failure' grep -qxF 'ecs_command_exit_code{tool="ecs-backup",verb=""} 1' \
	"$ROOT/var/lib/ecs/metrics/ecs-backup.prom"
backup --check
is "$status" 1 '--check: no'
rm "$VAULT/a/large"
backup
is "$status" 0 'the next one, with room, succeeds'
is "$(running)" 'ecs-postgres ecs.web nginx' 'all run meanwhile'

# --- an engine that hangs -------------------------------------------------------------------------------------------
: >"$WORK/pings"
mkdir "$WORK/bin"
printf '#!/bin/sh\n[ "$1" != backup ] || exec sleep 600\nexec /usr/bin/restic "$@"\n' >"$WORK/bin/restic"
chmod +x "$WORK/bin/restic"
ECS_PATH=$WORK/bin:/usr/sbin:/usr/bin:/sbin:/bin backup
is "$status" 1 'an engine that does nothing'
like "${err##*$'\n'}" 'store all of it: .*: restic backup: did nothing for 10 s, stopped' 'is stopped'
is "$(left)" '' 'nothing is left of it'
is "$(pings)" '' 'the watch hears nothing'
backup
is "$status" 0 'the next one succeeds'

sql "CREATE TABLE wide (t text); ALTER TABLE wide ALTER t SET STORAGE EXTERNAL; ALTER TABLE wide OWNER TO ecs;
	INSERT INTO wide SELECT string_agg(gen_random_uuid()::text, '') FROM generate_series(1, 1000), generate_series(1, 3000) n GROUP BY n"
backup
is "$status" 1 'a dump without room'
like "${err##*$'\n'}" 'dump the database: .*[Nn]o space left on device' 'says so in its last line'
is "$(left)" '' 'nothing is left of it'
is "$(running)" 'ecs-postgres ecs.web nginx' 'and all run'
sql 'DROP TABLE wide'
backup
is "$status" 0 'the next one succeeds'
finish
