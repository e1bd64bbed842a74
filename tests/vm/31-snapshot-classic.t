#!/bin/bash
# SPDX-License-Identifier: MIT
# vm: time 1200
# ecs-snapshot on classic volumes of LVM: every verb, a snapshot that is full, no extents, PostgreSQL under pgbench.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/volumes.sh
. "$(dirname "$0")/volumes.sh"
# shellcheck source=tests/vm/snapshots.sh
. "$(dirname "$0")/snapshots.sh"
# shellcheck source=tests/support/rows.sh
. "$(dirname "$0")/../support/rows.sh"

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

# --- cut off at the end of a merge ------------------------------------------------------------------------
# What was seen after a power cut: LVM removes a merged snapshot in two steps, and between them it is a plain volume.
# lvconvert_dies WHEN COMMANDS ARG…: ecs-snapshot with a lvconvert that, where its own arguments say WHEN, runs the
# commands and kills whoever called it
lvconvert_dies() {
	mkdir -p "$WORK/fake"
	printf '#!/bin/bash\n[[ "$*" != *%s* ]] || { %s\nkill -9 $PPID; exit 1; }\nexec lvm lvconvert "$@"\n' "$1" "$2" \
		>"$WORK/fake/lvconvert"
	chmod 755 "$WORK/fake/lvconvert"
	ECS_PATH=$WORK/fake:$PATH snapshot "${@:3}"
}
write six
snapshot create KEPT
is "$status" 0 'classic: a snapshot to go back to'
write seven
lvconvert_dies ecs-files_KEPT 'lvm lvconvert --yes --mergesnapshot vg/ecs-files_KEPT
	lvcreate -qq -y -Wn -Zn -L 16M --addtag ecs.snapshot -n ecs-files_KEPT vg' revert KEPT
is "$status" 137 'classic: a revert is cut off when its first merge is over'
is "$(lvs --noheadings -o lv_attr vg/ecs-files_KEPT | cut -c3)" - 'classic: the snapshot is a plain volume then'
lvconvert_dies ecs-files.before '' expire NONE
is "$status" 137 'classic: what resolves it is cut off too, before the state before is merged'
snapshot expire NONE
is "$status" 0 'classic: the next command resolves it'
until_true 120 no_merge
mountpoint -q "$FILES" || mount "$FILES"
is "$(both)" 'seven seven' 'classic: both volumes are what they were'
is "$(volumes)" 'ecs-database ecs-database_KEPT ecs-files ecs-files_KEPT' 'classic: nothing of the revert is left'
snapshot mount KEPT
is "$(cat /run/ecs/snapshots/*_KEPT/word)" $'six\nsix' 'classic: and the snapshot can be gone back to'
snapshot unmount KEPT
snapshot remove KEPT
lvcreate -qq -y -Wn -Zn -L 16M --addtag ecs.snapshot -n ecs-files_REST vg
lvcreate -qq -y -Wn -Zn -L 16M -n ecs-files_OWN vg
lvcreate -qq -y -Wn -Zn -L 16M --addtag ecs.snapshot -n ecs-files.before vg
is "$(names)" ecs-files:REST 'classic: what is left of one is listed, a volume of somebody else is not'
like "$(ecs-snapshot list)" lost 'classic: as lost'
snapshot remove REST
is "$status $(volumes)" '0 ecs-database ecs-files ecs-files.before ecs-files_OWN' 'classic: and can be removed'
snapshot create NEXT
is "$status" 0 'classic: a snapshot'
is "$(volumes)" 'ecs-database ecs-database_NEXT ecs-files ecs-files_NEXT ecs-files_OWN' \
	'classic: takes away what is left of the state before'
snapshot remove NEXT
lvremove -qqy vg/ecs-files_OWN

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
like "$err" "snapshot 'FULL' of 'ecs-files' was full and is lost: remove it with 'lvremove vg/ecs-files_FULL'" 'classic: says so'
snapshot revert FULL
is "$status" 74 'classic: nor reverted to'
is "$(both)" 'five five' 'classic: both volumes are as they were'
snapshot remove FULL
is "$status $(names)" '0 ' 'classic: it is removed'

# --- no extents ---------------------------------------------------------------------------------------------
lvcreate -q -y -Wn -Zn -l "$(($(vgs --noheadings -o vg_free_count vg) - 4))" -n filler vg >/dev/null
snapshot create X
is "$status" 73 'classic: no extents are free'
like "$err" "no room for a snapshot of '.*': volume group 'vg' has 16 MiB free and [0-9]+ MiB are needed" 'classic: says so'
is "$(names)" '' 'classic: and nothing is taken'
finish
