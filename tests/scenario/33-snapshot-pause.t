#!/bin/bash
# SPDX-License-Identifier: MIT
# Two volumes at one instant: an ecs.* container that writes pairs stands still meanwhile, and no kill leaves it so.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/volumes.sh
. "$(dirname "$0")/volumes.sh"

new_volumes sub # before the engine's containers, which get them mounted
project=ecs-$(printf %s "$ROOT" | sha256sum | cut -c1-8)

# container SERVICE COMMAND: a container as Compose would label it
container() {
	docker run -d --network none --label "com.docker.compose.project=$project" \
		--label "com.docker.compose.service=$1" --label com.docker.compose.oneoff=False \
		--label com.docker.compose.container-number=1 \
		-v "$FILES:/files" -v "$DATABASE:/database" "$BASE" sh -c "$2" 2>&1
}

# A pair is a file, then a row of the same number.
pairs='trap "exit 0" TERM; i=0; mkdir -p /files/f; while :; do i=$((i + 1)); : >/files/f/$i; echo $i >>/database/rows; done'
worker=$(container ecs.worker "$pairs") || bail "no container: $worker"
at_end docker rm -f "$worker"
redis=$(container redis 'exec sleep 1000')
at_end docker rm -f "$redis"
until_true 30 test -s "$DATABASE/rows"

is_state() { # CONTAINER STATE
	[ "$(docker inspect -f '{{.State.Status}}' "$1")" = "$2" ]
}

more_than() { # ROWS
	[ "$(wc -l <"$DATABASE/rows")" -gt "$1" ]
}

moves() { # the worker goes on writing
	until_true 20 more_than "$(wc -l <"$DATABASE/rows")"
}

# --- pairs ---------------------------------------------------------------------------------------------------
worst=0 seen=''
for trial in 1 2 3 4 5; do
	snapshot create PAIRS
	[ "$status" = 0 ] || bail "create failed: $err"
	run ecs-snapshot -q --root "$ROOT" mount PAIRS
	files=$(find "$ROOT/run/ecs/snapshots/ecs-files_PAIRS/f" -type f | wc -l)
	rows=$(wc -l <"$ROOT/run/ecs/snapshots/ecs-database_PAIRS/rows")
	run ecs-snapshot -q --root "$ROOT" unmount PAIRS
	seen+=" $files/$rows"
	# the pair that it stood still in may have its file only
	[ $((files - rows)) -ge 0 ] && [ $((files - rows)) -le 1 ] || worst=$trial
	moves || bail 'the worker has stopped'
done
is "$worst" 0 "each snapshot holds whole pairs (files/rows$seen)"
snapshot create PAIRS
like "$err" 'the application stood still for [0-9]+ ms' 'how long the pause was is said'
diag "$(grep -o 'still for .*' <<<"$err")"
ok 'and it went on' moves
snapshot create --volume ecs-files PAIRS
unlike "$err" 'stood still' 'one volume alone needs no pause'

# --- revert needs everything stopped ---------------------------------------------------------------------------
snapshot revert PAIRS
is "$status" 1 'no revert while containers run'
like "$err" "the appliance runs \(.*ecs\.worker.*\): run 'ecs-stop' first" 'they are named'
snapshot remove PAIRS

# --- killed inside the pause --------------------------------------------------------------------------------------
# A docker that kills the tool after the engine has paused, or before.
mkdir "$WORK/path"
cat >"$WORK/path/docker" <<-'END'
	#!/bin/bash
	case "$*" in
	'container pause'*)
		case $(cat "$KILL_WHEN") in
		after) /usr/bin/docker "$@" && kill -KILL $PPID ;;
		before) setsid /usr/bin/docker "$@" & kill -KILL $PPID ;;
		esac ;;
	*) exec /usr/bin/docker "$@" ;;
	esac
END
sed -i "s|\$KILL_WHEN|$WORK/when|" "$WORK/path/docker"
chmod 755 "$WORK/path/docker"
for when in after before; do
	echo $when >"$WORK/when"
	ECS_PATH="$WORK/path:/usr/sbin:/usr/bin:/sbin:/bin" snapshot create KILLED
	is "$status" 137 "killed $when the engine had paused"
	snapshot --wait=60 expire NONE
	is "$status" 0 'the next command waits for the guard'
	ok 'which has resumed the worker' is_state "$worker" running
	ok 'it goes on' moves
	is "$(names)" '' 'no snapshot is left'
	ok 'nothing else was touched' is_state "$redis" running
done

docker stop -t 1 "$worker" "$redis" >/dev/null 2>&1
snapshot create STOPPED
is "$status" 0 'with all containers stopped a snapshot needs no pause'
unlike "$err" 'stood still' 'and says of none'
DOCKER_HOST=unix:///nonexistent snapshot create STOPPED
is "$status" 0 'nor an engine'
finish
