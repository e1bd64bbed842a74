# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For scenarios that kill a flow of an update at all its steps; source it after lib.sh, appliance.sh and grown.sh.
#
#	killed_root r2|r3       ROOT becomes a machine that serves r2, which differs from r1, or r3, which migrates, and served r1
#	two, three              the schemas of r1 and r2, and of r3
#	update ARG…             ecs-update, as `run`
#	killed WHAT FROM TO BACK COMMAND…
#		COMMAND goes from "REVISION SCHEMA" to another, and the words BACK undo that. It is killed, every second time with
#		all containers: as each of its steps begins, within it, and when it is done; a share of these points in each run (takes). The next ecs-start serves all of
#		FROM or all of TO, with every row and file that was written.
# shellcheck disable=SC2034 # for the scenario
two='0001_one 0002_two' three='0001_one 0002_two 0003_three'

update() { run ecs-update --root "$ROOT" "$@"; }

killed_root() { # REVISION
	grown_root
	start
	is "$status" 0 'the appliance starts'
	echo 2 >"$SOURCE/note"
	revision r2
	migration 0003_three 'ALTER TABLE two ADD j int'
	revision r3
	git -C "$ROOT/app/ecs" fetch -q --tags origin
	# both images are kept over the trials: what is tried is the way, not the build
	update --to "$1"
	is "$status" 0 "update to $1"
}

# points COMMAND…: lets it end, and prints where it can be killed: "CALLS N STEP", the Nth of these system calls. A flow
# writes and flushes a line before and after each step; within is the middle one of the children that it starts there.
points() {
	strace -qqq -s 80 -o "$WORK/points" -e trace=write,fdatasync,clone,clone3,vfork "$@" >&2 || echo 'none 0 it failed'
	awk -F '"' -v children=clone,clone3,vfork '
		/^write\(.*"(begin|done) / { step = $2; sub(/\\n$/, "", step) }
		/^(clone|clone3|vfork)\(/ { child++ }
		/^fdatasync/ {
			line++
			if (step ~ /^begin/) first = child + 1
			if (step ~ /^done/ && first <= child) print children, int((first + child) / 2), "within" substr(step, 5)
			if (step != "") print "fdatasync", line, step
			step = ""
		}' "$WORK/points"
}

killed() {
	local what=$1 from=$2 to=$3 back=$4 calls n at found point=0 kills=0
	shift 4
	points "$@" >"$WORK/kills" 2>"$WORK/points.err"
	is "$(whole)" "$to" "$what: it is known where it can be killed"
	$back
	while read -r calls n at <&3; do
		point=$((point + 1))
		takes $point || continue
		# what is written before it would be lost on the way back, and that is said
		[ "$what" = 'on the way back' ] || write
		run strace -qqq -o "$WORK/strace" -e "trace=$calls" -e "inject=$calls:signal=KILL:when=$n" "$@"
		# the one after the other waits for things, so that not each run has as many children
		[[ $status = 0 && $calls != fdatasync ]] || is "$status" 137 "$what: killed: $at"
		kills=$((kills + 1))
		if [ $(((kills + ECS_SEED / $(share)) % 2)) = 0 ]; then
			at+=', with all else'
			# shellcheck disable=SC2046 # one word an id
			docker kill -s KILL $(docker ps -q --filter "label=com.docker.compose.project=$(project_of "$ROOT")") >/dev/null
		fi
		start
		is "$status" 0 "$what: the next start serves ($at)"
		found=$(whole)
		case $found in
		"$from") pass "$what: the old version, whole" ;;
		"$to") pass "$what: the new version, whole" ;;
		*) fail "$what: one of the two, whole" "$found" ;;
		esac
		[ "$found" != "$to" ] || {
			$back
			is "$status $(whole)" "0 $from" "$what: and back"
		}
	done 3<"$WORK/kills"
	diag "$what: $kills of $point points (ECS_SEED=$ECS_SEED)"
	ok "$what: there were enough of them" test $point -ge 20 -a $kills -ge $((point / $(share)))
}
