# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Sourced by scenarios of a whole cycle of an update on LVM: a migration, what it can go back to, and a week later, by
# real cron, no more of it.
# shellcheck source=tests/vm/volumes.sh
. "$(dirname "${BASH_SOURCE[0]}")/volumes.sh"
# shellcheck source=tests/vm/appliance.sh
. "$(dirname "${BASH_SOURCE[0]}")/appliance.sh"
# shellcheck source=tests/support/grown.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/grown.sh"
entry=$(cron_entry PRE_MIGRATE)

update() { run ecs-update "$@"; }

# updates_machine KIND: the appliance runs on volumes of that kind, its application at r1
updates_machine() {
	lvm_volumes "$1"
	grown_source
	tiny_machine
	start
	is "$status" 0 "$1: the appliance starts"
}

# updates_first KIND: up to the week
updates_first() {
	updates_machine "$1"
	sql 'INSERT INTO one VALUES (1)'
	migration 0003_three 'ALTER TABLE two ADD j int; SELECT 1 / 0'
	revision bad
	migration 0003_three 'ALTER TABLE two ADD j int'
	revision r2
	update --to bad
	is "$status" 1 "$1: a migration that fails"
	is "$(runs) $(schema)" 'r1 0001_one 0002_two' "$1: the old version serves with its database"
	until_true 120 no_merge
	update --to r2
	is "$status" 0 "$1: one that does not"
	is "$(runs) $(schema)" 'r2 0001_one 0002_two 0003_three' "$1: the new version serves"
	is "$(names)" ecs-database:PRE_MIGRATE "$1: there is a way back"
	update --rollback --lose-writes
	is "$status" 0 "$1: which it takes"
	is "$(runs) $(schema)" 'r1 0001_one 0002_two' "$1: to the old version and its database"
	is "$(sql 'SELECT count(*) FROM one')" 2 "$1: and every row of then"
	until_true 120 no_merge
	update --to r2
	is "$status" 0 "$1: and forth again"
	ok "$1: cron has an entry for its end" test -e "$entry"
	run ecs-stop
	vm_reboot second $((8 * 86400))
}

# updates_second KIND: the machine was off meanwhile
updates_second() {
	vm_wait /dev/vg/ecs-files /dev/vg/ecs-database
	until_true 60 mountpoint -q "$DATABASE"
	systemctl start docker
	is "$(names)" ecs-database:PRE_MIGRATE "$1: after a week that it was off, the snapshot is there"
	start
	is "$status" 0 "$1: the appliance starts"
	cron_time PRE_MIGRATE
	ok "$1: cron removes it" until_true 240 sh -c 'test -z "$(ecs-snapshot list)"'
	ok "$1: and its entry" until_true 60 test ! -e "$entry"
	is "$(volumes)" 'ecs-database ecs-files' "$1: no volume is left of it"
	update --rollback --lose-writes
	is "$status" 66 "$1: there is no way back any more"
	is "$(runs) $(schema)" 'r2 0001_one 0002_two 0003_three' "$1: the new version serves on"
	finish
}
