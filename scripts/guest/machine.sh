# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# One guest under QEMU: started, spoken to over a port, saved, cut. Sourced by scripts/vm.
#
# A machine is a folder (RUN): root.qcow2 and data0…3.qcow2 over what they began from, payload.img, the
# extra disks of --disk, console.log. All its drives have serials: /dev/disk/by-id/virtio-data0 and so on.
#
# Drives are qcow2 with cache=unsafe, which makes killing qemu the power cut of a disk with a volatile
# cache: a write to a cluster that is new in the file is in qemu's memory only until the guest flushes,
# and lost with it; what the guest flushed is in the file. (unsafe only spares fsync on the host, which is
# not the one that loses power.)
#
# A machine that has booted is saved, memory and drives, and the next one starts from there in two
# seconds instead of thirty. So all machines have the same devices of the same sizes.
#
# shellcheck disable=SC2054 # qemu's options are full of commas

DATA_DISKS=4
DATA_SIZE=96G
EXTRA_DISKS=2
EXTRA_SIZE=16G
PAYLOAD_SIZE=1G
MACHINE_MEMORY=3072

# Timers that would fire in the middle of a scenario, when the clock of a saved machine is set forward.
MACHINE_MASKED=(apt-daily.timer apt-daily-upgrade.timer certbot.timer dpkg-db-backup.timer e2scrub_all.timer
	fstrim.timer logrotate.timer man-db.timer systemd-tmpfiles-clean.timer)

