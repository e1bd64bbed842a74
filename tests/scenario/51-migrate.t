#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ecs-migrate on real Docker and btrfs: what is pending, the snapshot before it, every way to fail, the way back.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/grown.sh"

migrate() { run ecs-migrate --root "$ROOT" "$@"; }
page() { test -e "$ROOT/data/container/nginx/state/maintenance"; }

# unmigrate: the second migration is pending again
unmigrate() {
	sql "DROP TABLE two; DELETE FROM django_migrations WHERE name = '0002_two'" >/dev/null 2>&1
}

# as_before WHAT: nothing is left of the attempt, and the application serves
as_before() {
	is "$(schema)" '0001_one' "$1: the database is what it was"
	is "$(sql 'SELECT max(i) FROM one')" "$row" "$1: every row is there"
	is "$(running)" 'ecs-postgres ecs.web nginx' "$1: all run"
	nok "$1: no maintenance page" page
	nok "$1: no journal" test -e "$ROOT/var/lib/ecs/journal"
	is "$(snapshots)" "$before" "$1: the snapshots are what they were"
	is "$(docker ps -aq --filter "label=com.docker.compose.project=$(project_of "$ROOT")" \
		--filter label=com.docker.compose.oneoff=True)" '' "$1: no one-off is left"
}

grown_root 384M
migrate
is "$status" 78 'before the first start'
start
is "$status" 0 'the appliance starts'
migrate --check
is "$status:$out" 1: '--check: nothing is pending'
migrate
is "$status" 0 'nothing to do is no error'
is "$(snapshots)" '' 'and takes no snapshot'
migrate --revert
is "$status" 66 '--revert without a snapshot'
migrate --commit
is "$status" 66 '--commit without a snapshot'
migrate --check --revert
is "$status" 64 'options that exclude each other'
migrate --lose-writes
is "$status" 64 '--lose-writes alone'
migrate --limit 0
is "$status" 64 'a limit that is none'

# --- it migrates ------------------------------------------------------------------------------------------------
row=1
sql "INSERT INTO one VALUES ($row)"
unmigrate
migrate --check
is "$status:$out" 0:core.0002_two '--check: the image says what is pending'
migrate --check --json
like "$(tr -d ' \n' <<<"$out")" '"pending":\["core.0002_two"\]' '--check --json'
migrate -n
is "$status" 0 'a dry run'
like "$out" $'take the snapshot PRE_MIGRATE\tremove it' 'prints the steps'
is "$(schema)" 0001_one 'and does nothing'
migrate
is "$status" 0 'it migrates'
is "$(schema)" '0001_one 0002_two' 'the database is migrated'
is "$(snapshots)" ecs-database:PRE_MIGRATE 'the snapshot is there'
ok 'and an entry of cron' grep -q 'ecs-snapshot .*expire -- PRE_MIGRATE' "$ROOT/etc/cron.d/ecs-expire-PRE_MIGRATE"
expires=$(ecs-snapshot --root "$ROOT" list --json | jq '.snapshots[0].expires')
ok 'in one week' test $((expires - $(date +%s) - 7 * 86400 < 60 && expires - $(date +%s) > 7 * 86400 - 120)) = 1
is "$(running)" 'ecs-postgres ecs.web nginx' 'all run'
nok 'no maintenance page' page

# --- back ---------------------------------------------------------------------------------------------------------
sql 'INSERT INTO two VALUES (1), (2), (3); DELETE FROM two WHERE i = 3; UPDATE one SET i = i + 10'
migrate --revert
is "$status" 64 '--revert asks where nobody can answer'
like "$err" "lost in 'public.two': 3 rows added, 0 changed, 1 deleted" 'what would be lost is told'
like "$err" "lost in 'public.one': 0 rows added, 2 changed, 0 deleted" 'by table'
like "$err" '--lose-writes' 'and what to give'
migrate --revert -n
like "$out" $'put the snapshot PRE_MIGRATE in its place\tput the present state back' '--revert: a dry run'
docker kill -s KILL "$(container ecs-postgres)" >/dev/null
docker start "$(container ecs-postgres)" >/dev/null
until_true 30 sql 'SELECT 1'
migrate --revert
like "$err" 'how much is unknown' 'after a crash of PostgreSQL it is unknown'
migrate --revert --lose-writes
is "$status" 0 '--revert --lose-writes'
is "$(schema)" 0001_one 'the database is what it was'
is "$(sql 'SELECT max(i) FROM one')" 1 'what was written since is lost, and only that'
is "$(snapshots)" '' 'the snapshot is gone'
nok 'and its entry of cron' test -e "$ROOT/etc/cron.d/ecs-expire-PRE_MIGRATE"
is "$(running)" 'ecs-postgres ecs.web nginx' 'all run'
migrate --check
is "$status" 0 'and the migration is pending again'

# --- the week ends early ------------------------------------------------------------------------------------------
migrate
is "$status" 0 'migrated again'
migrate --commit
is "$status" 0 '--commit'
is "$(snapshots)" '' 'the snapshot is gone'
nok 'and its entry of cron' test -e "$ROOT/etc/cron.d/ecs-expire-PRE_MIGRATE"

