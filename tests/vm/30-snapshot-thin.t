#!/bin/bash
# SPDX-License-Identifier: MIT
# vm: time 600
# ecs-snapshot on thin volumes of LVM: every verb, the pool full, PostgreSQL under pgbench, and after a boot.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/volumes.sh
. "$(dirname "$0")/volumes.sh"
# shellcheck source=tests/vm/snapshots.sh
. "$(dirname "$0")/snapshots.sh"
# shellcheck source=tests/support/rows.sh
. "$(dirname "$0")/../support/rows.sh"

# fill FILE MIB [AT]: writes so many, over what is there
fill() {
	dd if=/dev/urandom of="$1" bs=1M count="$2" seek="${3:-0}" conv=notrunc,fsync status=none
}

pool_full() { lvs --noheadings -o data_percent vg/pool | tr -d ' ' | cut -d. -f1; } # percent

case $VM_PHASE in
first)
	lvm_volumes thin
	verbs thin
	is "$(names)" 'ecs-files:FIRST ecs-database:FIRST' 'thin: a snapshot outlives the revert to it'
	snapshot revert --volume ecs-database FIRST
	is "$status $(both)" '0 four two' 'thin: revert of one volume, a second time'
	remove_all
	is "$(volumes)" 'ecs-database ecs-files' 'thin: nothing is left'
	refusals thin

	# shellcheck disable=SC2317 # called by rows
	rows_trial() { snapshot create BUSY && [ "$status" = 0 ]; }
	# shellcheck disable=SC2317
	rows_revert() { snapshot revert BUSY && [ "$status" = 0 ]; }
	rows thin
	snapshot remove BUSY

	# 2 GiB of pool for 1 GiB and 1 GiB: what is written over takes room, too, because of the snapshot
	write five
	fill "$FILES/old" 300
	snapshot create FULL
	fill "$FILES/old" 300
	fill "$FILES/big" 500
	for ((n = 0; n < 55; n++)); do
		[ "$(pool_full)" -lt 96 ] || break
		fill "$DATABASE/big" 16 $((16 * n))
	done
	snapshot create X
	is "$status" 73 'thin: a pool that is nearly full'
	like "$err" "no room for a snapshot of '.*': thin pool 'vg/pool' has [0-9]+ MiB left" 'thin: says so, in one line'
	is "$(names)" 'ecs-files:FULL ecs-database:FULL' 'thin: and nothing is taken, of the other volume either'
	vm_power_cut second
	;;
second)
	vm_wait /dev/vg/ecs-files /dev/vg/ecs-database
	until_true 60 mountpoint -q "$DATABASE"
	is "$(both)" 'five five' 'thin: the next boot mounts both volumes'
	snapshot mount FULL
	is "$status" 0 'thin: the snapshot is mounted'
	is "$(cat /run/ecs/snapshots/*_FULL/word)" $'five\nfive' 'thin: and holds what it held'
	snapshot revert FULL
	is "$status" 73 'thin: no revert where the pool has no room'
	snapshot remove FULL
	is "$status $(names)" '0 ' 'thin: it is removed'
	finish
	;;
esac
