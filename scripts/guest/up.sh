# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The machine for people: one, with the suite in /app/current, ssh on loopback, real cloud-init, and drives to
# lay out. Sourced by scripts/vm.
#
# shellcheck disable=SC2034,SC2054 # FROM is for machine_wait; qemu's options are full of commas

UP=$VM/up

up_process() { # prints the process of the machine, if it runs
	local process
	process=$(cat "$UP/pid" 2>/dev/null) && grep -qs '^qemu-system' "/proc/$process/comm" && echo "$process"
}

up_start() { # SEED PORT
	local seed=$1 port=$2
	! up_process >/dev/null || fail "the machine is up already: 'vm ssh', or 'vm destroy' before"
	need openssh-client
	check_ready
	up_destroy
	mkdir -m 700 "$UP" || exit 1
	ssh-keygen -q -t ed25519 -N '' -C vm -f "$UP/key" || exit 1
	[ -n "$seed" ] || {
		seed=$UP/seed.iso
		up_seed "$seed" || fail "the seed could not be made"
	}
	echo "$port" >"$UP/ssh-port"
	if ! { up_install && up_boot "$(realpath "$seed")" "$port"; }; then
		fail "the machine did not come up: see '$(run_keep "$UP" up)'"
	fi
	say "up: 'vm ssh', or ssh -p $port -i $UP/key root@127.0.0.1"
}

# A seed made by the suite itself, in the tree that has its libraries.
up_seed() { # FILE
	local tool
	image_build || return 1
	tool=$(mktemp "$BUILD/tmp/ecs-env.XXXXXX") || return 1
	install -m 755 "$APP/app/current/sbin/ecs-env" "$tool"
	printf '#cloud-config\nhostname: ecs\nappliance: {domain: localhost}\n' |
		chroot "$BUILD" "/tmp/${tool##*/}" package - >"$1"
	rm -f "$tool"
	[ -s "$1" ]
}

# The suite is put in before the first boot that cloud-init sees, so that user-data can call it.
up_install() {
	machine_drives "$UP" "$STATE" && check_payload "$UP" && machine_start "$UP" resume "$STATE" &&
		check_run "$UP" 600 install - && [ "$STATUS" = 0 ] && machine_tell poweroff && machine_gone
}

up_boot() { # SEED PORT
	local key
	key=$(base64 -w0 "$UP/key.pub")
	machine_args "$UP"
	machine_kernel initrd.debian systemd.wants=ssh.service systemd.wants=docker.service
	mkfifo "$UP"/port.{in,out}
	ARGS+=(-drive "if=none,id=seed,file=$1,format=raw,readonly=on"
		-device virtio-blk-pci,drive=seed,serial=seed
		-nic "user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:$2-:22"
		# systemd puts it into root's authorized_keys, whatever the user-data say
		-smbios "type=11,value=io.systemd.credential.binary:ssh.authorized_keys.root=$key"
		-device virtio-serial-pci -chardev "pipe,id=port,path=$UP/port"
		-device virtserialport,chardev=port,name=ecs.vm
		-monitor none -daemonize -pidfile "$UP/pid")
	qemu-system-x86_64 "${ARGS[@]}" 2>"$UP/qemu.log" || return 1
	say "booting"
	exec {FROM}<"$UP/port.out"
	machine_wait "$UP" 1800 'vm: ready' || return 1
	say "waiting for cloud-init"
	# 2 is done, with warnings: of user-data that cloud-init does not know
	up_ssh cloud-init status --wait >&2 || [ $? = 2 ]
}

up_ssh() { # [COMMAND…]
	up_process >/dev/null || fail "no machine is up: 'vm up'"
	ssh -q -i "$UP/key" -p "$(cat "$UP/ssh-port")" -o UserKnownHostsFile="$UP/known_hosts" \
		-o StrictHostKeyChecking=accept-new root@127.0.0.1 "$@"
}

up_destroy() {
	local process
	if process=$(up_process); then
		kill "$process" && tail --pid="$process" -s 0.1 -f /dev/null
	fi
	rm -rf --one-file-system "$UP"
}
