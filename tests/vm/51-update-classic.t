#!/bin/bash
# SPDX-License-Identifier: MIT
# vm: from docker
# vm: time 2700
# An update with a migration on classic volumes, back and forth, and its end after a week.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/updates.sh
. "$(dirname "$0")/updates.sh"

case $VM_PHASE in
first) updates_first classic ;;
second) updates_second classic ;;
esac
