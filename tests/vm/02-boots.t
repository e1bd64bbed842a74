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
	ssh-keygen -q -t ed25519 -N '' -C of-the-seed -f "$WORK/key"
	cat >"$WORK/env.yml" <<-END
		#cloud-config
		appliance: {domain: localhost}
		ssh_authorized_keys: ["$(cat "$WORK/key.pub")"]
		write_files: [{path: $mark.seed, content: written}]
	END
	run ecs-env package "$WORK/env.yml"
	is "$status" 0 'a seed is made by ecs-env'
	dd if="$WORK/out" of="$(vm_disk data3)" conv=fsync status=none
	date +%s >"$mark"
	vm_reboot seeded $((3 * 86400))
	;;
seeded)
	off=$(($(date +%s) - $(cat "$mark")))
	ok "the machine was off for three days ($off s)" [ $((off / 86400)) = 3 ]
	is "$(cloud-init status --wait | sed -n 's/^status: //p')" 'done' 'cloud-init ran'
	is "$(cat "$mark.seed")" written 'and did what the user-data says'
	ok 'the user whom it makes has the key' grep -q of-the-seed /home/debian/.ssh/authorized_keys
	run ecs-env find
	is "$status $out" '0 cidata' 'ecs-env finds the same'
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
