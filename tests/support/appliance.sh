# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For scenarios with a running appliance; source it after lib.sh.
#
#	tiny_root [NAME]       ROOT becomes a machine with the appliance of tests/support/tiny, not started
#	start ARG…, stop ARG…  ecs-start, ecs-stop beneath ROOT, as `run`
#	end_root ROOT          its containers and networks are removed, then its files
: "${DOCKER_HOST:?}" "${BASE:?}"
TINY=$ECS_TREE/tests/support/tiny

# end_root ROOT: nothing of it stays
end_root() {
	local project ids
	project=$(project_of "$1")
	ids=$(docker ps -aq --filter "label=com.docker.compose.project=$project")
	# shellcheck disable=SC2086 # one word an id
	[ -z "$ids" ] || docker rm -fv $ids >/dev/null
	ids=$(docker network ls -q --filter "label=com.docker.compose.project=$project")
	# shellcheck disable=SC2086
	[ -z "$ids" ] || docker network rm $ids >/dev/null
	rm -rf --one-file-system "$1"
}

project_of() { # project_of ROOT
	printf 'ecs-%.8s' "$(printf %s "$1" | sha256sum)"
}

# free_ports N: a port of 127.0.0.1 that nobody listens at, nor at the next N - 1; no client of another scenario gets
# them meanwhile, as it could those above 32767
free_ports() {
	python3 -c 'import random, socket, sys
count = int(sys.argv[1])
while True:
    port = random.randrange(16384, 32768 - count)
    try:
        for p in range(port, port + count):
            with socket.socket() as s: s.bind(("127.0.0.1", p))
        break
    except OSError: pass
print(port)' "$1"
}

free_port() { free_ports 2; }

# write_env [LINE…]: the env.yml of ROOT; lines are added as they are
write_env() {
	{
		cat <<-END
			#cloud-config
			appliance:
			  domain: localhost
			  base: $BASE
			  ports: {http: "127.0.0.1:$PORT", https: "127.0.0.1:$((PORT + 1))"}
		END
		printf '%s\n' "$@"
	} >"$ROOT/app/env.yml"
	chmod 600 "$ROOT/app/env.yml"
}

# tiny_repository: TINY_GIT, the application's git repository, the same commit each time
tiny_repository() {
	TINY_GIT=$WORK/tiny.git
	[ ! -e "$TINY_GIT" ] || return 0
	local who=(-c user.name=t -c user.email=t@localhost)
	cp -R "$TINY/app" "$TINY_GIT"
	git -C "$TINY_GIT" init -q -b main
	git -C "$TINY_GIT" add -A
	GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' \
		git -C "$TINY_GIT" "${who[@]}" commit -qm 'A tiny application'
}

tiny_root() {
	# the application is made from this image
	ECS_REVISION=none docker compose -f "$ECS_PREFIX/share/ecs/compose.yml" build -q ecs-postgres >&2 ||
		bail 'the image of ecs-postgres cannot be built'
	new_root
	at_end end_root "$ROOT"
	rm "$ROOT/app/current"
	mkdir -p "$ROOT/app/releases/tiny/share/ecs"
	cp -R "$ECS_TREE/scripts/appliance/ecs-postgres" "$TINY"/compose*.yml "$ROOT/app/releases/tiny/share/ecs"
	ln -s "$ECS_PREFIX/sbin" "$ROOT/app/releases/tiny/sbin"
	ln -s releases/tiny "$ROOT/app/current"
	tiny_repository
	git clone -q "$TINY_GIT" "$ROOT/app/ecs"
	PORT=$(free_port)
	write_env
}

start() { run ecs-start --root "$ROOT" "$@"; }
stop() { run ecs-stop --root "$ROOT" "$@"; }

# sql STATEMENT: asks the appliance's database as the administrator
sql() { psql -h "$ROOT/run/ecs/postgresql" -U postgres -qXAt "${2:-ecs}" -c "$1"; }

