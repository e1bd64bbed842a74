# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Sourced by scenarios that need volumes on LVM: both are on the machine's own paths, listed in fstab.
#
#	lvm_volumes KIND     thin or classic; group "vg" on drive data0, with ecs-files (ext4) and ecs-database (xfs)
#	                     (nofail: a cut in the middle of a revert must not stop the boot that resolves it)
#	volumes_up           after a boot: what LVM activates is there
#	snapshot ARG…        ecs-snapshot, as `run`
#	write WORD, both     as in tests/support/volumes.sh
#	no_merge             no revert is going on behind
#	volumes              the logical volumes there are, without the pool, sorted, in one line
#	cron_entry NAME      the file that cron has for the end of a snapshot
#	cron_time NAME       the clock goes to just before the time of the day in it, if it is there, and cron begins anew
export FILES=/data/ecs-storage-vault DATABASE=/data/ecs-postgres ROOT=''

lvm_volumes() { # KIND
	local size=(-L 1G) name
	mkdir -p "$FILES" "$DATABASE"
	thin_check_mends
	vgcreate -q vg "$(vm_disk data0)" >/dev/null || bail 'vgcreate failed'
	if [ "$1" = thin ]; then
		lvcreate -q --type thin-pool -L 2G -n pool vg >/dev/null 2>&1 || bail 'lvcreate failed'
		size=(-V 1G --thinpool pool)
	fi
	for name in ecs-files ecs-database; do
		lvcreate -q "${size[@]}" -n $name vg >/dev/null 2>&1 || bail 'lvcreate failed'
	done
	if ! mkfs.ext4 -q /dev/vg/ecs-files || ! mkfs.xfs -q /dev/vg/ecs-database; then bail 'no file system'; fi
	printf '%s\n' "/dev/vg/ecs-files $FILES ext4 nofail 0 2" "/dev/vg/ecs-database $DATABASE xfs nofail 0 2" >>/etc/fstab
	systemctl daemon-reload
	if ! mount "$FILES" || ! mount "$DATABASE"; then bail 'the volumes are not mounted'; fi
}

# As THIN POOLS in ecs-snapshot(8) says.
thin_check_mends() {
	printf 'global {\n\tthin_check_options = [ "-q", "--clear-needs-check-flag" ]\n}\n' >/etc/lvm/lvmlocal.conf
}

# udev has LVM activate the group behind the boot. A second activation beside that is what no boot does.
volumes_up() {
	udevadm settle
	until_true 120 sh -c '! systemctl list-jobs --no-legend | grep -q lvm-activate && ! systemctl -q is-active lvm-activate-vg' || return 1
	vgchange -q -ay vg >/dev/null
	udevadm settle
	# systemd mounts what there is; beside it there would be two mounts
	[ ! -e /dev/vg/ecs-files ] || until_true 60 mountpoint -q "$FILES"
	[ ! -e /dev/vg/ecs-database ] || until_true 60 mountpoint -q "$DATABASE"
}

snapshot() { run ecs-snapshot "$@"; }

write() { # WORD
	local dir
	for dir in "$FILES" "$DATABASE"; do
		echo "$1" >"$dir/word"
	done
}

both() { printf '%s %s' "$(cat "$FILES/word" 2>&1)" "$(cat "$DATABASE/word" 2>&1)"; }

names() { ecs-snapshot list 2>/dev/null | awk -F '\t' '{ printf "%s%s:%s", s, $1, $2; s = " " }'; }

volumes() { lvs --noheadings -o lv_name vg | tr -d ' []' | grep -v pool | LC_ALL=C sort | paste -sd' '; }

# A classic snapshot merges behind the revert.
no_merge() { ! lvs --noheadings -o lv_attr vg | grep -q '^ *O'; }

cron_entry() { echo "/etc/cron.d/ecs-expire-$1"; }

cron_time() { # NAME
	local minute hour _
	[ -e "$(cron_entry "$1")" ] || return 0
	# a scrub of xfs by a timer, for which a day has passed too, has what is mounted in use
	systemctl --quiet mask --now --runtime xfs_scrub_all.timer 2>/dev/null
	read -r minute hour _ < <(grep ' root ' "$(cron_entry "$1")")
	# cron looks only at minutes that begin after its own start, and in the guest that takes seconds
	date -s "@$(($(date -d "tomorrow $hour:$minute" +%s) - 20))" >/dev/null
	systemctl restart cron
}
