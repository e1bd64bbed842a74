# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by scenarios that need volumes: real btrfs on loop devices beneath $ROOT.

# own_mounts "$0" "$@": the scenario's mounts are its own, so that no other process on the machine, made meanwhile
# with a copy of all mounts, holds them. They are in memory: what is flushed by the thousand is not waited for.
own_mounts() {
	[ -n "${OWN_MOUNTS:-}" ] && return
	rmdir "$WORK"
	OWN_MOUNTS=1 TMPDIR=/dev/shm exec unshare --mount --propagation private bash -c \
		'mount --make-rshared / && exec bash "$0" "$@"' "$@"
}

FILES='' DATABASE='' # where the volumes are mounted

# new_volumes LAYOUT [fstab]: both volumes in a new ROOT. LAYOUT: sub (a subvolume is mounted), top (the top
# level is). With fstab the root has an fstab that lists them.
new_volumes() {
	local layout=$1 listed=${2:-} name dir options=loop image
	new_root
	FILES=$ROOT/data/ecs-storage-vault DATABASE=$ROOT/data/ecs-postgres
	for name in ecs-storage-vault ecs-postgres; do
		dir=$ROOT/data/$name image=$ROOT/$name.img
		mkdir -p "$dir"
		truncate -s 1G "$image"
		mkfs.btrfs -q "$image" >/dev/null 2>&1 || bail "mkfs.btrfs failed"
		if [ "$layout" = sub ]; then
			mount -o loop "$image" "$dir"
			btrfs -q subvolume create "$dir/live" || bail "btrfs subvolume create failed"
			umount "$dir"
			options=loop,subvol=live
		fi
		mount -o "$options" "$image" "$dir" || bail "cannot mount a btrfs"
		[ -z "$listed" ] ||
			echo "$image /data/$name btrfs $options 0 0" >>"$ROOT/etc/fstab"
	done
	at_end drop_volumes "$ROOT"
}

# Unmounts all beneath a root, the last mounted first.
drop_volumes() { # ROOT
	local target
	for target in $(awk -v r="$1/" 'index($5, r) == 1 { print $5 }' /proc/self/mountinfo | tac); do
		umount "$target" || umount -l "$target"
	done
}

snapshot() { # ARGUMENTS of ecs-snapshot beneath ROOT
	run ecs-snapshot --root "$ROOT" "$@"
}

# write WORD: both volumes hold it
write() {
	local dir
	for dir in "$FILES" "$DATABASE"; do
		echo "$1" >"$dir/word"
		mkdir -p "$dir/folder/$1"
	done
}

# What both volumes hold, in one line: "word word", or what is wrong.
both() {
	printf '%s %s' "$(cat "$FILES/word" 2>&1)" "$(cat "$DATABASE/word" 2>&1)"
}

# The names that a list shows, sorted, in one line: "ecs-files:A ecs-database:A"
names() {
	ecs-snapshot --root "$ROOT" list 2>/dev/null | awk -F '\t' '{ printf "%s%s:%s", s, $1, $2; s = " " }'
}

# Subvolumes that are in the file systems, without the live ones: what list does not show is seen here.
subvolumes() {
	local dir
	for dir in "$FILES" "$DATABASE"; do
		btrfs subvolume list -a "$dir" 2>&1 | sed -n 's|.*\.ecs-snapshots/||p'
	done | sort | tr '\n' ' '
}
