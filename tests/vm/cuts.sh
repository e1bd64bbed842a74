# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Sourced by the trials of power cuts on snapshots, after volumes.sh.

cuts_setup() { # KIND
	lvm_volumes "$1"
	write old
	ecs-snapshot create KEPT || return 1
	write new
	sync
}

cuts_work() {
	at create && ecs-snapshot create OTHER && at revert && ecs-snapshot revert KEPT &&
		at remove && ecs-snapshot remove OTHER && at end
}

cuts_check() { # KIND
	local found volume
	volumes_up
	# any command that takes the lock resolves what was cut off
	run ecs-snapshot expire NONE
	is "$status" 0 'the next command resolves it'
	nok 'no journal is left' test -e /var/lib/ecs/journal
	mountpoint -q "$FILES" || ok 'the files are mounted' mount "$FILES"
	mountpoint -q "$DATABASE" || ok 'the database is mounted' mount "$DATABASE"
	found=$(both)
	like "$found" '^(old old|new new)$' 'both volumes are of one instant'
	[ "$VM_FINISHED" = 0 ] || is "$found" 'old old' 'what was done before the cut is there'
	ok 'a merge comes to its end' until_true 120 no_merge
	run ecs-snapshot list
	is "$status" 0 'list'
	# a classic one is used up by its merge: LVM may have been cut off in removing it, when it is none any more
	for volume in $(lvs --noheadings -o lv_name,lv_attr vg | awk '$2 ~ /^-/ && sub(/_KEPT$/, "", $1) { print $1 }'); do
		[ "$1" = thin ] || out=$(grep -v "^$volume.KEPT" <<<"$out")
	done
	unlike "$out" lost 'no snapshot is lost'
	[ "$1" = classic ] || like "$out" KEPT 'the snapshot that was reverted to is there'
	run ecs-snapshot create AFTER
	is "$status" 0 'snapshots go on'
	nok 'nothing of a revert is left' grep -qE 'next|before|_new|_old' <<<"$(volumes)"
	outcome "${found% *}"
}
