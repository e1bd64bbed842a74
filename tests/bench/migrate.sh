#!/bin/bash
# SPDX-License-Identifier: MIT
# A migration that fails in the middle of its work: the time from its end until the old version serves again (the page
# is gone) with its database, against pg_restore of the same database in the same run (aim: 20 times faster, and flat in size). One is
# a single transaction, the other has committed half of its work.
# usage: migrate.sh [MB OF DATABASE…]   (make bench: 128 1024)
ECS_TREE=$(cd "$(dirname "$0")/../.." && pwd)
DOCKER_HOST=$("$ECS_TREE/scripts/engine" up) BASE=$("$ECS_TREE/scripts/engine" base)
export DOCKER_HOST BASE
. "$ECS_TREE/tests/support/lib.sh"
. "$ECS_TREE/tests/support/appliance.sh"
. "$ECS_TREE/tests/support/grown.sh"
. "$ECS_TREE/tests/support/bulk.sh"
[ $# -gt 0 ] || set -- 128 1024
for largest; do :; done
grown_root $((largest * 6 + 512))M
start
[ "$status" = 0 ] || bail "$err"

half='UPDATE bulk SET b = b || b WHERE id % 2 = 0'
migration 0003_atomic "$half; SELECT 1 / 0"
revision atomic
git -C "$SOURCE" rm -q core/migrations/0003_atomic.py
migration 0003_steps $'-- atomic = False\n'"$half; SELECT 1 / 0"
revision steps

# back NAME: ms from the end of the migration until ecs-update has the old version serve, and ms of it all
back() {
	local began=${EPOCHREALTIME/./} failed='' serves='' line
	while IFS= read -r line; do
		case $line in
		*"undo 'migrate'"*) failed=${EPOCHREALTIME/./} ;;
		# the page was ended before
		*"undo 'make the new containers'"*) serves=${EPOCHREALTIME/./} ;;
		esac
		printf '%s\n' "$line" >>"$WORK/said"
	done < <(ecs-update -v --root "$ROOT" --to "$1" 2>&1 </dev/null)
	if [ -z "$failed" ] || [ -z "$serves" ] || [ "$(runs) $(schema)" != 'r1 0001_one 0002_two' ]; then bail "$kind: $(tail -n1 "$WORK/said")"; fi
	echo $(((serves - failed) / 1000)) $(((${EPOCHREALTIME/./} - began) / 1000))
}

printf 'database MB\tmigration\tback ms\tupdate ms\tpg_restore ms\tratio\n'
for size; do
	sql 'DROP TABLE IF EXISTS bulk'
	bulk_rows $((size << 20))
	sql 'CHECKPOINT'
	docker exec "$(container ecs-postgres)" pg_dump -U postgres -Fc -Z0 ecs >"$WORK/dump"
	sql 'CREATE DATABASE again OWNER ecs' postgres
	began=${EPOCHREALTIME/./}
	docker exec -i "$(container ecs-postgres)" pg_restore -U postgres --no-owner --dbname=again <"$WORK/dump" ||
		bail 'pg_restore failed'
	restored=$(((${EPOCHREALTIME/./} - began) / 1000))
	sql 'DROP DATABASE again' postgres
	mb=$(sql 'SELECT pg_database_size(current_database()) >> 20')
	for kind in atomic steps; do
		read -r took whole < <(back $kind)
		printf '%d\t%s\t%d\t%d\t%d\t%d.%d\n' "$mb" $kind "$took" "$whole" "$restored" \
			$((restored / took)) $((restored * 10 / took % 10))
	done
done
