#!/bin/bash
# SPDX-License-Identifier: MIT
# The way back over a migration, killed at every step.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/grown.sh"
. "$(dirname "$0")/../support/killed.sh"

killed_root r3
killed 'on the way back' "r3 $three" "r1 $two" 'update --to r3' ecs-update --root "$ROOT" --rollback --lose-writes
finish
