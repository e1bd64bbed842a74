#!/bin/bash
# SPDX-License-Identifier: MIT
# Two volumes at one instant: an ecs.* container that writes pairs stands still meanwhile, and no kill leaves it so.
# alone: it measures
# shellcheck source=tests/support/lib.sh
. "$(dirname "$0")/../support/lib.sh"
# shellcheck source=tests/support/volumes.sh
. "$(dirname "$0")/../support/volumes.sh"
# shellcheck source=tests/support/pairs.sh
. "$(dirname "$0")/../support/pairs.sh"

new_volumes sub # before the engine's containers, which get them mounted
PROJECT=ecs-$(printf %s "$ROOT" | sha256sum | cut -c1-8)
pairs_worker "$BASE"
redis=$(pairs_container redis "$BASE" sh -c 'exec sleep 1000')
at_end docker rm -f "$redis"

is_state() { # CONTAINER STATE
	[ "$(docker inspect -f '{{.State.Status}}' "$1")" = "$2" ]
}

# --- pairs ---------------------------------------------------------------------------------------------------
pairs_hold 5
snapshot create --volume ecs-files PAIRS
unlike "$err" 'was paused' 'one volume alone needs no pause'

# --- revert needs everything stopped ---------------------------------------------------------------------------
snapshot revert PAIRS
is "$status" 1 'no revert while containers run'
like "$err" "the appliance is running \(.*ecs\.worker.*\): run 'ecs-stop' first" 'they are named'
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
	ok 'which has resumed the worker' is_state "$WORKER" running
	ok 'it goes on' pairs_moves
	is "$(names)" '' 'no snapshot is left'
	ok 'nothing else was touched' is_state "$redis" running
done

docker stop -t 1 "$WORKER" "$redis" >/dev/null 2>&1
snapshot create STOPPED
is "$status" 0 'with all containers stopped a snapshot needs no pause'
unlike "$err" 'was paused' 'and says of none'
DOCKER_HOST=unix:///nonexistent snapshot create STOPPED
is "$status" 0 'nor an engine'
finish
