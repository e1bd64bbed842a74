#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What ecs-start does about a database: dumps of every kind, and all that must never become an empty database.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"

tiny_root
make_template
dumps=$ROOT/data/ecs-pgdump
mkdir -p "$dumps"

nothing_runs() { is "$(running)" '' "$1: nothing runs"; }
no_database() { # WHAT: the data folder, looked at by a server of its own
	docker start "$(container ecs-postgres)" >/dev/null
	until_true 30 sql 'SELECT 1' postgres
	is "$(sql "SELECT string_agg(datname, ' ') FROM pg_database WHERE datname ~ '^ecs'" postgres)" '' "$1: no database is left"
	docker stop "$(container ecs-postgres)" >/dev/null
}

# --- dumps ----------------------------------------------------------------------------------------------------
reset cluster
write_env '  recover: {from_dump: true}'
start
is "$status" 66 'a dump that is not there'
like "$err" "the dump '.*/data/ecs-pgdump/ecs.pgdump.gz'" 'is named'
nothing_runs 'a dump that is not there'

reset
start
is "$status" 66 'the same on a machine without a cluster'
nok 'no cluster was made' test -e "$ROOT/data/ecs-postgres/pg"

head -c 2000 "$DUMP" >"$dumps/ecs.pgdump.gz"
reset cluster
start
is "$status" 1 'a dump that was cut off'
like "$err" 'gzip.*unexpected end of file' 'the reason is told'
nothing_runs 'a dump that was cut off'
no_database 'a dump that was cut off'

gzip -dc "$DUMP" | head -c 3000 | gzip >"$dumps/ecs.pgdump.gz"
reset cluster
start
is "$status" 1 'a dump whose content was cut off'
like "$err" 'pg_restore' 'the reason is told'
no_database 'a dump whose content was cut off'

# the last bytes of gzip are a checksum: all was restored before it turns out wrong
{ head -c -8 "$DUMP" && printf '12345678'; } >"$dumps/ecs.pgdump.gz"
reset cluster
start
is "$status" 1 'a dump with a wrong checksum'
no_database 'a dump with a wrong checksum'

echo 'SELECT 1;' | gzip >"$dumps/ecs.pgdump.gz"
reset cluster
start
is "$status" 1 'a dump in another format'
like "$err" 'pg_restore' 'the reason is told'

gzip -dc "$DUMP" >"$dumps/plain.pgdump"
reset cluster
write_env '  recover: {from_dump: true, dump_filename: plain.pgdump}'
start
is "$status" 0 'a dump that is not packed, by its name'
ok 'is restored and migrated' complete 1000
is "$(sql "SELECT tableowner FROM pg_tables WHERE tablename = 'one'")" ecs 'and belongs to the application'

# --- it is restored once ----------------------------------------------------------------------------------------
sql 'INSERT INTO one VALUES (0)'
start
is "$status" 0 'a dump asked for where there is a database'
ok 'is not restored again' complete 1001
stop
start
ok 'nor after a stop' complete 1001

# --- a database that once was -------------------------------------------------------------------------------------
write_env
stop
mv "$ROOT/data/ecs-postgres" "$ROOT/data/gone"
start
is "$status" 78 'a machine that once had a database'
like "$err" "this machine had one.*mount -a.*--new-database" 'is not started empty, and told what to do'
nothing_runs 'a machine that once had a database'
nok 'no folder was made' test -e "$ROOT/data/ecs-postgres/pg"
rm -rf "$ROOT/data/ecs-postgres"
mv "$ROOT/data/gone" "$ROOT/data/ecs-postgres"
start
ok 'when the volume is back all is there' complete 1001
stop
docker start "$(container ecs-postgres)" >/dev/null
until_true 30 sql 'SELECT 1' postgres
sql 'ALTER DATABASE ecs RENAME TO elsewhere' postgres
docker stop "$(container ecs-postgres)" >/dev/null
start
is "$status" 78 'the same where the cluster is there and the database is not'
nothing_runs 'a cluster without the database'
start --new-database
is "$status" 0 '--new-database'
ok 'makes an empty one' complete 1
is "$(sql 'SELECT count(*) FROM one' elsewhere)" 1001 'and touches no other'

# --- one that is there but empty ------------------------------------------------------------------------------------
stop
docker start "$(container ecs-postgres)" >/dev/null
until_true 30 sql 'SELECT 1' postgres
sql 'DROP DATABASE ecs' postgres
sql 'CREATE DATABASE ecs' postgres
put_dump
rm -f "$ROOT/var/lib/ecs/state.json"
write_env '  recover: {from_dump: true}'
start
is "$status" 0 'a database without a table counts as none'
ok 'the dump is restored' complete 1000

# --- a backup ---------------------------------------------------------------------------------------------------
reset
write_env '  recover: {from_backup: true}'
start
is "$status" 78 'recovery from a backup of which nobody says where it is'
like "$err" 'from_backup' 'is refused'
nok 'before anything began' test -e "$ROOT/data/ecs-postgres/pg"

# --- volumes ----------------------------------------------------------------------------------------------------
reset cluster
write_env
printf '/dev/vg/db /data/ecs-postgres ext4 defaults 0 2\n' >"$ROOT/etc/fstab"
start
is "$status" 78 'a volume of fstab that is not mounted'
is "$err" "ecs-start: '/data/ecs-postgres' is in fstab but not mounted: run 'mount -a'" 'is named, with the remedy'
printf '/dev/vg/db /data/ecs-postgres ext4 noauto 0 2\n/dev/vg/x /mnt ext4 defaults 0 2\n' >"$ROOT/etc/fstab"
start --explain
is "$status" 0 'noauto, and what is not ours, do not count'
rm "$ROOT/etc/fstab"

# --- the seed's names of the volumes ------------------------------------------------------------------------------
rm -rf "$ROOT/data/ecs-postgres/pg" "$ROOT"/var/lib/ecs/state.json
mv "$ROOT/data/ecs-postgres" "$ROOT/data/postgres-ecs"
mkdir "$ROOT/data/postgres-ecs/9.5"
start
is "$status" 78 'data of the older appliance in its own folder'
like "$err" "'.*/data/postgres-ecs' holds the data" 'are left alone'
rmdir "$ROOT/data/postgres-ecs/9.5"
cp -a "$PG_TEMPLATE" "$ROOT/data/postgres-ecs/pg"
start
is "$status" 0 "the seed's name of the volume is accepted"
ok 'the database is made there' complete 1
is "$(readlink "$ROOT/data/ecs-postgres")" postgres-ecs 'by a link'
stop
rm "$ROOT/data/ecs-postgres" "$ROOT"/var/lib/ecs/state.json
mv "$ROOT/data/postgres-ecs" "$ROOT/data/ecs-postgres"

# --- another version ----------------------------------------------------------------------------------------------
echo 15 >"$ROOT/data/ecs-postgres/pg/PG_VERSION"
start
is "$status" 78 'data of another major version'
like "$err" 'from PostgreSQL 15, but ecs-postgres is version 17' 'both are named'
rm -rf "$ROOT/data/ecs-postgres/pg/PG_VERSION"
start
is "$status" 78 'a data folder without a version'
like "$err" 'not empty, but holds no PostgreSQL data' 'is left alone'
ok 'and still there' test -d "$ROOT/data/ecs-postgres/pg/base"
finish
