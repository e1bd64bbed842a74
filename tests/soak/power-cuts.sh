#!/bin/bash
# SPDX-License-Identifier: MIT
# Power cuts at random instants while ecs-snapshot creates, reverts and removes on LVM, in the guest: half of them on
# thin volumes, half on classic ones. Prints the table of outcomes, as far as it came if it is ended before.
# usage: [SOAK_TRIALS=100] power-cuts.sh
set -uo pipefail
tree=$(cd "$(dirname "$0")/../.." && pwd)
export ECS_VM_TRIALS=$(((${SOAK_TRIALS:-100} + 1) / 2))
work=$(mktemp -d)

# A line of TAP is a cut: "ok 3 - power cut 812 ms into the work, in revert: old". Line 1 is the set-up, 2 the work uncut.
table() {
	local kind
	printf '\nvolumes\tcut in\toutcome\tcuts\n'
	for kind in thin classic; do
		[ ! -s "$work/$kind" ] ||
			sed -nE -e 's/^ok .*into the work, in ([a-z]+)(: (.*))?$/'"$kind"'\t\1\t\3/p' \
				-e 's/^not ok .*into the work, in ([a-z]+)$/'"$kind"'\t\1\tFAILED/p' "$work/$kind" |
			LC_ALL=C sort | uniq -c | sed -E 's/^ *([0-9]+) (.*)/\2\t\1/'
	done
	rm -rf "$work"
}
trap table EXIT
# the machines end with this
trap 'kill $(jobs -p); exit 143' TERM INT HUP

# a trial is most of all a boot, and a boot keeps one processor at work
for kind in thin classic; do
	"$tree/scripts/vm" run "$tree"/tests/vm/3?-snapshot-$kind.cut | tee "$work/$kind" &
done
status=0
wait -n || status=1
wait -n || status=1
exit $status