# container SERVICE: its id
container() {
	docker ps -aq --filter "label=com.docker.compose.project=$(project_of "$ROOT")" \
		--filter "label=com.docker.compose.service=$1" --filter "label=com.docker.compose.oneoff=False"
}

# running: the services that run, in order
running() {
	docker ps --filter "label=com.docker.compose.project=$(project_of "$ROOT")" \
		--format '{{.Label "com.docker.compose.service"}}' | LC_ALL=C sort | paste -sd' '
}

# make_template: PG_TEMPLATE, a cluster without a database, and DUMP, a dump of the application's database before
# its second migration, with a row to know it by. Both are made once, by the appliance of ROOT.
make_template() {
	local pg
	PG_TEMPLATE=$WORK/pg.template DUMP=$WORK/ecs.pgdump.gz
	start
	[ "$status" = 0 ] || bail "no template: $err"
	pg=$(container ecs-postgres)
	sql "CREATE DATABASE source" postgres
	sql "CREATE TABLE django_migrations (id serial, app text, name text);
		INSERT INTO django_migrations (app, name) VALUES ('tiny', '0001_one');
		CREATE TABLE one (i int); INSERT INTO one SELECT generate_series(1, 1000);
		COMMENT ON EXTENSION plpgsql IS 'as old dumps have it'" source
	docker exec "$pg" pg_dump -U postgres -Fc -Z0 source | gzip >"$DUMP"
	sql "DROP DATABASE source" postgres
	stop
	docker start "$pg" >/dev/null
	until_true 30 sql 'SELECT 1' postgres || bail "no server for the template"
	sql "DROP DATABASE ecs" postgres
	stop
	cp -a "$ROOT/data/ecs-postgres/pg" "$PG_TEMPLATE"
}

# remove_containers: of ROOT
remove_containers() {
	local ids
	ids=$(docker ps -aq --filter "label=com.docker.compose.project=$(project_of "$ROOT")")
	# shellcheck disable=SC2086 # one word an id
	[ -z "$ids" ] || docker rm -fv $ids >/dev/null
}

# reset [cluster]: ROOT as before its first start; with a cluster that has no database
reset() {
	remove_containers
	rm -rf "$ROOT"/data/ecs-postgres/pg* "$ROOT"/var/lib/ecs/{state.json,journal}
	[ "${1-}" != cluster ] || cp -a "$PG_TEMPLATE" "$ROOT/data/ecs-postgres/pg"
}

# put_dump: where env.yml's recover.from_dump finds it
put_dump() {
	mkdir -p "$ROOT/data/ecs-pgdump"
	cp "$DUMP" "$ROOT/data/ecs-pgdump/ecs.pgdump.gz"
}

# complete ROWS: the database is there, whole, with so many rows in its first table; nothing is left over
complete() {
	[ "$(sql "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE datname ~ '^ecs'" postgres)" = ecs ] &&
		[ "$(sql 'SELECT count(*) FROM django_migrations')" = 2 ] &&
		[ "$(sql 'SELECT count(*) FROM one')" = "$1" ] && [ "$(sql 'SELECT count(*) FROM two')" = 0 ] &&
		[ -z "$(docker ps -aq --filter "label=com.docker.compose.project=$(project_of "$ROOT")" \
			--filter label=com.docker.compose.oneoff=True)" ] &&
		[ ! -e "$ROOT/var/lib/ecs/journal" ] && [ ! -e "$ROOT/data/ecs-postgres/pg.new" ]
}

# none_or_complete ROWS: what a killed run may leave for others to see: no database, or the whole one
none_or_complete() {
	! sql 'SELECT 1' postgres 2>/dev/null | grep -q 1 ||
		[ "$(sql "SELECT count(*) FROM pg_database WHERE datname = 'ecs'" postgres)" = 0 ] ||
		{ [ "$(sql 'SELECT count(*) FROM django_migrations')" = 2 ] && [ "$(sql 'SELECT count(*) FROM one')" = "$1" ]; }
}
