#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-snapshot killed (SIGKILL) at flushes of its journal and at calls that change a volume, a share of them in each run: the
# next command finds the complete old or the complete new, on both volumes, and nothing is left over.
# shellcheck source=tests/support/lib.sh
. "$(dirname "$0")/../support/lib.sh"
# shellcheck source=tests/support/volumes.sh
. "$(dirname "$0")/../support/volumes.sh"
own_mounts "$0" "$@"

# kill_at CALLS N ARGUMENTS…: true when it was killed, false when it came to its end before
kill_at() {
	local calls=$1 n=$2
	shift 2
	run strace -qq -o /dev/null -e trace="$calls" -e inject="$calls:signal=KILL:when=$n" \
		ecs-snapshot --root "$ROOT" "$@"
	[ "$status" = 137 ]
}

# Any command that takes the lock resolves what was left.
resolve() {
	snapshot expire NONE
}

# trials NAME CALLS PREPARE CHECK ARGUMENTS…: one trial after the other until the command survives. PREPARE
# makes the ground, CHECK prints "" or what is wrong.
trials() {
	local name=$1 calls=$2 prepare=$3 check=$4 n=0 wrong='' seen killed=1
	local -A kinds=()
	shift 4
	while [ $killed = 1 ]; do
		n=$((n + 1))
		[ $n = 1 ] || takes $n 3 || continue
		$prepare
		kill_at "$calls" $n "$@" || killed=0
		[ $killed = 1 ] || [ "$status" = 0 ] || wrong+="$n: it failed: $err"$'\n'
		resolve
		[ "$status" = 0 ] || wrong+="$n: it was not resolved: $err"$'\n'
		[ ! -e "$ROOT/var/lib/ecs/journal" ] || wrong+="$n: a journal is left"$'\n'
		seen=$($check)
		kinds[${seen%% *}]=$((${kinds[${seen%% *}]:-0} + 1))
		[[ $seen = old* || $seen = new* ]] || wrong+="$n: $seen"$'\n'
		[ $n -lt 400 ] || wrong+='no end'$'\n' killed=0
	done
	is "$wrong" '' "$name: whole after kills up to the ${n}th call (${calls//,/, })"
	diag "old ${kinds[old]:-0}, new ${kinds[new]:-0}"
	ok "$name: it was killed at all" test $n -gt 3
	ok "$name: the first kill leaves the old, the last the new" \
		test "${kinds[old]:-0}" -gt 0 -a "${kinds[new]:-0}" -gt 0
}

JOURNAL=fdatasync
CHANGES=ioctl,rename,renameat2,mkdirat,unlink,unlinkat,link,linkat

# What a snapshot of both volumes holds: "one one".
held() { # NAME
	local place=$ROOT/run/ecs/snapshots
	ecs-snapshot -q --root "$ROOT" mount "$1" >/dev/null 2>&1 || return
	printf '%s %s' "$(cat "$place/ecs-files_$1/word")" "$(cat "$place/ecs-database_$1/word")"
	ecs-snapshot -q --root "$ROOT" unmount "$1"
}

fresh() { # no snapshot; both hold "one"
	ecs-snapshot -q --root "$ROOT" remove A 2>/dev/null
	write one
}

created() {
	case $(names) in
	'') echo "old $(subvolumes)" ;;
	'ecs-files:A ecs-database:A') [ "$(held A)" = 'one one' ] && echo new || echo "holds $(held A)" ;;
	*) echo "torn: $(names)" ;;
	esac
}

taken() { # A holds "one", both hold "two"
	ecs-snapshot -q --root "$ROOT" remove A 2>/dev/null
	write one
	ecs-snapshot -q --root "$ROOT" create --expires 9d A
	write two
}

replaced() {
	local cron=$ROOT/etc/cron.d/ecs-expire-A
	[ "$(names)" = 'ecs-files:A ecs-database:A' ] || echo "torn: $(names)"
	[ "$(subvolumes | wc -w)" = 2 ] || echo "left: $(subvolumes)"
	case $(held A) in
	'one one') [ -e "$cron" ] && echo old || echo 'old, but it never expires' ;;
	'two two') [ -e "$cron" ] && echo 'the new one expires like the old' || echo new ;;
	*) echo "A holds $(held A)" ;;
	esac
}

removed() {
	case $(names) in
	'ecs-files:A ecs-database:A') [ "$(held A)" = 'one one' ] && echo old ;;
	'') [ -e "$ROOT/etc/cron.d/ecs-expire-A" ] && echo 'a cron entry is left' || echo "new $(subvolumes)" ;;
	*) echo "torn: $(names)" ;;
	esac
}

reverted() {
	[ "$(held A)" = 'one one' ] || echo "A holds $(held A)"
	[ "$(subvolumes | tr ' ' '\n' | grep -c _)" = 2 ] || echo "left: $(subvolumes)"
	! grep -q 'next\|before' <<<"$(subvolumes)" || echo "left: $(subvolumes)"
	case $(both) in
	'two two') echo old ;;
	'one one') echo new ;;
	*) echo "torn: $(both)" ;;
	esac
}

for calls in $JOURNAL $CHANGES; do
	new_volumes sub fstab
	trials create "$calls" fresh created create A
	trials replace "$calls" taken replaced create A
	trials remove "$calls" taken removed remove A
	trials revert "$calls" taken reverted revert A
	drop_volumes "$ROOT"
	new_volumes top fstab
	revert_top() {
		# a revert leaves another subvolume live, so each trial has a machine of its own
		drop_volumes "$ROOT"
		new_volumes top fstab
		taken
	}
	trials 'revert of the top level' "$calls" revert_top reverted revert A
	drop_volumes "$ROOT"
done

finish
