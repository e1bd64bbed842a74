#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ecs-update killed, alone and with all else, before, within and after its steps: the next ecs-start serves the complete old
# or the complete new version, with every row and file that was there. With a migration, without, and on the way back.
# ECS_ALL_KILLS=1 takes every line of the journal and every child; else some of them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/appliance.sh"
. "$(dirname "$0")/grown.sh"

update() { run ecs-update --root "$ROOT" "$@"; }

grown_root
start
is "$status" 0 'the appliance starts'
echo 2 >"$SOURCE/note"
revision r2
migration 0003_three 'ALTER TABLE two ADD j int'
revision r3
git -C "$ROOT/app/ecs" fetch -q --tags origin
# images are kept over the trials: what is tried is the way, not the build
for r in r2 r3; do
	update --to $r
	is "$status" 0 "update to $r"
done

two='0001_one 0002_two' three='0001_one 0002_two 0003_three'
# killed WHAT CALLS FIRST STRIDE FROM TO BACK COMMAND…: COMMAND, which goes from "REVISION SCHEMA" to another, is killed at
# the FIRST of these system calls, and at others behind it; BACK (words for ecs-update) undoes it. With fdatasync these
# are the lines of its journal, so before and after each step; with clone, the children that it starts within them.
killed() {
	local what=$1 calls=$2 n=$3 stride=$4 from=$5 to=$6 back=$7 line found kills=0
	shift 7
	[ "${ECS_ALL_KILLS:-0}" = 0 ] || stride=1
	for (( ; n < 200; n += stride)); do
		# what is written before it would be lost on the way back, and that is said
		[[ $what == 'on the way back'* ]] || write
		run strace -qqq -o "$WORK/strace" -e "trace=$calls" -e "inject=$calls:signal=KILL:when=$n" "$@"
		[ "$status" != 0 ] || break
		line=$(tail -n1 "$ROOT/var/lib/ecs/journal" 2>/dev/null)
		line="$calls $n, ${line:-no journal}"
		is "$status" 137 "$what: killed at $line"
		if [ $((kills % 2)) = 1 ]; then
			line+=', and all else'
			# shellcheck disable=SC2046 # one word an id
			docker kill -s KILL $(docker ps -q --filter "label=com.docker.compose.project=$(project_of "$ROOT")") >/dev/null
		fi
		start
		is "$status" 0 "$what: the next start serves ($line)"
		found=$(whole)
		case $found in
		"$from") pass "$what: the old version, whole" ;;
		"$to") pass "$what: the new version, whole" ;;
		*) fail "$what: one of the two, whole" "$found" ;;
		esac
		kills=$((kills + 1))
		[ "$found" != "$to" ] || {
			# shellcheck disable=SC2086 # words
			update $back
			is "$status $(whole)" "0 $from" "$what: and back"
		}
	done
	is "$status $(whole)" "0 $to" "$what: past the last of them nothing is killed"
	ok "$what: some were ($kills)" test $kills -ge 3
}

lines=fdatasync children=clone,clone3,vfork
update --rollback --lose-writes
is "$status $(whole)" "0 r2 $two" 'back to the version without the migration'
# the first lines are the flow and its facts, the first children those that look: nothing has begun
killed 'with a migration' $lines 14 3 "r2 $two" "r3 $three" '--rollback --lose-writes' ecs-update --root "$ROOT" --to r3
update --rollback --lose-writes
killed 'within a migration' $children 25 12 "r2 $two" "r3 $three" '--rollback --lose-writes' ecs-update --root "$ROOT" --to r3
killed 'on the way back' $lines 14 7 "r3 $three" "r2 $two" '--to r3' ecs-update --root "$ROOT" --rollback --lose-writes
killed 'without a migration' $lines 14 7 "r2 $two" "r1 $two" '--to r2' ecs-update --root "$ROOT" --to r1
update --to r2
killed 'within one without a migration' $children 25 15 "r2 $two" "r1 $two" '--to r2' ecs-update --root "$ROOT" --to r1
finish
