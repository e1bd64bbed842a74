#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-update with a migration, killed at every step.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/appliance.sh"
. "$(dirname "$0")/grown.sh"
. "$(dirname "$0")/killed.sh"

killed_root
update --rollback --lose-writes
is "$status $(whole)" "0 r2 $two" 'back to the version without the migration'
killed 'with a migration' "r2 $two" "r3 $three" 'update --rollback --lose-writes' ecs-update --root "$ROOT" --to r3
finish