# --- every way to fail: the former snapshot stays -------------------------------------------------------------------
sql 'CREATE TABLE fat (t text); ALTER TABLE fat ALTER t SET STORAGE EXTERNAL; ALTER TABLE fat OWNER TO ecs'
unmigrate
migrate
former=$(ecs-snapshot --root "$ROOT" list --json | jq -c '.snapshots[0] | [.created, .expires]')
unmigrate
row=2
sql "INSERT INTO one VALUES ($row)"
before=ecs-database:PRE_MIGRATE
web=$(container ecs.web)

# broken NAME SQL: the image of the revision that runs gets another second migration
broken() {
	local image build=$WORK/broken
	image=$(docker inspect -f '{{.Config.Image}}' "$web")
	rm -rf "$build"
	mkdir "$build"
	printf '%s\n' "$1" >"$build/0002_two.py"
	printf 'FROM %s\nCOPY 0002_two.py core/migrations/\n' "$(docker image inspect -f '{{.Id}}' "$image")" >"$build/Dockerfile"
	docker build -q -t "$image" "$build" >/dev/null 2>&1
}

good=$(docker inspect -f '{{.Image}}' "$web")
broken 'CREATE TABLE two (i int); SELECT 1 / 0;'
migrate
is "$status" 1 'a migration that fails'
like "$err" 'division by zero' 'it says why'
as_before 'a migration that fails'
is "$(ecs-snapshot --root "$ROOT" list --json | jq -c '.snapshots[0] | [.created, .expires]')" "$former" \
	'the former snapshot is the one that was there'
ok 'its entry of cron, too' test -e "$ROOT/etc/cron.d/ecs-expire-PRE_MIGRATE"
is "$(container ecs.web)" "$web" 'the container is the one that ran'

broken '-- atomic = False
CREATE TABLE two (i int); DROP TABLE one; SELECT 1 / 0;'
migrate
is "$status" 1 'one that is no transaction fails in the middle'
as_before 'no transaction'

broken 'CREATE TABLE two (i int); SELECT pg_sleep(600);'
began=$SECONDS
migrate --limit 2
is "$status" 1 'one that hangs'
like "$err" 'not finished after 2 s' 'is ended at its limit'
ok 'soon' test $((SECONDS - began)) -lt 60
as_before 'one that hangs'

broken 'CREATE TABLE two (i int); ALTER TABLE one ADD COLUMN j int;'
(echo 'BEGIN; SELECT count(*) FROM one;'; until_true 120 test -e "$WORK/over") |
	PGAPPNAME=forgotten psql -h "$ROOT/run/ecs/postgresql" -U postgres -qXAt ecs >/dev/null 2>&1 &
until_true 20 sh -c "[ \"\$(psql -h '$ROOT/run/ecs/postgresql' -U postgres -qXAtc \"SELECT state FROM pg_stat_activity WHERE application_name = 'forgotten'\" ecs)\" = 'idle in transaction' ]"
migrate
is "$status" 1 'one that waits for a lock'
like "$err" "lock timeout: it waited for session [0-9]+ \('forgotten' of 'postgres', idle in transaction" 'names who holds it'
touch "$WORK/over"
wait
as_before 'one that waits for a lock'

# slower than a disk: on a busy machine the volume, which is in memory, would be full between two looks
broken 'CREATE TABLE two (i int);
DO $$ BEGIN
	FOR i IN 1..4000 LOOP
		INSERT INTO fat SELECT string_agg(md5(random()::text), $q$ $q$) FROM generate_series(1, 16000);
		PERFORM pg_sleep(0.1);
	END LOOP;
END $$;'
migrate
is "$status" 1 'one that fills the volume'
like "$err" "stopped before 'ecs-database' was full: .* MiB left" 'is stopped before it is full'
as_before 'one that fills the volume'

broken 'CREATE TABLE two (i int); SELECT pg_sleep(600);'
ecs-migrate --root "$ROOT" >"$WORK/out" 2>"$WORK/err" &
pid=$!
until_true 60 sh -c "psql -h '$ROOT/run/ecs/postgresql' -U postgres -qXAtc \"SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()\" ecs | grep -q 1"
ok 'visitors see the page meanwhile' page
chattr +i "$ROOT/data/container/nginx/state/maintenance"
kill -TERM $pid
status=0
wait $pid || status=$?
is "$status" 143 'one that is told to end, though somebody fixed the page'
as_before 'one that is told to end'

# --- no snapshots here ----------------------------------------------------------------------------------------------
docker tag "$good" "$(docker inspect -f '{{.Config.Image}}' "$web")"
run ecs-stop --root "$ROOT"
cp -a "$ROOT/data/ecs-postgres/pg" "$ROOT/pg.copy"
umount "$ROOT/data/ecs-postgres"
mv "$ROOT/pg.copy" "$ROOT/data/ecs-postgres/pg"
chown 5432:5432 "$ROOT/data/ecs-postgres"
start
migrate
is "$status" 78 'a volume that takes no snapshots'
like "$err" 'VOLUMES in ecs-snapshot\(8\)' 'and what to do about it'
is "$(schema)" 0001_one 'and nothing was done'
finish
