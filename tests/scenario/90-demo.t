#!/bin/bash
# SPDX-License-Identifier: MIT
# The README's demo: up, a person logs in, up again, stopped with nothing left running or mounted.
# alone: the demo has one place on a machine
. "$(dirname "$0")/../support/lib.sh"

export ECS_DEMO=$WORK/demo ECS_DEMO_HTTP=18480 ECS_DEMO_HTTPS=18443
screenshot=${ECS_CACHE:-/var/cache/ecs-dev}/login.png
demo=$ECS_TREE/scripts/demo
at_end "$demo" destroy

run "$demo"
is "$status" 0 'the demo starts'
is "$(tail -n 1 "$WORK/out")" https://localhost:18443/ 'its last line is the URL alone'
like "$err" "log in as 'admin'" 'it says how to log in'

rm -f "$screenshot"
run python3 "$ECS_TREE/tests/support/login.py" https://localhost:18443/ admin "$ECS_DEMO/etc/password" "$screenshot"
is "$status" 0 'a browser gets through the login'
like "$out" 'Documents' 'and sees the documents'
ok 'the screenshot is kept' test -s "$screenshot"
diag "screenshot: $screenshot"

tool() { "$ECS_DEMO/app/current/sbin/$1" --root "$ECS_DEMO" "${@:2}"; }
run tool ecs-status
like "$out" "^state"$'\t'"running" 'ecs-status: running'
run tool ecs-env find
like "$out" cidata 'the environment came from the seed ISO'

began=$SECONDS
run "$demo"
is "$status" 0 'the demo starts a second time'
ok 'in under a minute' test $((SECONDS - began)) -lt 60

# the README's first hour: an update that fails, then one that does not
commit() { # SQL: the next revision of the application has a migration with it
	local new=$ECS_DEMO/srv/ecs.git/ecs/documents/migrations/0003_note.py
	printf '%s\n' 'from django.db import migrations' 'class Migration(migrations.Migration):' \
		'    dependencies = [("documents", "0002_document_media_type")]' \
		"    operations = [migrations.RunSQL('$1')]" >"$new"
	git -C "$ECS_DEMO/srv/ecs.git" add -A
	git -C "$ECS_DEMO/srv/ecs.git" -c user.name=t -c user.email=t@localhost commit -qm "$1"
}
ran=$(tool ecs-status | awk '$1 == "revision" { print $2 }')
commit 'SELECT 1 / 0'
run tool ecs-update
is "$status" 1 'an update whose migration fails'
like "$err" 'division by zero' 'says why'
is "$(tool ecs-status | awk '$1 == "revision" { print $2 }')" "$ran" 'the old version runs'
is "$(tool ecs-snapshot list)" '' 'nothing is left of it'
commit 'CREATE TABLE note (text text)'
run tool ecs-update
is "$status" 0 'the next one has a better migration'
like "$(tool ecs-snapshot list)" "^ecs-database"$'\t'"PRE_MIGRATE" 'there is a way back'
run tool ecs-update --rollback --lose-writes
is "$status" 0 'and it is taken'
is "$(tool ecs-status | awk '$1 == "revision" { print $2 }')" "$ran" 'the old version runs again'

# and a clone, which ends with the demo: in every second run
if takes 0 2; then
	run tool ecs-clone create
	is "$status" 0 'a clone is made'
	like "$(tool ecs-clone list)" "^CLONE"$'\t'"serves" 'and serves'
fi

own=$(docker ps --format '{{.Label "com.docker.compose.project"}} {{.Label "com.docker.compose.project.working_dir"}}' |
	grep -F "$ECS_DEMO" | cut -d' ' -f1 | head -n 1)

run "$demo" stop
is "$status" 0 'the demo stops'
project=$(docker ps -a --format '{{.Label "com.docker.compose.project.working_dir"}} {{.State}}' | grep -F "$ECS_DEMO" | grep -c running || :)
is "$project" 0 'no container of it runs'
is "$(cut -d' ' -f5 /proc/self/mountinfo | grep -F "$ECS_DEMO")" '' 'nothing of it is mounted'

run "$demo" destroy
is "$status" 0 'the demo is destroyed'
nok 'its folder is gone' test -e "$ECS_DEMO"
is "$(docker ps -a --format '{{.Label "com.docker.compose.project.working_dir"}}' | grep -F "$ECS_DEMO")" '' 'so are its containers'
is "$(docker network ls -q --filter "label=com.docker.compose.project=$own" | wc -l)" 0 'and their networks'
finish
