#!/bin/bash
# SPDX-License-Identifier: MIT
# vm: time 3000
# No trial: tests/bench/snapshot-lvm.sh has it run. ecs-snapshot on thin LVM for volumes of 1, 4, 16 and 64 GiB (sparse)
# beside bare commands of LVM, each the least of $TURNS. Aim: flat, and a snapshot costs what lvcreate costs and a constant:
# what else of LVM it calls is counted, and printed first.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/volumes.sh
. "$(dirname "$0")/volumes.sh"
TURNS=3

# The least wall time in ms; BEFORE is run before each, untimed.
least() { # BEFORE COMMAND…
	local before=$1 best='' began took i
	shift
	for ((i = 0; i < TURNS; i++)); do
		$before >/dev/null 2>&1
		began=${EPOCHREALTIME/./}
		"$@" >/dev/null 2>&1 || bail "'$*' failed"
		took=$(((${EPOCHREALTIME/./} - began) / 1000))
		[ -n "$best" ] && [ "$best" -le "$took" ] || best=$took
	done
	echo "$best"
}

# What of LVM a command calls, in the order of the first call: "lvs 9, lvcreate 1"
calls() { # COMMAND…
	local bin=$WORK/calls program
	mkdir -p "$bin"
	for program in lvs lvcreate lvrename lvchange lvremove lvconvert; do
		printf '#!/bin/sh\necho %s >>%s.log\nexec lvm %s "$@"\n' $program "$bin" $program >"$bin/$program"
		chmod 755 "$bin/$program"
	done
	: >"$bin.log"
	ECS_PATH=$bin:$PATH "$@" >/dev/null 2>&1 || bail "'$*' failed"
	awk '!n[$1]++ { order[++m] = $1 }
		END { for (i = 1; i <= m; i++) { printf "%s%s %d", sep, order[i], n[order[i]]; sep = ", " } }' "$bin.log"
}

tool() { ecs-snapshot -q "$@" --volume ecs-files; }
none() { tool remove A || :; lvremove -qqy vg/bare 2>/dev/null; udevadm settle; }
bare() { lvcreate -qq --snapshot --setactivationskip n --name bare vg/ecs-files; }
unmounted() { tool unmount A; }

if ! vgcreate -q vg "$(vm_disk data0)" >/dev/null || ! lvcreate -qq --type thin-pool -L 80G -n pool vg; then bail 'no pool'; fi
mkdir -p "$FILES"
echo "/dev/vg/ecs-files $FILES ext4 nofail 0 2" >>/etc/fstab
systemctl daemon-reload
diag "in ms: $(printf '%-8s %7s %9s %7s %7s %7s %7s' volume lvs lvcreate create ratio mount revert)"
for gib in 1 4 16 64; do
	lvcreate -qq -V ${gib}G --thinpool pool -n ecs-files vg || bail 'no volume'
	if ! mkfs.ext4 -q /dev/vg/ecs-files || ! mount "$FILES"; then bail 'no file system'; fi
	seq 100000 >"$FILES/rows"
	sync -f "$FILES"
	[ $gib != 1 ] || {
		diag "create calls $(calls tool create A)"
		diag "mount calls $(calls tool mount A)"
		unmounted
		diag "revert calls $(calls tool revert A)"
		none
	}
	look=$(least : lvs vg)
	plain=$(least none bare)
	create=$(least none tool create A)
	mounted=$(least unmounted tool mount A)
	unmounted
	revert=$(least : tool revert A)
	diag "       $(printf '%-8s %7d %9d %7d %7s %7d %7d' "$gib GiB" "$look" "$plain" "$create" \
		"$((create / plain)).$((create * 10 / plain % 10))" "$mounted" "$revert")"
	none
	if ! umount "$FILES" || ! lvremove -qqy vg/ecs-files; then bail 'the volume stays'; fi
	ok "measured with $gib GiB" true
done
finish
