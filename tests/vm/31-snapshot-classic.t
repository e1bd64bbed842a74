#!/bin/bash
# SPDX-License-Identifier: MIT
# vm: time 600
# ecs-snapshot on classic volumes of LVM: every verb, a snapshot that is full, no extents, PostgreSQL under pgbench.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/volumes.sh
. "$(dirname "$0")/volumes.sh"
# shellcheck source=tests/vm/snapshots.sh
. "$(dirname "$0")/snapshots.sh"
# shellcheck source=tests/scenario/rows.sh
. "$(dirname "$0")/../scenario/rows.sh"

lvm_volumes classic
verbs classic
is "$(names)" '' 'classic: the revert used the snapshot up'
remove_all
is "$(volumes)" 'ecs-database ecs-files' 'classic: nothing is left'
refusals classic

# shellcheck disable=SC2317 # called by rows
rows_trial() { snapshot create BUSY && [ "$status" = 0 ]; }
# shellcheck disable=SC2317
rows_revert() { snapshot revert BUSY && [ "$status" = 0 ]; }
rows classic
until_true 120 no_merge

# --- full -------------------------------------------------------------------------------------------------
# a fifth of the volume's 1 GiB
write five
snapshot create FULL
is "$status" 0 'classic: a snapshot'
dd if=/dev/urandom of="$FILES/big" bs=1M count=300 conv=fsync status=none
snapshot list --json
is "$(jq -r '.snapshots[] | select(.volume == "ecs-files") | .state' <<<"$out")" lost 'classic: one that was full is lost'
snapshot mount FULL
is "$status" 74 'classic: and is not mounted'
like "$err" "snapshot 'FULL' of 'ecs-files' was full and is lost: remove it" 'classic: says so'
snapshot revert FULL
is "$status" 74 'classic: nor reverted to'
is "$(both)" 'five five' 'classic: both volumes are as they were'
snapshot remove FULL
is "$status $(names)" '0 ' 'classic: it is removed'

# --- no extents ---------------------------------------------------------------------------------------------
lvcreate -q -y -Wn -Zn -l "$(($(vgs --noheadings -o vg_free_count vg) - 4))" -n filler vg >/dev/null
snapshot create X
is "$status" 73 'classic: no extents are free'
like "$err" "no room for a snapshot of '.*': volume group 'vg' has 16 MiB of free extents" 'classic: says so'
is "$(names)" '' 'classic: and nothing is taken'
finish
