#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The restored database is the one that was dumped: owners, privileges, comments, settings, extensions and all that only an
# administrator can make; an older machine's dump, too. And nothing that a dump brings runs as the administrator.
. "$(dirname "$0")/../support/lib.sh"
. "$ECS_TREE/tests/support/appliance.sh"
. "$ECS_TREE/tests/support/restoring.sh"

restoring_root
backup_env "restic:$WORK/repository"
start
is "$status" 0 'the appliance starts'
fill_vault
sql "CREATE ROLE reporting; CREATE ROLE \"the boss\"; GRANT reporting TO \"the boss\"
" postgres
sql "
CREATE EXTENSION pg_stat_statements; CREATE SCHEMA ext; ALTER SCHEMA ext OWNER TO ecs; CREATE EXTENSION hstore SCHEMA ext;
CREATE EXTENSION postgres_fdw; CREATE EXTENSION dblink; GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO ecs;
SET ROLE ecs;
COMMENT ON DATABASE ecs IS 'the data''s';
ALTER DATABASE ecs SET timezone = 'Europe/Vienna'; ALTER DATABASE ecs SET search_path = public, ext;
ALTER ROLE ecs IN DATABASE ecs SET work_mem = '8MB';
ALTER DATABASE ecs CONNECTION LIMIT 60; REVOKE CONNECT ON DATABASE ecs FROM PUBLIC; GRANT CONNECT ON DATABASE ecs TO reporting;
CREATE TABLE kept (id int PRIMARY KEY, \"a b\" text, h ext.hstore); INSERT INTO kept SELECT generate_series(1, 500);
COMMENT ON TABLE kept IS E'it\\'s; \\\\ -- kept'; COMMENT ON COLUMN kept.\"a b\" IS 'GRANT ALL ON TABLE kept TO PUBLIC;';
GRANT SELECT ON kept TO reporting; GRANT UPDATE (\"a b\") ON kept TO \"the boss\"; REVOKE DELETE ON kept FROM ecs;
ALTER TABLE kept ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON kept TO reporting, \"the boss\" USING (id > 3);
CREATE FUNCTION f(a int, b varchar) RETURNS int LANGUAGE plpgsql AS \$_\$ BEGIN EXECUTE \$\$ALTER TABLE kept OWNER TO reporting;\$\$; RETURN 1; END \$_\$;
REVOKE EXECUTE ON FUNCTION f(int, varchar) FROM PUBLIC; GRANT EXECUTE ON FUNCTION f(int, varchar) TO \"the boss\";
CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'elsewhere');
CREATE USER MAPPING FOR ecs SERVER s OPTIONS (user 'u', password 'p'); CREATE FOREIGN TABLE far (i int) SERVER s;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO reporting;
CREATE PUBLICATION q FOR TABLE kept WHERE (id > 3);
CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM kept; CREATE VIEW v AS SELECT * FROM kept; GRANT SELECT ON v TO reporting;
SELECT lo_create(4711); GRANT SELECT ON LARGE OBJECT 4711 TO reporting;
RESET ROLE;
CREATE SCHEMA theirs AUTHORIZATION reporting; CREATE TABLE theirs.t (i serial); ALTER TABLE theirs.t OWNER TO reporting;
GRANT SELECT ON theirs.t TO ecs; CREATE TABLE \"Their t\" (i int); ALTER TABLE \"Their t\" OWNER TO reporting;
GRANT INSERT ON \"Their t\" TO ecs;
ALTER DATABASE ecs SET log_min_duration_statement = '250ms'; ALTER ROLE reporting IN DATABASE ecs SET statement_timeout = '9s';
CREATE EVENT TRIGGER e ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION e(); COMMENT ON EVENT TRIGGER e IS 'ev';
ALTER EVENT TRIGGER e DISABLE;
CREATE PUBLICATION p FOR ALL TABLES; COMMENT ON PUBLICATION p IS 'all'" >/dev/null
# shape: all but the rows, of the database and what it is given; pg_dump does not sort the settings of roles
shape() {
	local all
	all=$(docker exec "$(container ecs-postgres)" pg_dump -U postgres --schema-only --create "${1:-ecs}" |
		grep -vE '^(--|$|\\(un)?restrict)')
	grep -v '^ALTER ROLE .* IN DATABASE ' <<<"$all"
	grep '^ALTER ROLE .* IN DATABASE ' <<<"$all" | LC_ALL=C sort
	sql "SELECT lomacl FROM pg_largeobject_metadata" "${1:-ecs}"
}
SHAPE=$(shape)
like "$SHAPE" 'CREATE PUBLICATION p' 'the database has much to keep'

backup
is "$status" 0 'it is backed up'
restore
is "$status" 0 'and restored'
is "$(grep -vE 'on a plain folder|setuid' <<<"$err" | grep -c warning:)" 1 'one warning'
like "$err" "warning: the event trigger 'e' is disabled" 'is of the event trigger'
is "$(diff <(echo "$SHAPE") <(shape))" '' 'the restored database is the one that was dumped'
is "$(rows)" 500 'with its rows'
is "$(sql "SELECT string_agg(rolname, ' ') FROM pg_roles WHERE rolname ~ '^ecs'" postgres)" ecs 'the login of the restore is gone'
restore --commit
restore --drill
is "$status" 0 'the drill, on a machine without its roles'
like "$err" "the role 'reporting' of the dump is created without login" 'says which it made'
like "$err" "the role 'the boss'" 'all of them'
is "$(grep -vE 'on a plain folder|setuid' <<<"$err" | grep -c warning:)" 3 'and no more'

# --- what belonged to an administrator, and attacks ---------------------------------------------------------------
sql "CREATE TABLE owned (i int); CREATE FUNCTION su() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1';
ALTER EVENT TRIGGER e ENABLE ALWAYS;
SET ROLE ecs;
CREATE FUNCTION attack(i int) RETURNS bool LANGUAGE sql AS 'SELECT true';
CREATE TABLE attacked (i int CHECK (public.attack(i))); INSERT INTO attacked VALUES (1);
CREATE OR REPLACE FUNCTION attack(i int) RETURNS bool LANGUAGE plpgsql AS \$\$ BEGIN
	PERFORM set_config('role', 'none', false);
	IF session_user = 'postgres' OR current_setting('is_superuser') = 'on' THEN
		EXECUTE 'ALTER ROLE ecs SUPERUSER';
	END IF;
	RETURN true;
END \$\$;
CREATE TABLE \"x
ALTER ROLE ecs SUPERUSER;
--\" (i int)"
backup
is "$status" 0 'a database that means ill is backed up'
restore
is "$status" 0 'and restored'
like "$err" "what belonged to the administrator 'postgres' belongs to 'ecs' now: .*TABLE public.owned" 'what an administrator owned is told by name'
is "$(sql "SELECT rolsuper FROM pg_roles WHERE rolname = 'ecs'")" f 'the role is what it was'
is "$(sql "SELECT count(*) FROM pg_proc p JOIN pg_roles r ON r.oid = proowner WHERE rolsuper AND proname IN ('su', 'attack')")" 0 \
	'no function of the dump belongs to an administrator'
is "$(sql "SELECT evtenabled FROM pg_event_trigger")" D 'and no event trigger is on'

# --- an extension that is not here ------------------------------------------------------------------------------------
sql "UPDATE pg_extension SET extname = 'nowhere' WHERE extname = 'dblink'"
backup
is "$status" 0 'a database with an extension of elsewhere'
restore --commit
restore
is "$status" 1 'is not restored'
like "$err" "load it into a new database, and count: the dump needs extensions of PostgreSQL that are not installed here: 'nowhere'" 'and it says why'
is "$(databases):$(running)" 'ecs:ecs-postgres ecs.web nginx' 'nothing live was touched'

# --- the older appliance's: an older PostgreSQL, another role, an extension in every database -----------------------------
old=$WORK/old bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | head -1)
mkdir "$old"
chown postgres "$old" "$WORK"
chmod 711 "$WORK"
as() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
old_sql() { as psql -h "$old" -U postgres -qXAt "${2:-ecs}" -c "$1"; }
as "$bin/initdb" -D "$old/data" -U postgres -A trust -N --locale=C.UTF-8 -E UTF8 >/dev/null
as "$bin/pg_ctl" -D "$old/data" -w -l "$old/log" -o "-k $old -c listen_addresses= -c fsync=off" start >/dev/null
at_end as "$bin/pg_ctl" -D "$old/data" -m immediate stop
old_sql "CREATE ROLE app LOGIN; CREATE ROLE guest" postgres
old_sql "CREATE DATABASE ecs OWNER app" postgres
old_sql "ALTER DATABASE ecs SET timezone = 'Europe/Vienna'; CREATE EXTENSION IF NOT EXISTS pg_stat_statements; SET ROLE app;
	CREATE TABLE django_migrations (id serial PRIMARY KEY, app text, name text); INSERT INTO django_migrations (app, name) VALUES ('tiny', '0001_one');
	CREATE TABLE one (i int); INSERT INTO one SELECT generate_series(1, 1000); GRANT SELECT ON one TO guest;
	COMMENT ON TABLE one IS 'ones'"
stop
reset
mkdir -p "$ROOT/data/ecs-pgdump"
as "$bin/pg_dump" -h "$old" -U postgres -Fc -Z0 ecs | gzip --rsyncable >"$ROOT/data/ecs-pgdump/ecs.pgdump.gz"
write_env '  recover: {from_dump: true}'
start
is "$status" 0 "an older machine's dump, by $("$bin/pg_dump" --version)"
ok 'is restored and migrated' complete 1000
is "$(sql "SELECT tableowner FROM pg_tables WHERE tablename = 'one'")" ecs "what was the role's is the role's"
is "$(sql "SELECT has_table_privilege('guest', 'one', 'SELECT'), obj_description('one'::regclass), setconfig[1],
	(SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements') FROM pg_db_role_setting")" \
	't|ones|TimeZone=Europe/Vienna|1' 'with privileges, comment, setting and extension'
finish
