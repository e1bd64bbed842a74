# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What every scenario in the guest sources: the TAP and the runs of tests/support/lib.sh, and what only a
# whole machine can do.
#
# NN-name.t is a scenario: bash, run as root by systemd on a machine that has booted, and that nobody had
# before. It says of itself, in comments:
#	# vm: time 120           seconds it may take (default 900)
#	# vm: boot [WORDS]       wants a boot of its own, with more words for the kernel: systemd.wants=docker.service
#	                         starts docker with the machine; cloud-init lets cloud-init run
#	# vm: from NAME          starts where tests/vm/NAME.state ended, which is run once and saved
#	# vm: images             (a .state) drive data3 holds what Docker stores, with the images of tests/support/tiny
# It goes on over boots by phases:
#	case $VM_PHASE in
#	first) …; vm_reboot second ;;
#	second) …; finish ;;
#	esac
#
# NN-name.cut is a trial of power cuts: functions that run in the guest.
#	setup    makes the machine ready, once; it is saved, and every trial starts there
#	work     is cut at a random instant (a first trial lets it end: $VM_FINISHED is then 1 in check)
#	         it says `at STEP` as it goes, if outcomes are to be told apart by the step that was cut
#	check    runs after the next boot, which goes as far as volumes and file systems (ecs-vm-lean.target):
#	         TAP lines, at least one, and `outcome old` if there are kinds of whole
# and the comments above, and
#	# vm: trials 5           how many cuts, if ECS_VM_TRIALS does not say so
#
# Drives: /dev/disk/by-id/virtio-data0 … data3, 96 GiB each, empty; virtio-extra0, extra1: what scripts/vm
# got by --disk. There is no network but loopback.

# shellcheck source=tests/support/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/lib.sh"

: "${VM_PHASE:=first}"
TAP_COUNT=${VM_COUNT:-0}
TAP_FAILED=${VM_FAILED:-0}

vm_disk() { # NAME: the device of a drive
	realpath "/dev/disk/by-id/virtio-$1"
}

# Waits for devices: LVM activates a volume group behind the boot, when its last disk has been seen.
vm_wait() { # DEVICE…
	udevadm wait --timeout=120 "$@"
}

# The scenario ends here, and goes on as PHASE after the machine was shut down in order and started again.
# The clock of the next boot is set forward by SECONDS, as if it had been off so long.
vm_reboot() { # PHASE [SECONDS]
	echo "vm: next reboot $1 $TAP_COUNT $TAP_FAILED ${2:-0}"
	exit 0
}

# The same, but the power is cut.
vm_power_cut() { # PHASE [SECONDS]
	echo "vm: next cut $1 $TAP_COUNT $TAP_FAILED ${2:-0}"
	exit 0
}

# What kind of whole a check found.
outcome() {
	echo "vm: outcome $*"
}

# Where the work of a .cut is.
at() {
	echo "vm: at $*"
}

# One function of a .cut.
vm_phase() { # PHASE
	[ "$1" != work ] || echo 'vm: go'
	"$1"
	local status=$?
	[ "$TAP_FAILED" = 0 ] && return $status
}
