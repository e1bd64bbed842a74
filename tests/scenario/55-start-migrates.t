#!/bin/bash
# SPDX-License-Identifier: MIT
# A start, as at boot, with a database that is behind: ecs-start migrates as ecs-migrate does, with the same way back.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/grown.sh"

# behind: the database lacks the second migration, and nothing runs, as at boot
behind() {
	sql "DROP TABLE two; DELETE FROM django_migrations WHERE name = '0002_two'" >/dev/null 2>&1
	stop
}
one='0001_one' two='0001_one 0002_two'

grown_root
start
[ "$status" = 0 ] || bail "$err"
write
behind
start
is "$status" 0 'a start that migrates'
like "$err" "migration 'core.0002_two' is pending" 'says so'
is "$(whole) $(snapshots)" "r1 $two ecs-database:PRE_MIGRATE" 'serves the migrated database, and has a way back'
ok 'with an entry of cron' test -e "$ROOT/etc/cron.d/ecs-expire-PRE_MIGRATE"
start
is "$status:$(grep -v "'ecs-files' is on a plain folder" <<<"$err")" 0: 'once is enough'

run ecs-migrate --root "$ROOT" --revert --lose-writes
is "$status $(schema)" "0 $one" 'the way back is the one of ecs-migrate'
run ecs-migrate --root "$ROOT"
is "$status $(schema)" "0 $two" 'and forth again'

# --- it fails -------------------------------------------------------------------------------------------------------
web=$(container ecs.web) image=$(docker inspect -f '{{.Config.Image}}' "$(container ecs.web)")
good=$(docker inspect -f '{{.Image}}' "$web")
mkdir "$WORK/broken"
echo 'CREATE TABLE two (i int); SELECT 1 / 0;' >"$WORK/broken/0002_two.py"
printf 'FROM %s\nCOPY 0002_two.py core/migrations/\n' "$good" >"$WORK/broken/Dockerfile"
docker build -q -t "$image" "$WORK/broken" >/dev/null 2>&1
behind
start
is "$status" 1 'a migration that fails at boot'
like "$err" 'division by zero' 'it says why'
is "$(schema) $(sql 'SELECT max(i) FROM one')" "$one 1" 'the database is what it was'
is "$(running)" 'ecs-postgres ecs.web nginx' 'and is served'
nok 'without a page' test -e "$ROOT/data/container/nginx/state/maintenance"
start
is "$status" 0 'the next start, of what runs, leaves it at that'
like "$err" "is pending: run 'ecs-migrate'" 'and says what to do'
docker tag "$good" "$image"

# --- it is not wanted -----------------------------------------------------------------------------------------------
stop
write_env 'ecs:' '  migrate: {auto: false}'
start
is "$status" 0 'ecs.migrate.auto: false'
like "$err" "is pending: run 'ecs-migrate'" 'only tells'
is "$(schema)" "$one" 'and leaves the database'
stop
write_env

# --- the power is cut within ------------------------------------------------------------------------------------------
# as 24-start-killed.t and 54-update-killed.t do; here it is the two flows behind each other
kills=0
every=$(share 16)
for ((n = 9 + ECS_SEED % every; n < 100; n += every)); do
	run strace -qqq -o "$WORK/strace" -e trace=fdatasync -e "inject=fdatasync:signal=KILL:when=$n" ecs-start --root "$ROOT"
	[ "$status" = 137 ] || break
	line=$(tail -n1 "$ROOT/var/lib/ecs/journal" 2>/dev/null)
	# shellcheck disable=SC2046 # one word an id
	docker kill -s KILL $(docker ps -q --filter "label=com.docker.compose.project=$(project_of "$ROOT")") >/dev/null 2>&1
	kills=$((kills + 1))
	start
	is "$status $(whole)" "0 r1 $two" "all is killed at line $n (${line:-none}): the next start serves, migrated"
	behind
done
diag "$kills of $((n - 8)) lines (ECS_SEED=$ECS_SEED)"
ok 'some were' test $kills -ge 2
start
is "$status $(whole)" "0 r1 $two" 'past the last line nothing is killed'
finish
