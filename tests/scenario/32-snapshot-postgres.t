#!/bin/bash
# SPDX-License-Identifier: MIT
# PostgreSQL under pgbench comes back with exactly the rows of the instant of the snapshot.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/volumes.sh
. "$(dirname "$0")/volumes.sh"
# shellcheck source=tests/scenario/rows.sh
. "$(dirname "$0")/rows.sh"
own_mounts "$0" "$@"

new_volumes sub fstab
rows_trial() {
	snapshot create BUSY
	[ "$status" = 0 ]
}
rows_revert() {
	snapshot revert BUSY
	[ "$status" = 0 ]
}
rows btrfs
finish
