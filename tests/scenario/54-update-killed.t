#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-update with a migration, killed at every step.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/grown.sh"
. "$(dirname "$0")/../support/killed.sh"

killed_root r3
update --rollback --lose-writes
is "$status $(whole)" "0 r1 $two" 'back to the version without the migration'
killed 'with a migration' "r1 $two" "r3 $three" 'update --rollback --lose-writes' ecs-update --root "$ROOT" --to r3
finish
