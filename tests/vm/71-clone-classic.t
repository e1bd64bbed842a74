#!/bin/bash
# SPDX-License-Identifier: MIT
# vm: from docker
# vm: time 2400
# A clone on classic volumes, until real cron ends it.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/clones.sh
. "$(dirname "$0")/clones.sh"

case $VM_PHASE in
first) clones_first classic ;;
second) clones_second classic ;;
third) clones_third classic ;;
esac
