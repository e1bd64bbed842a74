#!/bin/bash
# SPDX-License-Identifier: MIT
# Power cuts at random instants while ecs-snapshot works on LVM, in the guest: so many on thin volumes, as many on
# classic ones. Prints the table of outcomes.
# usage: power-cuts.sh [CUTS]   (make soak: 50)
set -euo pipefail
tree=$(cd "$(dirname "$0")/../.." && pwd)
export ECS_VM_TRIALS=${1:-50}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
for kind in thin classic; do
	"$tree/scripts/vm" run "$tree"/tests/vm/3?-snapshot-$kind.cut | tee "$work/$kind" || status=1
done
printf '\nvolumes\toutcome\tcuts\n'
for kind in thin classic; do
	sed -n 's/^# outcome: *\([0-9]*\) \(.*\)/'"$kind"'\t\2\t\1/p' "$work/$kind"
done
exit $status
