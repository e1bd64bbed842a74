#!/bin/bash
# SPDX-License-Identifier: MIT
# vm: from docker
# vm: time 1800
# A migration that writes more than its classic snapshot can take, all of it into memory, of which no snapshot knows: it is
# stopped before that would come to the drive, at the latest with the unmount, and the old version serves.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/updates.sh
. "$(dirname "$0")/updates.sh"
updates_machine classic
# the kernel writes nothing by itself
sysctl -q vm.dirty_writeback_centisecs=0 vm.dirty_background_bytes=1500000000 vm.dirty_bytes=2000000000
# no log, nothing compressed, a row a page; the statement behind it holds the migration until the watch has looked
migration 0003_three "CREATE UNLOGGED TABLE fat (t text); ALTER TABLE fat ALTER t SET STORAGE PLAIN;
	INSERT INTO fat SELECT repeat('x', 8000) FROM generate_series(1, 45000); SELECT pg_sleep(2); SELECT 1 / 0"
revision fat
update --to fat
is "$status" 1 'a migration that would fill its snapshot'
like "$err" "stopped before 'ecs-database' is full" 'is stopped before'
is "$(runs) $(schema)" 'r1 0001_one 0002_two' 'the old version serves with its database'
ok 'a merge comes to its end' until_true 120 no_merge
is "$(names)" '' 'nothing is left of it'
finish
