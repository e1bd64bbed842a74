#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-update without a migration, killed at every step.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/grown.sh"
. "$(dirname "$0")/../support/killed.sh"

killed_root r2
is "$(whole)" "r2 $two" 'the second version serves'
killed 'without a migration' "r2 $two" "r1 $two" 'update --to r2' ecs-update --root "$ROOT" --to r1
finish
