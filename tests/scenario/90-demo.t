#!/bin/bash
# SPDX-License-Identifier: MIT
# The README's demo: up, a person logs in, up again, stopped with nothing left running or mounted.
. "$(dirname "$0")/lib.sh"

export ECS_DEMO=$WORK/demo ECS_DEMO_HTTP=18480 ECS_DEMO_HTTPS=18443
screenshot=${ECS_CACHE:-/var/cache/ecs-dev}/login.png
demo=$ECS_TREE/scripts/demo
at_end "$demo" destroy

run "$demo"
is "$status" 0 'the demo starts'
is "$(tail -n 1 "$WORK/out")" https://localhost:18443/ 'its last line is the URL alone'
like "$err" "log in as 'admin'" 'it says how to log in'

rm -f "$screenshot"
run python3 "$ECS_TREE/tests/scenario/login.py" https://localhost:18443/ admin "$ECS_DEMO/etc/password" "$screenshot"
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

run "$demo" stop
is "$status" 0 'the demo stops'
project=$(docker ps -a --format '{{.Label "com.docker.compose.project.working_dir"}} {{.State}}' | grep -F "$ECS_DEMO" | grep -c running || :)
is "$project" 0 'no container of it runs'
is "$(cut -d' ' -f5 /proc/self/mountinfo | grep -F "$ECS_DEMO")" '' 'nothing of it is mounted'
finish
