#!/bin/bash
# SPDX-License-Identifier: MIT
#
# An appliance from nothing to healthy, again, stopped, with its page, on standby.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"

tiny_root
project=$(project_of "$ROOT")

# --- what it would do -----------------------------------------------------------------------------------------
start --explain
is "$status" 0 '--explain on an empty machine'
like "$out" $'database\tmissing\tmake it' 'it would make the database'
like "$out" $'restore from dump\tnot asked for\tcreate an empty database' 'an empty one'
like "$out" $'volumes\t\'ecs-files\' is on a plain folder\tgo on without snapshots' 'the files will take no snapshots'
like "$out" $'certificates\tnone\tmake and install one' 'and a certificate'
start --explain --json
is "$(python3 -c 'import json, sys; print([r["action"] for r in json.load(sys.stdin) if r["question"] == "postgres data"])' \
	<<<"$out")" "['make a new cluster']" '--explain --json is one array'
start -n
is "$status" 0 'a dry run'
like "$out" $'make a database\tdrop it' 'it prints steps and what takes them back'
is "$(running)" '' 'neither starts anything'
is "$(find "$ROOT/var/lib/ecs" "$ROOT/data" -mindepth 1 -not -path '*/metrics*' 2>/dev/null)" '' 'nor writes anything'
start --json
is "$status" 64 '--json needs --explain'

# --- from nothing ----------------------------------------------------------------------------------------------
start
is "$status" 0 'the first start'
is "$(grep -c "'ecs-\(files\|database\)' is on a plain folder: no snapshots, so no way back from a migration" "$WORK/err")" 2 \
	'says which volumes take no snapshots'
is "$out$(grep -v 'no snapshots' "$WORK/err")" '' 'and has nothing else to say'
is "$(running)" 'ecs-postgres ecs.web nginx' 'all run'
ok 'the database is whole' complete 1
state=$ROOT/var/lib/ecs/state.json
is "$(python3 -c 'import json, sys; s = json.load(open(sys.argv[1])); print(s["revision"], s["heads"], s["pending"], len(s["services"]))' "$state")" \
	"$(git -C "$ROOT/app/ecs" rev-parse HEAD) ['tiny.0002_two'] [] 3" 'what runs is recorded'
is "$(stat -c %a "$ROOT/run/ecs/env.yml" "$ROOT/run/ecs/env" "$ROOT"/var/lib/ecs/secrets/* | sort -u)" 600 \
	'environment and secrets are for root alone'
is "$(stat -c %u:%g "$ROOT/data/ecs-postgres/pg")" 5432:5432 'the data belong to PostgreSQL'
like "$(cat "$ROOT/var/lib/ecs/metrics/ecs-start.prom")" 'exit' 'metrics are written'

# --- again --------------------------------------------------------------------------------------------------------
before=$(docker ps -q --no-trunc --filter "label=com.docker.compose.project=$project" | sort)
start -v
is "$status" 0 'a second start'
is "$(grep -c ': done in' "$WORK/err")" 2 'publishes the environment, looks after folders, and has no other step to take'
is "$(docker ps -q --no-trunc --filter "label=com.docker.compose.project=$project" | sort)" "$before" 'touches nothing'
start --explain
like "$out" $'containers\t3 of 3 healthy, unchanged\tnothing' '--explain says so'
like "$out" $'database\t.ecs. with [0-9]+ tables\tkeep it' 'the database is kept'

# --- what an administrator did meanwhile -----------------------------------------------------------------------
docker kill "$(container ecs.web)" >/dev/null
start
is "$status" 0 'a container that was killed'
is "$(running)" 'ecs-postgres ecs.web nginx' 'runs again'
docker rm -f "$(container nginx)" >/dev/null
start
is "$status" 0 'one that was removed'
is "$(running)" 'ecs-postgres ecs.web nginx' 'is made again'
docker pause "$(container ecs.web)" >/dev/null
start
is "$status" 0 'one that was paused'
is "$(docker inspect -f '{{.State.Status}} {{.State.Health.Status}}' "$(container ecs.web)")" 'running healthy' 'runs again'

