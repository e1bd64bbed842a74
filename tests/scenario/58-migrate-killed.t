#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-migrate, killed at every step.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/grown.sh"
. "$(dirname "$0")/../support/killed.sh"

# behind: the second migration is pending again
behind() {
	run sql "DROP TABLE two; DELETE FROM django_migrations WHERE name = '0002_two'"
}

grown_root
start
is "$status" 0 'the appliance starts'
behind
killed 'ecs-migrate' 'r1 0001_one' 'r1 0001_one 0002_two' behind ecs-migrate --root "$ROOT"
finish
