#!/bin/bash
# SPDX-License-Identifier: MIT
# vm: from docker
# vm: time 600
# Files and rows that a container writes as pairs are paired in each snapshot of both volumes, on LVM too.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/volumes.sh
. "$(dirname "$0")/volumes.sh"
# shellcheck source=tests/support/pairs.sh
. "$(dirname "$0")/../support/pairs.sh"
PROJECT=ecs

lvm_volumes thin
pairs_worker busybox /usr/bin/busybox
pairs_hold 3
finish
