#!/bin/bash
# SPDX-License-Identifier: MIT
# PostgreSQL under pgbench comes back with exactly the rows of the instant of the snapshot.
# shellcheck source=tests/support/lib.sh
. "$(dirname "$0")/../support/lib.sh"
# shellcheck source=tests/support/volumes.sh
. "$(dirname "$0")/../support/volumes.sh"
# shellcheck source=tests/support/rows.sh
. "$(dirname "$0")/../support/rows.sh"
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
