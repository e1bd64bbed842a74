#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Failures of ecs-start: each with its exit status and one clear line.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"

tiny_root
make_template
reset cluster

# one_line REGEX WHAT: the error is one line
one_line() {
	is "$(grep -vc 'warning: ' "$WORK/err")" 1 "$2: one line"
	like "$err" "$1" "$2: it says what"
}

# --- no metadata, no engine --------------------------------------------------------------------------------------
mv "$ROOT/app/env.yml" "$ROOT/env.yml"
rm -f "$ROOT/var/lib/ecs/env.yml.good"
start
is "$status" 66 'no metadata'
one_line 'environment|metadata|env.yml' 'no metadata'
mv "$ROOT/env.yml" "$ROOT/app/env.yml"

run env DOCKER_HOST="unix://$WORK/nothing.sock" ecs-start --root "$ROOT"
is "$status" 69 'Docker down'
one_line 'the engine does not answer.*Cannot connect' 'Docker down'

# --- an image that does not build --------------------------------------------------------------------------------
echo 'RUN echo this went wrong && false' >>"$ROOT/app/ecs/Dockerfile"
git -C "$ROOT/app/ecs" -c user.name=t -c user.email=t@localhost commit -qam broken
start
is "$status" 1 'an image that does not build'
like "$err" 'build: .*this went wrong' 'the end of the build is shown'
like "${err##*$'\n'}" 'build the images: .*exited' 'the last line says it'
is "$(running)" '' 'nothing runs'
nok 'what was exported for it is gone' test -e "$ROOT/var/lib/ecs/build"
git -C "$ROOT/app/ecs" reset -q --hard HEAD~1

# --- an image that would keep files where they are lost ------------------------------------------------------------
echo 'VOLUME /srv/own' >>"$ROOT/app/ecs/Dockerfile"
git -C "$ROOT/app/ecs" -c user.name=t -c user.email=t@localhost commit -qam 'a volume of its own'
for when in 'built just now' 'there already'; do
	start
	is "$status" 78 "an image with a VOLUME that no mount covers, $when"
	one_line "'ecs.web:.*' of 'ecs.web'.*a volume of its own, '/srv/own'" "an image with a VOLUME, $when"
	is "$(running)" '' 'nothing runs'
done
git -C "$ROOT/app/ecs" reset -q --hard HEAD~1

# --- a link that the application could have made -----------------------------------------------------------------------
mv "$ROOT/data/container/nginx" "$WORK/outside"
chmod 700 "$WORK/outside/state"
ln -s "$WORK/outside" "$ROOT/data/container/nginx"
chown -h 8000 "$ROOT/data/container/nginx"
start
nok 'a folder behind a link that another user made is not used' test "$status" = 0
one_line "'nginx' of '.*' is a link that user 8000 made: not followed" 'such a link'
is "$(stat -c %a "$WORK/outside/state")" 700 'and nothing is changed there'
rm "$ROOT/data/container/nginx"
mv "$WORK/outside" "$ROOT/data/container/nginx"

# --- PostgreSQL refuses -------------------------------------------------------------------------------------------
mv "$ROOT/data/ecs-postgres/pg/global/pg_control" "$ROOT/pg_control"
start
is "$status" 1 'PostgreSQL refuses to start'
like "$err" 'ecs-postgres: .*pg_control' 'its log is shown'
like "${err##*$'\n'}" "start ecs-postgres: 'ecs-postgres' exited" 'the last line says it'
is "$(running)" '' 'it is stopped again'
mv "$ROOT/pg_control" "$ROOT/data/ecs-postgres/pg/global/pg_control"

# --- a migration that fails ---------------------------------------------------------------------------------------
cp "$ROOT/app/ecs/tiny" "$WORK/tiny"
sed -i 's/^migrate) .*/migrate) schema; echo "tiny: cannot migrate" >\&2; exit 9 ;;/' "$ROOT/app/ecs/tiny"
git -C "$ROOT/app/ecs" -c user.name=t -c user.email=t@localhost commit -qam 'a migration that fails'
start
is "$status" 1 'a migration that fails'
like "${err##*$'\n'}" 'migrate the new database: .*cannot migrate' 'the last line says it'
is "$(running)" '' 'nothing runs'
git -C "$ROOT/app/ecs" reset -q --hard HEAD~1

# --- a port that is taken -----------------------------------------------------------------------------------------
python3 -c 'import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); print("ready", flush=True); time.sleep(600)' \
	"$PORT" >"$WORK/taken" &
