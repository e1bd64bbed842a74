# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Every verb of ecs-snapshot on volumes of one KIND, as tests/scenario/30-snapshot.t does it on btrfs.

verbs() { # KIND
	local kind=$1 place=/run/ecs/snapshots now expires
	write one

	# --- create, list, replace ----------------------------------------------------------------------------
	now=$(date +%s)
	snapshot create --expires 7d FIRST
	is "$status" 0 "$kind: create"
	is "$(names)" 'ecs-files:FIRST ecs-database:FIRST' "$kind: one of each volume"
	is "$(volumes)" 'ecs-database ecs-database_FIRST ecs-files ecs-files_FIRST' "$kind: named after the volumes"
	snapshot list --json
	is "$(jq -r '.snapshots[0] | [.volume, .name, .driver, .writable, .state] | join(" ")' <<<"$out")" \
		"ecs-files FIRST $([ "$kind" = thin ] && echo lvm-thin || echo lvm) false whole" "$kind: list in JSON"
	expires=$(jq .snapshots[1].expires <<<"$out")
	ok "$kind: it expires in seven days" test $((expires >= now + 7 * 86400 && expires < now + 7 * 86400 + 300)) = 1
	is "$(lvs --noheadings -o lv_tags vg/ecs-files_FIRST | tr -d ' ' | tr , '\n' | LC_ALL=C sort | paste -sd' ')" \
		"ecs.expires=$expires ecs.snapshot" "$kind: which its tag says"
	ok "$kind: there is a cron entry" grep -q 'ecs-snapshot .*expire -- FIRST' /etc/cron.d/ecs-expire-FIRST
	write two
	snapshot create FIRST
	is "$status" 0 "$kind: create again"
	is "$(volumes)" 'ecs-database ecs-database_FIRST ecs-files ecs-files_FIRST' "$kind: it replaces the former one"
	nok "$kind: without an expiry there is no cron entry" test -e /etc/cron.d/ecs-expire-FIRST

	# --- mount --------------------------------------------------------------------------------------------
	write three
	snapshot mount FIRST
	is "$status" 0 "$kind: mount"
	is "$(cat $place/*_FIRST/word)" $'two\ntwo' "$kind: there is what was"
	nok "$kind: read-only" touch $place/ecs-files_FIRST/new
	snapshot unmount FIRST
	is "$status" 0 "$kind: unmount"
	snapshot create --rw --volume ecs-files DRAFT
	is "$status" 0 "$kind: one to write to"
	snapshot mount --rw DRAFT
	ok "$kind: can be written to" touch $place/ecs-files_DRAFT/new
	exec {held}>$place/ecs-files_DRAFT/held
	snapshot remove DRAFT
	is "$status" 1 "$kind: in use is not removed"
	like "$err" "in use: held by .*\(pid $$\)" "$kind: and the holder is named"
	exec {held}>&-
	snapshot remove DRAFT
	is "$status" 0 "$kind: an idle one is unmounted and removed"

	# --- revert -------------------------------------------------------------------------------------------
	exec {held}<"$DATABASE/word"
	snapshot revert FIRST
	is "$status" 1 "$kind: a volume in use is not reverted"
	is "$(both)" 'three three' "$kind: everything is as it was"
	exec {held}<&-
	snapshot revert FIRST
	is "$status" 0 "$kind: revert"
	is "$(both)" 'two two' "$kind: the volumes hold what they held"
	until_true 120 no_merge
	nok "$kind: no state before is left" grep -q 'next\|before' <<<"$(volumes)"
	write four
	snapshot create SECOND
	is "$status" 0 "$kind: snapshots go on"
	snapshot remove SECOND
	is "$status" 0 "$kind: remove"
	nok "$kind: no journal is left" test -e /var/lib/ecs/journal
}

remove_all() {
	local name
	for name in $(ecs-snapshot list | cut -f2 | sort -u); do snapshot remove "$name"; done
}

refusals() { # KIND
	umount "$FILES"
	snapshot create X
	is "$status" 66 "$1: a volume that is not mounted"
	like "$err" "not mounted: run 'mount " "$1: and how to mount it"
	mount "$FILES"
	is "$(names)" '' "$1: nothing was taken"
	is "$(setpriv --reuid=65534 --clear-groups ecs-snapshot create X 2>&1; echo $?)" \
		"ecs-snapshot: must be run by root: try 'sudo ecs-snapshot'"$'\n'77 "$1: not root"
}