# Sets ACCEL. /dev/kvm may be there and yet lead to no virtualization by the processor.
machine_accel() {
	if [ -w /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo; then
		ACCEL=kvm
	else
		ACCEL=tcg
	fi
}

# QEMU of Debian 12 (7.2) crashes the kernel of Debian 13, so there it comes from backports: through lists
# of its own, which leaves the sources of this machine as they are.
machine_need() {
	local version lists
	machine_accel
	version=$(qemu-system-x86_64 --version 2>/dev/null | sed -n 's/.* version \([0-9]*\)\..*/\1/p')
	[ "${version:-0}" -lt 9 ] || {
		need qemu-utils e2fsprogs
		return
	}
	# shellcheck source=/dev/null
	if [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" != bookworm ]; then
		need qemu-system-x86 qemu-utils e2fsprogs
		return
	fi
	say "installing qemu from backports"
	lists=$(mktemp -d)
	mkdir "$lists/parts" "$lists/lists"
	# shellcheck disable=SC2016 # apt's variables, not the shell's
	apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 'Origin: Debian' | sort -u >"$lists/parts/debian.list"
	sed -n 's/ bookworm main$/ bookworm-backports main/p' "$lists/parts/debian.list" >"$lists/parts/backports.list"
	local apt=(apt-get -qq -o DPkg::Lock::Timeout=900 -o Dir::Etc::SourceList=/dev/null
		-o "Dir::Etc::SourceParts=$lists/parts" -o "Dir::State::Lists=$lists/lists")
	if ! { "${apt[@]}" update &&
		DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y --no-install-recommends \
			-t bookworm-backports qemu-system-x86 qemu-utils; } >"$VM/qemu.log" 2>&1; then
		rm -rf "$lists"
		fail "qemu could not be installed: see '$VM/qemu.log'"
	fi
	rm -rf "$lists"
	need e2fsprogs
}

# --- drives -------------------------------------------------------------------------------------------
machine_overlay() { # FILE BACKING FORMAT [SIZE]
	qemu-img create -q -f qcow2 -b "$2" -F "$3" "$1" ${4:+"$4"}
}

# Makes the drives of a machine in RUN: new ones, or over those of a saved machine.
machine_drives() { # RUN [STATE]
	local run=$1 state=${2:-} i
	if [ -n "$state" ]; then
		machine_overlay "$run/root.qcow2" "$state/root.qcow2" qcow2
		for ((i = 0; i < DATA_DISKS; i++)); do
			machine_overlay "$run/data$i.qcow2" "$state/data$i.qcow2" qcow2
		done
	else
		machine_overlay "$run/root.qcow2" "$IMAGE/root.raw" raw
		for ((i = 0; i < DATA_DISKS; i++)); do
			qemu-img create -q -f qcow2 "$run/data$i.qcow2" "$DATA_SIZE"
		done
	fi
	for ((i = 0; i < EXTRA_DISKS; i++)); do
		if [ -n "${EXTRA[i]:-}" ]; then
			machine_overlay "$run/extra$i.qcow2" "$(realpath "${EXTRA[i]}")" raw "$EXTRA_SIZE"
		else
			qemu-img create -q -f qcow2 "$run/extra$i.qcow2" "$EXTRA_SIZE"
		fi
	done
}

# A folder becomes the payload: a disk, because the guest's kernel has no other way to share files.
machine_payload() { # RUN FOLDER
	rm -f "$1/payload.img"
	mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=1 -m 0 -d "$2" "$1/payload.img" "$PAYLOAD_SIZE" \
		>"$1/payload.log" 2>&1
}

# --- running ------------------------------------------------------------------------------------------
# machine_args RUN: fills ARGS with what all machines have
machine_args() {
	local run=$1 i
	ARGS=(-nodefaults -no-user-config -display none -smp 2 -m "$MACHINE_MEMORY"
		-device virtio-rng-pci
		-chardev "file,id=console,path=$run/console.log,append=on" -serial chardev:console
		-drive "if=none,id=root,file=$run/root.qcow2,format=qcow2,cache=unsafe,discard=unmap"
		-device virtio-blk-pci,drive=root,serial=root)
	if [ "$ACCEL" = kvm ]; then
		ARGS+=(-accel kvm -cpu max)
	else
		# what a newer processor has more (wide registers, to be saved at each switch) is slower to emulate: a
		# boot takes a fifth longer with max
		ARGS+=(-accel tcg,thread=multi,tb-size=512 -cpu Nehalem)
	fi
	for ((i = 0; i < DATA_DISKS; i++)); do
		ARGS+=(-drive "if=none,id=data$i,file=$run/data$i.qcow2,format=qcow2,cache=unsafe,discard=unmap"
			-device "virtio-blk-pci,drive=data$i,serial=data$i")
	done
}

# machine_kernel INITRD WORDS…: the guest's own kernel, started without a boot loader
machine_kernel() {
	local initrd=$1
	shift
	ARGS+=(-kernel "$IMAGE/vmlinuz" -initrd "$IMAGE/$initrd"
		-append "root=/dev/vda rw console=ttyS0 panic=-1 net.ifnames=0 $*")
}

# Starts the machine in RUN; QEMU is its process, TO and FROM are the ends of the port.
#   machine_start RUN boot WORDS…     from power on, with more words for the kernel
#   machine_start RUN resume STATE    from where a machine was saved
machine_start() {
	local run=$1 how=$2 i unit
	shift 2
	machine_args "$run"
	for ((i = 0; i < EXTRA_DISKS; i++)); do
		ARGS+=(-drive "if=none,id=extra$i,file=$run/extra$i.qcow2,format=qcow2,cache=unsafe,readonly=on"
			-device "virtio-blk-pci,drive=extra$i,serial=extra$i")
	done
	ARGS+=(-drive "if=none,id=payload,file=$run/payload.img,format=raw,cache=unsafe,readonly=on"
		-device virtio-blk-pci,drive=payload,serial=payload
		-device virtio-serial-pci -chardev stdio,id=port,signal=off
		-device virtserialport,chardev=port,name=ecs.vm)
	# a scenario that reboots is started again from here, with the clock and the drives it asks for
	ARGS+=(-no-reboot)
	rm -f "$run"/{to,from,monitor.in,monitor.out}
	mkfifo "$run"/{to,from,monitor.in,monitor.out}
	ARGS+=(-chardev "pipe,id=monitor,path=$run/monitor" -mon chardev=monitor,mode=readline
		-rtc "base=$(date -u -d "@$(($(date +%s) + CLOCK))" +%Y-%m-%dT%H:%M:%S)")
	# on a busy host a boot takes minutes, and that is no fault of the guest
	local words=(quiet mitigations=off systemd.default_device_timeout_sec=900 systemd.default_timeout_start_sec=900
		udev.event_timeout=900)
	for unit in "${MACHINE_MASKED[@]}"; do words+=("systemd.mask=$unit"); done
	if [ "$how" = boot ]; then
		machine_kernel initrd "${words[*]}" "$@"
	else
		machine_kernel initrd "${words[*]}"
		ARGS+=(-incoming "file:$1/memory")
	fi
	# should this shell die, so does the machine
	setpriv --pdeathsig KILL qemu-system-x86_64 "${ARGS[@]}" <"$run/to" >"$run/from" 2>"$run/qemu.log" &
	QEMU=$!
	# read and write, or the port would close with the first write
	exec {TO}<>"$run/to" {FROM}<"$run/from"
	[ "$how" = resume ] || machine_wait "$run" 900 'vm: ready'
}

# Boots the machine in RUN, which was on before. QEMU itself fails one boot in about forty, with an assertion in
# iotlb_to_section: one of its processors uses a map of devices that the other is changing. To the guest that is a power
# cut, in a boot, and its power comes back.
machine_boot() { # RUN WORDS…
	local try
	for try in 1 2 3; do
		machine_start "$1" boot "${@:2}" && return 0
		grep -q 'iotlb_to_section: Assertion' "$1/qemu.log" || return 1
		say "qemu failed in boot $try: $(<"$1/qemu.log")"
		machine_cut
	done
	return 1
}

# Waits until the machine says LINE, which it does not when it is done; what it says before goes to the run's log.
machine_wait() { # RUN SECONDS LINE
	local end=$((SECONDS + $2)) line
	while [ $SECONDS -lt "$end" ] && IFS= read -r -t $((end - SECONDS)) -u "$FROM" line; do
		[ "$line" != "$3" ] || return 0
		printf '%s\n' "$line" >>"$1/log"
		[ "$line" != 'vm: done' ] || break
	done
	say "the guest did not say '$3'"
	return 1
}

machine_tell() { # WORDS…
	printf '%s\n' "$*" >&"$TO"
}

# Power cut: nothing in the guest hears of it.
machine_cut() {
	[ -z "${QEMU:-}" ] || {
		kill -KILL "$QEMU"
		wait "$QEMU"
	} 2>/dev/null
	machine_gone
}

# Waits until qemu has ended by itself.
machine_gone() {
	[ -z "${QEMU:-}" ] || wait "$QEMU" 2>/dev/null
	[ -z "${TO:-}" ] || exec {TO}>&- {FROM}<&-
	QEMU='' TO='' FROM=''
}

# Saves the running machine of RUN as a new state, which ends it. Whole or not at all.
machine_save() { # RUN STATE
	local i
	cat "$1/monitor.out" >"$1/monitor.log" &
	printf 'migrate file:%s\nquit\n' "$1/memory" >"$1/monitor.in"
	machine_gone
	grep -q '^migrate\|Error' "$1/qemu.log" && return 1
	[ -s "$1/memory" ] || return 1
	mkdir "$1/state" || return 1
	mv "$1/memory" "$1/root.qcow2" "$1/state/" || return 1
	for ((i = 0; i < DATA_DISKS; i++)); do mv "$1/data$i.qcow2" "$1/state/" || return 1; done
	mv -T "$1/state" "$2"
}

# Sets STATE, a machine that has just booted.
machine_booted() {
	local key run
	key=$({
		qemu-system-x86_64 --version
		echo "$IMAGE" "$ACCEL" "$DATA_DISKS" "$DATA_SIZE" "$EXTRA_DISKS" "$EXTRA_SIZE" "$PAYLOAD_SIZE" "$MACHINE_MEMORY" \
			"${MACHINE_MASKED[@]}"
		declare -f machine_args machine_kernel machine_start
	} | sha256sum | cut -c1-12)
	STATE=$VM/booted-$key
	[ -d "$STATE" ] || {
		exec {lock}>"$VM/lock.booted-$key"
		flock "$lock"
		if [ ! -d "$STATE" ]; then
			local began=$SECONDS
			run_new booted
			run=$RUN
			if ! { machine_drives "$run" &&
				truncate -s "$PAYLOAD_SIZE" "$run/payload.img" &&
				machine_boot "$run" cloud-init=disabled &&
				machine_save "$run" "$STATE"; }; then
				fail "the guest could not be booted and saved: see '$(run_keep "$run" booted)'"
			fi
			run_end "$run"
			say "booted and saved in $((SECONDS - began)) s"
		fi
		exec {lock}>&-
	}
	touch "$STATE"
	find "$VM" -maxdepth 1 -name 'booted-*' -mtime +14 -exec rm -rf --one-file-system {} +
}
