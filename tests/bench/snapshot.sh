#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-snapshot on btrfs: create, mount and revert of volumes of 1, 4, 16 and 64 GiB (sparse, a thirty-second of it is
# data), against cp -a and cp --reflink of the same data. Aim: flat, whatever the size.
# usage: ECS_PREFIX=… snapshot.sh [TURNS]   (make bench sets it)
set -euo pipefail
turns=${1:-5}
if [ -z "${OWN_MOUNTS:-}" ]; then # nobody else's copy of our mounts holds them
	OWN_MOUNTS=1 exec unshare --mount --propagation private bash "$0" "$@"
fi
# beside what is slow to make: there is room for the largest
mkdir -p "${ECS_CACHE:=/var/cache/ecs-dev}"
work=$(mktemp -d "$ECS_CACHE/bench.XXXXXX")
root=$work/root

end() {
	awk -v w="$work/" 'index($5, w) == 1 { print $5 }' /proc/self/mountinfo | tac | xargs -r -n 1 umount
	rm -rf --one-file-system "$work"
}
trap end EXIT

# The least wall time of TURNS in ms; BEFORE is run before each, untimed.
least() { # BEFORE COMMAND…
	local before=$1 best='' began took i
	shift
	for ((i = 0; i < turns; i++)); do
		$before >/dev/null 2>&1
		began=${EPOCHREALTIME/./}
		"$@" >/dev/null 2>&1
		took=$(((${EPOCHREALTIME/./} - began) / 100))
		[ -n "$best" ] && [ "$best" -le "$took" ] || best=$took
	done
	printf '%d.%d' $((best / 10)) $((best % 10))
}

tool() { "${ECS_PREFIX:?}/sbin/ecs-snapshot" -q --root "$root" "$@" --volume ecs-files; }
settled() { sync -f "$volume"; }
none() { tool remove A || :; settled; }
unmounted() { tool unmount A; }
uncopied() { rm -rf "$work/top/copy" && sync -f "$volume"; }

printf '%-8s %-8s %9s %9s %9s %9s %9s\n' volume data create mount revert 'cp --refl.' 'cp -a'
for gib in 1 4 16 64; do
	rm -rf "$root"
	volume=$root/data/ecs-storage-vault
	mkdir -p "$volume" "$work/top"
	truncate -s ${gib}G "$work/image"
	mkfs.btrfs -q -f "$work/image" >/dev/null 2>&1
	mount -o loop "$work/image" "$work/top"
	btrfs -q subvolume create "$work/top/live"
	mount -o subvol=live "$(findmnt -no SOURCE "$work/top")" "$volume"
	# the mean document is 1 MiB
	for ((i = 0; i < gib * 32; i++)); do
		head -c 1M /dev/urandom >"$volume/$i"
	done
	settled
	create=$(least none tool create A)
	mounted=$(least unmounted tool mount A)
	unmounted
	reflink=$(least uncopied cp -a --reflink=always "$volume" "$work/top/copy")
	copy=$(least uncopied cp -a --reflink=never "$volume" "$work/top/copy")
	uncopied
	umount "$work/top"
	revert=$(least settled tool revert A)
	printf '%-8s %-8s %9s %9s %9s %9s %9s\n' "$gib GiB" "$((gib * 32)) MiB" "$create" "$mounted" "$revert" \
		"$reflink" "$copy"
	umount "$volume"
	rm "$work/image"
done
echo 'times in ms, the least of' "$turns"
