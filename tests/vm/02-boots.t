#!/bin/bash
# SPDX-License-Identifier: MIT
# vm: boot cloud-init
# The ground of scenarios that reboot or lose power: what stays, what does not, the clock, and real cloud-init,
# which finds user-data on a drive.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
mark=/var/lib/vm-mark

case $VM_PHASE in
first)
	is "$(cloud-init status --wait | sed -n 's/^status: //p')" disabled 'without a seed cloud-init does nothing'
	mkdir "$WORK/seed"
	printf 'instance-id: vm-test\n' >"$WORK/seed/meta-data"
	# shellcheck disable=SC2016 # for the guest's shell
	printf '#cloud-config\nwrite_files: [{path: %s, content: written}]\n' "$mark.seed" >"$WORK/seed/user-data"
	run mkfs.vfat -n CIDATA -C "$WORK/seed.img" 1024
	is "$status" 0 'a seed is made'
	mount -o loop "$WORK/seed.img" /mnt && cp "$WORK/seed/"* /mnt/ && umount /mnt
	dd if="$WORK/seed.img" of="$(vm_disk data3)" conv=fsync status=none
	date +%s >"$mark"
	vm_reboot seeded $((3 * 86400))
	;;
seeded)
	off=$(($(date +%s) - $(cat "$mark")))
	ok "the machine was off for three days ($off s)" [ $((off / 86400)) = 3 ]
	is "$(cloud-init status --wait | sed -n 's/^status: //p')" 'done' 'cloud-init ran'
	is "$(cat "$mark.seed")" written 'and did what the user-data says'
	# flushed is kept; not flushed is lost with the power, as on a disk with a cache
	echo kept >"$mark.kept"
	sync "$mark.kept"
	dd if=/dev/urandom of="$(vm_disk data2)" bs=64K count=16 oflag=direct status=none
	echo lost >"$mark.lost"
	vm_power_cut cut
	;;
cut)
	is "$(cat "$mark.kept")" kept 'what was flushed before the power cut is there'
	nok 'what was not is lost' test -s "$mark.lost"
	ok 'neither is what a drive had only in its cache' cmp -n 1048576 "$(vm_disk data2)" /dev/zero
	finish
	;;
esac