# --- ecs-manage ------------------------------------------------------------------------------------------------
run ecs-manage --root "$ROOT" echo --option 'two words'
is "$status $out" '0 --option two words' 'ecs-manage gives arguments on'
run bash -c 'echo in | ecs-manage --root "$1" cat' - "$ROOT"
is "$out" in 'and standard input'
run ecs-manage --root "$ROOT" sh -c 'echo no >&2; exit 7'
is "$status $err" '7 no' 'and the exit status back'
docker stop -t 1 "$(container ecs.web)" >/dev/null
run ecs-manage --root "$ROOT" echo here
is "$status $out" '0 here' 'it works where only the database runs'

# --- a changed environment ------------------------------------------------------------------------------------
write_env 'ecs:' '  settings: "X = 1"'
start
is "$status" 0 'a changed environment'
like "$(cat "$ROOT/run/ecs/env")" 'X = 1' 'is published'
printf 'nonsense: [\n' >>"$ROOT/app/env.yml"
start
is "$status" 0 'an unusable environment: the last good one is taken'
like "$err" 'last good one' 'loudly'
write_env

# --- ecs-stop --------------------------------------------------------------------------------------------------
stop -n
is "$(cut -f1 <<<"$out" | paste -sd,)" 'stop the application,stop the support containers,stop the database' \
	'ecs-stop -n prints the order'
stop
is "$status" 0 'ecs-stop'
is "$(running)" '' 'nothing runs'
is "$(docker inspect -f '{{.State.ExitCode}}' "$(container ecs-postgres)")" 0 'the database was shut down'
stop
is "$status" 0 'stopping twice'
run ecs-manage --root "$ROOT" echo here
is "$status" 69 'ecs-manage without a database'
rm "$ROOT/app/env.yml" "$ROOT/run/ecs/env.yml"
stop --maintenance
is "$status" 0 'it needs no environment'
is "$(running)" nginx 'the web server is up'
ok 'the page is up' test -e "$ROOT/data/container/nginx/state/maintenance"
write_env
start
is "$status" 0 'a start'
nok 'ends it' test -e "$ROOT/data/container/nginx/state/maintenance"
ok 'the data are there' complete 1

# --- a power cut ------------------------------------------------------------------------------------------------
# The engine does not flush what it removes: the container of before is there again, older or newer than the recorded one.
# back_again OLDER|NEWER: which of the two is the recorded one
back_again() {
	local one two
	one=$(container ecs.web)
	run ecs-env --root "$ROOT" exec -- docker compose create --no-recreate --scale ecs.web=2 ecs.web
	two=$(container ecs.web | grep -vx "$one")
	[ -n "$two" ] || bail "no second container: $err"
	recorded=$one
	[ "$1" = OLDER ] || {
		sed -i "s/$(docker inspect -f '{{.Id}}' "$one")/$(docker inspect -f '{{.Id}}' "$two")/" \
			"$ROOT/var/lib/ecs/state.json"
		recorded=$two
	}
}
for which in OLDER NEWER; do
	back_again $which
	start --explain
	like "$out" $'containers of before\t1, back after a power cut\tremove them' "$which: a container of before is seen"
	start
	is "$status" 0 "$which: a start"
	is "$(container ecs.web)" "$recorded" "$which: only the recorded one is left"
	is "$(running)" 'ecs-postgres ecs.web nginx' "$which: and runs"
	stop
done

# --- standby ---------------------------------------------------------------------------------------------------
stop
sed -i 's/^appliance:/appliance:\n  standby: true/' "$ROOT/app/env.yml"
start
is "$status" 0 'standby'
like "$err" 'standby' 'says why'
is "$(running)" '' 'starts nothing'
finish
