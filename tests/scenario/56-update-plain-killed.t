#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-update without a migration, killed at every step.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/grown.sh"
. "$(dirname "$0")/../support/killed.sh"

killed_root
update --rollback --lose-writes
is "$status $(whole)" "0 r2 $two" 'back to the version without the migration'
# its image is built now, and not in the first run alone, which would then have more lines than the others
update --to r1
update --to r2
is "$status $(whole)" "0 r2 $two" 'there and back'
killed 'without a migration' "r2 $two" "r1 $two" 'update --to r2' ecs-update --root "$ROOT" --to r1
finish
