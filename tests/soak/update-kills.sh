#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-update killed at random instants, every second time with all containers, as a power cut does it: with a migration,
# without one, and on the way back. After each the next ecs-start serves one whole version, with every row and file
# that was acknowledged. Prints the table of outcomes by the step that was cut, as far as it came if it is ended before.
# usage: [SOAK_TRIALS=500] [SOAK_SEED=N] update-kills.sh
ECS_TREE=$(cd "$(dirname "$0")/../.." && pwd)
DOCKER_HOST=$("$ECS_TREE/scripts/engine" up) BASE=$("$ECS_TREE/scripts/engine" base)
export DOCKER_HOST BASE
. "$ECS_TREE/tests/support/lib.sh"
. "$ECS_TREE/tests/support/appliance.sh"
. "$ECS_TREE/tests/support/grown.sh"
trials=${SOAK_TRIALS:-500}
RANDOM=${SOAK_SEED:=$SRANDOM}
echo "# SOAK_SEED=$SOAK_SEED" >&2
OUTCOMES=$WORK/outcomes
: >"$OUTCOMES"

table() {
	printf '\nupdate\tkilled\tin\tserves\ttrials\n'
	LC_ALL=C sort "$OUTCOMES" | uniq -c | sed -E 's/^ *([0-9]+) (.*)/\2\t\1/'
}
at_end table

grown_root
start
[ "$status" = 0 ] || bail "$err"
echo 2 >"$SOURCE/note"
revision r2
migration 0003_three 'ALTER TABLE two ADD j int; SELECT pg_sleep(0.5)'
revision r3
git -C "$ROOT/app/ecs" fetch -q --tags origin
two='0001_one 0002_two' three='0001_one 0002_two 0003_three'

# go WORDS: ecs-update, and how long it took
go() {
	local began=${EPOCHREALTIME/./}
	# shellcheck disable=SC2086 # words
	run ecs-update --root "$ROOT" $1
	TOOK=$(((${EPOCHREALTIME/./} - began) / 1000))
	[ "$status" = 0 ] || bail "ecs-update $1: $err"
}

# what is begun: the last line of the journal, while it is there
step_of() {
	local line
	line=$(tail -n1 "$ROOT/var/lib/ecs/journal" 2>/dev/null)
	case $line in
	begin\ * | undo\ *) echo "$line" ;;
	done\ *) echo "after ${line#done }" ;;
	*) echo 'no journal' ;;
	esac
}

# trial KIND FROM TO WORDS LENGTH: cut at a random instant of LENGTH ms; afterwards r2 serves
trial() {
	local kind=$1 from=$2 to=$3 words=$4 at=$((RANDOM * 32768 + RANDOM)) victim=tool step found serves pid
	at=$((at % ($5 + 200)))
	[ "$kind" = rollback ] || write
	# shellcheck disable=SC2086 # words
	ecs-update --root "$ROOT" $words >"$WORK/out" 2>"$WORK/err" </dev/null &
	pid=$!
	read -rt "$((at / 1000)).$(printf %03d $((at % 1000)))" <> <(:) || :
	kill -KILL $pid 2>/dev/null
	[ $((RANDOM % 2)) = 0 ] || {
		victim='tool and all'
		# shellcheck disable=SC2046 # one word an id
		docker kill -s KILL $(docker ps -q --filter "label=com.docker.compose.project=$(project_of "$ROOT")") >/dev/null 2>&1
	}
	wait $pid 2>/dev/null
	step=$(step_of)
	start
	found=$(whole)
	serves=FAILED
	[ "$status" != 0 ] || case $found in
	"$from") serves=old ;;
	"$to") serves=new ;;
	esac
	printf '%s\t%s\t%s\t%s\n' "$kind" "$victim" "$step" $serves >>"$OUTCOMES"
	[ $serves != FAILED ] || {
		fail "$kind: $victim killed after $at ms, in '$step'" "start: $status; $found; $err"
		# the trials that follow want a machine that is whole
		bail 'the rest is not tried'
	}
	case $(runs) in
	r1) go '--to r2' ;;
	r3) go '--rollback --lose-writes' ;;
	esac
}

go '--to r2'
go '--to r3'
migrate=$TOOK
go '--rollback --lose-writes'
rollback=$TOOK
go '--to r1'
plain=$TOOK
go '--to r2'
for ((i = 0; i < trials; i++)); do
	case $((i % 3)) in
	0) trial migration "r2 $two" "r3 $three" '--to r3' $migrate ;;
	1) trial 'no migration' "r2 $two" "r1 $two" '--to r1' $plain ;;
	2)
		go '--to r3'
		trial rollback "r3 $three" "r2 $two" '--rollback --lose-writes' $rollback
		;;
	esac
	pass "trial $((i + 1))" >/dev/null
done
finish
