#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-backup against the bare engine on the same tree in the same run, with both engines: a first full backup, one
# without a change, one with 1 % of the files and rows changed. The engine's phase within ecs-backup is what the bare
# engine is compared with (aim: 1.05 at most); the rest of a run is the walk of the tree, the dump, and the sample.
# usage: backup.sh [MB OF DATABASE] [FILES] [MB OF FILES]   (make bench: 256 20000 512)
ECS_TREE=$(cd "$(dirname "$0")/../.." && pwd)
DOCKER_HOST=$("$ECS_TREE/scripts/engine" up) BASE=$("$ECS_TREE/scripts/engine" base)
export DOCKER_HOST BASE
. "$ECS_TREE/tests/support/lib.sh"
. "$ECS_TREE/tests/support/appliance.sh"
. "$ECS_TREE/tests/support/restoring.sh"
. "$ECS_TREE/tests/support/bulk.sh"
database=${1:-256} files=${2:-20000} size=${3:-512}
VAULT_SIZE=$((size * 3 + 512))M
restoring_root
backup_env "restic:$WORK/restic"
start
[ "$status" = 0 ] || bail "$err"
bulk_tree "$VAULT" "$files" $((size << 20)) || bail 'no tree'
bulk_rows $((database << 20))
echo "# database $(sql 'SELECT pg_database_size(current_database()) >> 20') MB," \
	"$(find "$VAULT" -type f | wc -l) files, $(du -sm "$VAULT" | cut -f1) MB" >&2

# what the bare engine reads: the same files, and a dump of the same rows
BARE=$WORK/bare
mkdir -p "$BARE/ecs-storage-vault" "$BARE/ecs-pgdump"
mount --bind "$VAULT" "$BARE/ecs-storage-vault"
at_end umount -l "$BARE/ecs-storage-vault"
dump() {
	docker exec "$(container ecs-postgres)" pg_dump -U postgres -Fc -Z0 ecs | gzip --rsyncable >"$BARE/ecs-pgdump/ecs.pgdump.gz"
}

# Both read from the disk, as at night: a snapshot of btrfs shares no cache with what it is of, and whoever comes later
# would find the files in memory.
used() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	"$ECS_TREE/tests/bench/used.py" "$@" 2>"$WORK/err.used" || {
		cat "$WORK/err.used" >&2
		kill $$
	}
}

# row ENGINE WHAT STORED BARE COMMAND…: the tool's figures, its engine's phase, and those of the bare COMMAND
row() {
	local engine=$1 what=$2 stored=$3 bare_stored=$4 wall cpu memory phase bare_wall bare_cpu bare_memory before
	shift 4
	before=$(du -sb "$stored" 2>/dev/null | cut -f1)
	read -r wall cpu memory < <(used ecs-backup -v --root "$ROOT")
	phase=$(sed -n "s/.*$engine took \([0-9]*\) ms.*/\1/p" "$WORK/err.used")
	stored=$(($(du -sb "$stored" | cut -f1) - ${before:-0}))
	dump
	before=$(du -sb "$bare_stored" 2>/dev/null | cut -f1)
	read -r bare_wall bare_cpu bare_memory < <(cd "$BARE" && used "$@")
	bare_stored=$(($(du -sb "$bare_stored" | cut -f1) - ${before:-0}))
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\n' "$engine" "$what" "$wall" "$((phase / 1000)).$((phase % 1000 / 100))" \
		"$bare_wall" "$(python3 -c "print('%.2f' % ($phase / 1000 / $bare_wall))")" \
		"$cpu" "$bare_cpu" "$memory" "$bare_memory" $((stored >> 20)) $((bare_stored >> 20))
}

change() { # one file of a hundred, and one row
	find "$VAULT" -type f -path '*/7[0-9]*' -newermt 2000-01-01 -print0 | LC_ALL=C sort -z | head -zn $((files / 100)) |
		xargs -0 sh -c 'for f; do echo changed >>"$f"; done' -
	sql 'UPDATE bulk SET a = md5(a) WHERE id % 100 = 7'
}

printf 'engine\twhat\twall s\tengine s\tbare s\tratio\tCPU s\tbare\tmemory MB\tbare\tstored MB\tbare\n'
gpg -q --batch --import "$KEY" 2>/dev/null
for engine in restic duplicity; do
	if [ $engine = restic ]; then
		stored=$WORK/restic
		export RESTIC_PASSWORD_FILE=$KEY RESTIC_CACHE_DIR=$WORK/cache RESTIC_REPOSITORY=$WORK/restic.bare
		restic -q init
		bare=(restic backup -q --host bare .)
	else
		stored=$TARGET
		backup_env "file://$TARGET"
		start
		bare=(env PASSPHRASE= duplicity --archive-dir "$WORK/arch" --tempdir "$WORK" --volsize 25 --encrypt-key backup@localhost
			--exclude "$BARE/ecs-storage-vault/.ecs-snapshots" "$BARE" "file://$WORK/duplicity.bare")
		mkdir -p "$WORK/duplicity.bare"
	fi
	row $engine 'first full' "$stored" "$WORK/$engine.bare" "${bare[@]}"
	row $engine 'no change' "$stored" "$WORK/$engine.bare" "${bare[@]}"
	change
	row $engine '1 % changed' "$stored" "$WORK/$engine.bare" "${bare[@]}"
done
