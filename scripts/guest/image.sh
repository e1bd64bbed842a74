# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The guest's root image and the tree the suite is built in: made once by mmdebstrap, kept in the cache under
# the hash of what goes in. Sourced by scripts/vm, which sets HERE (this folder) and VM (the cache).
#
# shellcheck disable=SC2034 # IMAGE and BUILD are for the other files

GUEST_RELEASE=trixie

# Packages of a list, comma separated.
image_packages() { # FILE
	sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1" | paste -sd,
}

# Hash of the files named, and of the functions (without their comments) that work on them.
image_hash() { # FUNCTIONS PATH…
	local functions=$1
	shift
	{
		# shellcheck disable=SC2086 # several words
		declare -f $functions
		(cd "$HERE" && find "$@" -type f -printf '%m %P ' -exec sha256sum {} \; | LC_ALL=C sort)
	} | sha256sum | cut -c1-12
}

# Makes what a cache folder should hold, whole or not at all; prints nothing, sets MADE to its path.
# The maker is called with a folder to fill.
image_cached() { # KIND HASH MAKER
	local kind=$1 hash=$2 maker=$3 began=$SECONDS
	MADE=$VM/$kind-$hash
	if [ ! -d "$MADE" ]; then
		exec {lock}>"$VM/lock.$kind-$hash"
		flock "$lock" || return 1
		if [ ! -d "$MADE" ]; then
			say "making $kind-$hash"
			rm -rf --one-file-system "$VM/new.$kind-$hash"
			mkdir "$VM/new.$kind-$hash" || return 1
			"$maker" "$VM/new.$kind-$hash" || fail "$kind could not be made: see '$VM/$kind.log'"
			mv -T "$VM/new.$kind-$hash" "$MADE" || return 1
			say "made $kind-$hash in $((SECONDS - began)) s"
		fi
		exec {lock}>&-
	fi
	touch "$MADE"
	# what no tree of sources has asked for in two weeks is stale
	find "$VM" -maxdepth 1 -name "$kind-*" -mtime +14 -exec rm -rf --one-file-system {} +
}

image_bootstrap() { # PACKAGE-FILE TREE LOG
	# what it mounts goes with its namespace, should it be killed
	unshare --mount mmdebstrap --quiet --mode=root --variant=minbase --aptopt='Acquire::Retries "3"' \
		--include="$(image_packages "$1")" "$GUEST_RELEASE" "$2" >"$3" 2>&1
}

# --- the root image -----------------------------------------------------------------------------------
image_customize() { # TREE
	local tree=$1 unit
	# Debian makes a cluster and starts what it installs; a scenario starts what it is about, and the
	# suite is to find a machine without a cluster.
	chroot "$tree" pg_dropcluster 17 main
	for unit in docker.service docker.socket containerd.service postgresql.service ssh.service rpcbind.service \
		rpcbind.socket nfs-server.service nfs-client.target smbd.service nmbd.service samba-ad-dc.service; do
		chroot "$tree" systemctl --quiet disable "$unit"
	done
	chroot "$tree" systemctl --quiet disable systemd-networkd-wait-online.service
	cp -R "$HERE/overlay/." "$tree/"
	chroot "$tree" systemctl --quiet enable systemd-networkd.service ecs-vm.service
	echo ecs >"$tree/etc/hostname"
	printf '127.0.0.1 localhost\n127.0.1.1 ecs\n::1 localhost\n' >"$tree/etc/hosts"
	echo '/dev/vda / ext4 errors=remount-ro 0 1' >"$tree/etc/fstab"
	# the name server of qemu's user network
	rm -f "$tree/etc/resolv.conf"
	echo 'nameserver 10.0.2.3' >"$tree/etc/resolv.conf"
	# unpacking modules is slow where every instruction is emulated
	find "$tree/usr/lib/modules" -name '*.ko.xz' -print0 | xargs -0 -P "$(nproc)" -n 100 xz -d
	# shellcheck disable=SC2016 # for the shell in the tree
	chroot "$tree" sh -c 'depmod "$(ls /usr/lib/modules)" && update-initramfs -u'
	# neither a first boot nor one after an upgrade, whose extra work every boot of the image would repeat
	chroot "$tree" systemd-machine-id-setup
	touch "$tree/etc/.updated" "$tree/var/.updated"
}

image_initrd() { # TREE OUTPUT
	local work
	work=$(mktemp -d "$VM/initrd.XXXXXX") || return 1
	mkdir "$work/dev" "$work/bin" "$work/root"
	cp "$HERE/init" "$work/init"
	cp "$1/usr/bin/busybox" "$work/bin/"
	find "$1/usr/lib/modules" -name virtio_blk.ko -exec cp {} "$work/" \;
	(cd "$work" && find . | cpio -o -H newc --quiet) >"$2"
	rm -rf "$work"
}

image_make_root() { # FOLDER
	local tree=$1/tree log=$VM/image.log
	image_bootstrap "$HERE/packages" "$tree" "$log" &&
		image_customize "$tree" >>"$log" 2>&1 || return 1
	cp "$tree"/boot/vmlinuz-* "$1/vmlinuz" &&
		cp "$tree"/boot/initrd.img-* "$1/initrd.debian" &&
		image_initrd "$tree" "$1/initrd" &&
		chroot "$tree" dpkg-query -W >"$1/packages" &&
		mke2fs -q -t ext4 -L ecs-root -d "$tree" "$1/root.raw" 16G >>"$log" 2>&1 &&
		rm -rf --one-file-system "$tree"
}

# Sets IMAGE, the folder with root.raw, vmlinuz and the initrds.
image_root() {
	need mmdebstrap debian-archive-keyring e2fsprogs cpio xz-utils
	image_cached image "$(image_hash 'image_bootstrap image_customize image_initrd image_make_root' packages init overlay)" image_make_root || return 1
	IMAGE=$MADE
}

# --- the build tree ------------------------------------------------------------------------------------
image_make_build() { # FOLDER
	image_bootstrap "$HERE/packages.build" "$1/tree" "$VM/build.log"
}

# Sets BUILD, a tree of the guest's release with compiler and headers.
image_build() {
	need mmdebstrap debian-archive-keyring
	image_cached build "$(image_hash image_bootstrap packages.build)" image_make_build || return 1
	BUILD=$MADE/tree
}
