#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Updates under load, with real nginx: no request fails, neither on the way to a version that is no good nor on the way
# back, and of a scheduler there are never two.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/whole.sh"

update() { run ecs-update --root "$ROOT" "$@"; }

# The release as it is installed, with a scheduler, and sooner at the end of its patience.
own_release() {
	local to=$ROOT/app/releases/visitors
	mkdir -p "$to"
	cp -R "$ECS_PREFIX/." "$to"
	rm "$ROOT/app/current"
	ln -s releases/visitors "$ROOT/app/current"
	sed -i -e 's/^  start_period: 60s/  start_period: 10s/' -e 's/^  schedulers: \[\]/  schedulers: [ecs.beat]/' \
		-e '/^  redis:$/i\
  ecs.beat:\
    <<: [*application, *service]\
    pull_policy: never\
    command: [run, sh, -c, "test ! -e broken-beat && exec sleep infinity"]\
    healthcheck: {<<: *health, interval: 1s, test: [CMD, "true"]}\
' "$to/share/ecs/compose.yml"
	grep -q 'ecs.beat' "$to/share/ecs/compose.yml" || bail 'the compose file has changed'
}

revision() { # NAME
	git -C "$WORK/ecs.git" add -A
	git -C "$WORK/ecs.git" -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m "$1 of $WORK"
}

# under_load COMMAND…: as run, while four clients ask; COUNTS is "REQUESTS FAILED GAP WHY"
mkfifo "$WORK/over"
under_load() {
	local over clients
	python3 "$ECS_TREE/tests/bench/load.py" "$SITE/login" 4 <"$WORK/over" >"$WORK/counts" &
	clients=$!
	exec {over}>"$WORK/over"
	until_true 20 sh -c "[ \$(ls /proc/$clients/task | wc -l) -gt 4 ]"
	"$@" {over}>&-
	exec {over}>&-
	wait $clients
	COUNTS=$(cat "$WORK/counts")
}

# none_failed WHAT
none_failed() {
	local requests failed rest
	read -r requests failed rest <<<"$COUNTS"
	diag "$1: $COUNTS"
	ok "$1: there were visitors" test "$requests" -gt 100
	is "$failed" 0 "$1: no request failed (${rest#* })"
}

# of the scheduler: how many at once, as the engine saw it
most_beats() {
	docker events --since "$SINCE" --until "$(date +%s.%N)" --format '{{.Action}}' --filter type=container \
		--filter event=start --filter event=die --filter label=com.docker.compose.service=ecs.beat \
		--filter "label=com.docker.compose.project=$(project_of "$ROOT")" |
		awk 'BEGIN { n = most = 1 } { n += $1 == "start" ? 1 : -1; if (n > most) most = n } END { print most }'
}

whole_root
own_release
start
is "$status" 0 'the appliance starts'
was=$(container ecs.web)
SINCE=$(date +%s.%N)

echo 'application = lambda environ, answer: (answer("500 no good", []), [b""])[1]' >>"$WORK/ecs.git/ecs/wsgi.py"
revision 'It answers, but only 500'
under_load update
is "$status" 1 'a version that answers 500 is not taken'
like "$err" "'ecs.web' is not healthy" 'because it is not healthy'
none_failed 'beside a version that answers 500'
is "$(container ecs.web)" "$was" 'the old one serves'

git -C "$WORK/ecs.git" checkout -q HEAD~ -- ecs/wsgi.py
touch "$WORK/ecs.git/broken-beat"
revision 'Its scheduler does not come up'
under_load update
is "$status" 1 'nor is one whose scheduler does not come up'
like "$err" "start the schedulers: 'ecs.beat' exited" 'because of that'
none_failed 'on the way back'
is "$(container ecs.web)" "$was" 'the old one serves again'
is "$(docker ps -q --filter "label=com.docker.compose.project=$(project_of "$ROOT")" | wc -l)" 7 'with all that belongs to it'

rm "$WORK/ecs.git/broken-beat"
revision 'It is good'
under_load update
is "$status" 0 'a good one is'
none_failed 'on the way to a good one'
isnt=$(container ecs.web)
ok 'which serves' test "$isnt" != "$was"
is "$(most_beats)" 1 'of the scheduler there never were two'
code /login
is "$out" 200 'and nginx finds it'
start
is "$status" 0 'a start finds all in order'
is "$(container ecs.web)" "$isnt" 'and changes nothing'

# what a power cut may cost that follows an update at once: the engine does not flush whom it has let in
run ecs-stop --root "$ROOT"
docker network disconnect "$(project_of "$ROOT")_front" "$isnt"
start
is "$status $(container ecs.web)" "0 $isnt" 'the same container starts'
code /login
is "$out" 200 'and nginx finds it again'
finish
