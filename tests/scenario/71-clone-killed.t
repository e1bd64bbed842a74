#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-clone killed at its steps, a share of them in each run (takes, in lib.sh): the next command leaves a whole clone or none, and the appliance serves on.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/grown.sh"
. "$(dirname "$0")/../support/killed.sh"
. "$(dirname "$0")/../support/clones.sh"

# found: "none", "whole", or what there is of the clone
found() {
	local rest
	rest=$(clone_rest)
	[ -n "$rest" ] || { echo none && return; }
	[ "$(clone_state)" = serves ] && [ "$(in_clone whole)" = "r1 $two" ] && echo whole || echo "$rest"
}

# is_one_of GOT NAME WANTED…
is_one_of() {
	local got=$1 name=$2 one
	shift 2
	for one; do
		[ "$got" != "$one" ] || { pass "$name" && return; }
	done
	fail "$name" "$got"
}

clone_root
start
is "$status" 0 'the appliance starts'
write

# kill_at CALLS N AT COMMAND…: COMMAND, killed there; the appliance serves on
kill_at() {
	local calls=$1 n=$2 at=$3
	shift 3
	run strace -qqq -o "$WORK/strace" -e "trace=$calls" -e "inject=$calls:signal=KILL:when=$n" "$@"
	# the one after the other waits for things, so that not each run has as many children
	[[ $status = 0 && $calls != fdatasync ]] || is "$status" 137 "$2: killed: $at"
	# what resumes the application keeps the lock for a while
	start --wait=60
	is "$status $(whole)" "0 r1 $two" "the appliance serves ($at)"
}

making=(ecs-clone create --root "$ROOT" --http "127.0.0.1:$((PORT + 2))" --https "127.0.0.1:$((PORT + 3))")
points "${making[@]}" >"$WORK/kills" 2>"$WORK/points.err"
is "$(found)" whole 'it is known where a creation can be killed'
point=0
while read -r calls n at <&3; do
	point=$((point + 1))
	takes $point 16 || continue
	[ "$(found)" = none ] || clone destroy
	kill_at "$calls" "$n" "$at" "${making[@]}"
	is_one_of "$(found)" "a whole clone or none ($at)" none whole
done 3<"$WORK/kills"

# what is left half-way the same command brings to its end
ending=(ecs-clone destroy --root "$ROOT")
[ "$(found)" = whole ] || create
points "${ending[@]}" >"$WORK/kills" 2>"$WORK/points.err"
is "$(found)" none 'it is known where an end can be killed'
while read -r calls n at <&3; do
	point=$((point + 1))
	takes $point 16 || continue
	create
	is "$status" 0 'a new one'
	kill_at "$calls" "$n" "$at" "${ending[@]}"
	clone destroy
	is_one_of "$status" "the same again ($at)" 0 66
	is "$(found)" none "nothing of it is left ($at)"
done 3<"$WORK/kills"
diag "a share of $point points (ECS_SEED=$ECS_SEED)"
ok 'there were enough of them' test $point -ge 20
finish
