#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-update with a migration, killed at every step.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/grown.sh"
. "$(dirname "$0")/../support/killed.sh"

killed_root
update --rollback --lose-writes
is "$status $(whole)" "0 r2 $two" 'back to the version without the migration'
killed 'with a migration' "r2 $two" "r3 $three" 'update --rollback --lose-writes' ecs-update --root "$ROOT" --to r3
finish
