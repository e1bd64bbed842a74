#!/bin/bash
# SPDX-License-Identifier: MIT
# What a power cut may leave in a thin pool, and LVM refuses: with the setting that ecs-snapshot(8) gives the next boot mends
# it, without it ecs-snapshot warns, and what is not mended is repaired without loss.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/volumes.sh
. "$(dirname "$0")/volumes.sh"

# count BLOCK COUNT: of references to it, as a cut would leave it; all is unmounted and inactive
count() {
	local extent
	umount "$FILES" "$DATABASE"
	vgchange -qan vg >/dev/null 2>&1 || bail 'vgchange failed'
	extent=$(lvs -a --noheadings -o seg_pe_ranges vg/pool_tmeta | sed 's/.*:\([0-9]*\)-.*/\1/')
	blockdev --flushbufs "$(vm_disk data0)"
	perl ./thin-count.pl "$(vm_disk data0)" $(((extent * 4 + 1) << 20)) "$1" "$2" || bail 'no count'
	blockdev --flushbufs "$(vm_disk data0)"
}

case $VM_PHASE in
first)
	lvm_volumes thin
	write old
	rm /etc/lvm/lvmlocal.conf
	snapshot create KEPT
	is "$status" 0 'a snapshot'
	like "$err" "thin pool 'vg/pool' inactive .*: see THIN POOLS in ecs-snapshot" 'LVM is set so that a cut may be too much: a warning'
	thin_check_mends
	snapshot create KEPT
	unlike "$err" 'THIN POOLS' 'none when it is set as the page says'
	write new
	sync
	# given out and not used
	count 9000 1
	vm_power_cut second
	;;
second)
	vm_wait /dev/vg/ecs-files /dev/vg/ecs-database
	until_true 60 mountpoint -q "$DATABASE"
	is "$(both)" 'new new' 'the next boot mends it and mounts both volumes'
	is "$(names)" 'ecs-files:KEPT ecs-database:KEPT' 'the snapshots are there'
	# a discard that was cut off: of a block that is used
	count 0 2
	nok 'a count too high is not mended' vgchange -qay vg
	ok 'but repaired' lvconvert -qq --yes --repair vg/pool
	ok 'and active' vgchange -qay vg
	vm_wait /dev/vg/ecs-files /dev/vg/ecs-database
	if ! mount "$FILES" || ! mount "$DATABASE"; then bail 'the volumes are not mounted'; fi
	is "$(both)" 'new new' 'every byte is there'
	snapshot revert KEPT
	is "$status $(both)" '0 old old' 'of the snapshots too'
	finish
	;;
esac
