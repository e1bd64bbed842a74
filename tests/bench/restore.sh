#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-restore against the bare engine and pg_restore of the same backup in the same run, with both engines: wall and
# processor time, the most memory of one process. The application writes pairs of file and row while the backup is made;
# afterwards all files and rows are compared with those backed up, and the pairs are whole.
# usage: restore.sh [MB OF DATABASE] [FILES] [MB OF FILES]   (make bench: 1024 20000 900)
ECS_TREE=$(cd "$(dirname "$0")/../.." && pwd)
DOCKER_HOST=$("$ECS_TREE/scripts/engine" up) BASE=$("$ECS_TREE/scripts/engine" base)
export DOCKER_HOST BASE
. "$ECS_TREE/tests/support/lib.sh"
. "$ECS_TREE/tests/support/appliance.sh"
. "$ECS_TREE/tests/support/restoring.sh"
. "$ECS_TREE/tests/support/bulk.sh"
database=${1:-1024} files=${2:-20000} size=${3:-900}
VAULT_SIZE=$((size * 3 + 512))M
restoring_root
backup_env "restic:$WORK/repository"
start
[ "$status" = 0 ] || bail "$err"
bulk_tree "$VAULT" "$files" $((size << 20)) || bail 'no tree'
bulk_rows $((database << 20))
OWN+=(-path ./pairs -prune -o)
TREE=$(tree) CONTENT=$(content)
sums() { sql "SELECT count(*), sum(hashtextextended(bulk::text, 0)) FROM bulk"; }
ROWS=$(sums)
echo "# database $(sql 'SELECT pg_database_size(current_database()) >> 20') MB, $(find "$VAULT" -type f | wc -l) files, $(du -sm "$VAULT" | cut -f1) MB" >&2
used() { "$ECS_TREE/tests/bench/used.py" "$@" 2>"$WORK/err.used" || { cat "$WORK/err.used" >&2; kill $$; }; }
bare_load() {
	sql 'CREATE DATABASE bare OWNER ecs' postgres
	used bash -c 'gunzip -c "$1" | docker exec -i "$2" pg_restore --single-transaction --no-owner --no-privileges --no-comments --role=ecs --dbname=bare' - \
		"$WORK/bare/ecs-pgdump/ecs.pgdump.gz" "$(container ecs-postgres)"
	sql 'DROP DATABASE bare' postgres
}
printf 'engine\twhat\twall s\tprocessor s\tmemory MB\n'
for engine in restic duplicity; do
	if [ $engine = restic ]; then
		bare=(restic -r "$WORK/repository" --password-file "$KEY" restore latest --target "$WORK/bare")
	else
		backup_env "file://$TARGET"
		start
		bare=(env PASSPHRASE= duplicity restore --archive-dir "$WORK/arch" --numeric-owner "file://$TARGET" "$WORK/bare")
	fi
	pairs_begin
	pairs_more 20 || bail 'no pairs are written'
	printf '%s\tecs-backup\t%s\n' $engine "$(used ecs-backup --root "$ROOT")"
	most=$(pairs_count)
	pairs_end
	printf '%s\tbare engine\t%s\n' $engine "$(used "${bare[@]}")"
	printf '%s\tbare pg_restore\t%s\n' $engine "$(bare_load)"
	rm -rf "$WORK/bare"
	sql 'DELETE FROM bulk WHERE id % 2 = 0'
	rm -rf "$VAULT/00"
	printf '%s\tecs-restore\t%s\n' $engine "$(used ecs-restore --root "$ROOT")"
	[ "$(content) $(tree) $(sums)" = "$CONTENT $TREE $ROWS" ] || bail "$engine: what is restored differs"
	fault=$(pairs_fault "$most")
	[ -z "$fault" ] || bail "$engine: $(head -n 3 <<<"$fault")"
	echo "# $engine: $(pairs_count) of $most pairs are of its instant" >&2
	restore --commit
	pairs_remove
done