taken=$!
# once it was waited for, its number may be another program's
end_taken() { [ -z "$taken" ] || kill "$taken"; }
at_end end_taken
until_true 10 grep -q ready "$WORK/taken"
start
is "$status" 2 'a port that is taken'
like "$err" "port '127.0.0.1:$PORT' is in use" 'is named'
ok 'the database is whole' complete 1
kill "$taken"
wait "$taken" 2>/dev/null
taken=
start
is "$status" 0 'the same command is the remedy'
is "$(running)" 'ecs-postgres ecs.web nginx' 'all run'

# --- a dump that is cut off, for an application that runs ---------------------------------------------------------------
put_dump
truncate -s 1000 "$ROOT/data/ecs-pgdump/ecs.pgdump.gz"
write_env '  recover: {from_dump: true}'
# without its database it would not be healthy, and that is waited for
touch "$ROOT/data/ecs-storage-vault/well"
# its healthcheck looks into the database every second
until_true 20 sql 'ALTER DATABASE ecs RENAME TO elsewhere' postgres || bail 'the database is in use all the time'
start --new-database
is "$status" 1 'a dump that is cut off'
like "${err##*$'\n'}" 'restore the dump: ' 'the last line says what failed'
is "$(running)" 'ecs-postgres ecs.web nginx' 'what ran runs again'
is "$(sql "SELECT datname FROM pg_database WHERE datname ~ '^ecs'" postgres)" '' 'nothing of the dump is left'
until_true 20 sql 'ALTER DATABASE elsewhere RENAME TO ecs' postgres || bail 'the database is in use all the time'
rm "$ROOT/data/ecs-pgdump/ecs.pgdump.gz" "$ROOT/data/ecs-storage-vault/well"
write_env

# --- an application that does not come up ---------------------------------------------------------------------------
stop
good=$ROOT/var/lib/ecs/env.yml.good
cp "$good" "$WORK/good"
echo '  allowed_hosts: [b.example]' >>"$ROOT/app/env.yml"
run ecs-status --root "$ROOT"
like "$err" "app/env.yml' has changed, and the change is not active yet: run 'ecs-start'" 'an edit of env.yml is told by every tool'
touch "$ROOT/data/ecs-storage-vault/fault"
start
is "$status" 2 'an application that exits'
ok 'an environment that it did not come up with is not the last good one' cmp -s "$WORK/good" "$good"
like "$err" 'ecs.web: tiny: a fault is asked for' 'its log is shown'
like "${err##*$'\n'}" "wait until all is healthy: 'ecs.web' exited" 'the last line says it'
like "$(running)" 'ecs-postgres.* nginx' 'the others stay, for inspection'
rm "$ROOT/data/ecs-storage-vault/fault"
start
is "$status" 0 'the same command is the remedy'
ok 'what it came up with is' cmp -s "$ROOT/app/env.yml" "$good"
run ecs-status --root "$ROOT"
unlike "$err" 'not active yet' 'and the edit is active'
stop
touch "$ROOT/data/ecs-storage-vault/sick"
sed -i 's/start_period: 20s/start_period: 1s/' "$ROOT/app/current/share/ecs/compose.yml"
start
is "$status" 2 'an application that does not become healthy'
like "${err##*$'\n'}" "'ecs.web' is not healthy" 'the last line says it'
rm "$ROOT/data/ecs-storage-vault/sick"
start
is "$status" 0 'the same command is the remedy'

# --- two at once ----------------------------------------------------------------------------------------------------
stop
ecs-start --root "$ROOT" 2>"$WORK/first" &
first=$!
until_true 20 test -s "$ROOT/var/lib/ecs/journal"
start
is "$status" 75 'a second command while one runs'
one_line "locked by 'ecs-start' \\(pid [0-9]+" 'a second command'
stop --wait=60
is "$status" 0 '--wait waits for its end'
wait "$first"
is "$?" 0 'the first one ended well'
is "$(running)" '' 'and then the second one was done'

# --- a compose file that is none --------------------------------------------------------------------------------------
echo 'x-other: [' >>"$ROOT/app/current/share/ecs/compose.yml"
start
is "$status" 78 'a compose file that compose refuses'
one_line 'docker compose config: exited' 'a broken compose file'
rm "$ROOT/app/current/share/ecs/compose.yml"
start
is "$status" 78 'no compose file'
one_line "no compose file '.*compose.yml'" 'no compose file'
finish
