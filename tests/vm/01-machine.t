#!/bin/bash
# SPDX-License-Identifier: MIT
# The ground of all others: LVM, Docker and cron are real in this guest, and the drives are what they should be.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

read -r uptime _ </proc/uptime
diag "scenario begins ${uptime} s after power on"
is "$(systemctl is-system-running --wait)" running 'systemd has brought up everything'
is "$(id -u)" 0 'the scenario runs as root'
is "$(lsblk -bdno SIZE "$(vm_disk data0)")" $((96 << 30)) 'an empty drive of 96 GiB is there'
is "$(hostname -I)" '' 'no network but loopback'

# --- the suite ----------------------------------------------------------------------------------------
run ecs-env --version
is "$status" 0 'the suite runs'
is "$(ldd /app/current/sbin/* | grep -c 'not found')" 0 'and finds every library in this Debian'

# --- LVM ---------------------------------------------------------------------------------------------
run vgcreate -q vm "$(vm_disk data0)"
is "$status" 0 'a volume group'
run lvcreate -q --type thin-pool -L 4G -n pool vm
is "$status" 0 'a thin pool'
run lvcreate -q -V 16G --thinpool pool -n origin vm
is "$status" 0 'a thin volume'
run mkfs.ext4 -q /dev/vm/origin
mkdir -p "$WORK/origin" "$WORK/copy"
mount /dev/vm/origin "$WORK/origin"
at_end umount "$WORK/origin"
echo before >"$WORK/origin/file"
sync -f "$WORK/origin/file"
began=${EPOCHREALTIME/./}
run lvcreate -q -s -kn -n copy vm/origin
ended=${EPOCHREALTIME/./}
is "$status" 0 'a thin snapshot'
diag "lvcreate -s took $(((ended - began) / 1000)) ms"
echo after >"$WORK/origin/file"
run mount -o ro /dev/vm/copy "$WORK/copy"
is "$status" 0 'the snapshot of a mounted volume is mounted'
at_end umount "$WORK/copy"
is "$(cat "$WORK/copy/file")" before 'the snapshot holds what was'

# --- cron ----------------------------------------------------------------------------------------------
# cron looks at the minute; the clock is moved to the end of one, so that nobody waits for it
mkfifo "$WORK/cron"
printf '* * * * * root echo due >%s\n' "$WORK/cron" >/etc/cron.d/vm-test
at_end rm -f /etc/cron.d/vm-test
date -s "@$(((($(date +%s) / 60) + 1) * 60 - 1))" >/dev/null
systemctl restart cron
read -rt 100 line <>"$WORK/cron"
is "${line:-}" due 'cron runs what is due'

# --- Docker --------------------------------------------------------------------------------------------
began=$SECONDS
run systemctl start docker
is "$status" 0 'dockerd starts'
diag "dockerd took $((SECONDS - began)) s"
run docker info --format '{{.Driver}}'
is "$out" overlay2 'Docker answers, and stores on overlay2'
run docker compose version --short
like "$out" '^2\.' 'Compose is v2'
finish
