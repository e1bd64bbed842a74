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
like "$err" "stopped before 'ecs-database' was full" 'is stopped before'
is "$(runs) $(schema)" 'r1 0001_one 0002_two' 'the old version serves with its database'
ok 'a merge comes to its end' until_true 120 no_merge
is "$(names)" '' 'nothing is left of it'

# --- it is full after all: the one who watches it sleeps ----------------------------------------------------------------
sysctl -q vm.dirty_writeback_centisecs=500 vm.dirty_background_bytes=50000000 vm.dirty_bytes=100000000
migration 0003_three 'SELECT pg_sleep(900)'
revision slow
ecs-update --to slow 2>"$WORK/err" &
pid=$!
sleeps() { [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(900)%' AND pid <> pg_backend_pid()")" = 1 ]; }
until_true 300 sleeps
kill -STOP $pid
full() { lvs --noheadings -o lv_attr vg/ecs-database_PRE_MIGRATE | grep -q '^ *[sS]...[IS]'; }
until full; do dd if=/dev/urandom of="$DATABASE/much" bs=1M count=400 conv=fsync 2>/dev/null || break; done
ok 'a snapshot is full' full
rm "$DATABASE/much"
kill -CONT $pid
status=0
wait $pid || status=$?
err=$(<"$WORK/err")
is "$status" 2 'there is no way back, and that is said'
like "$err" "was full and is lost: remove it with 'lvremove vg/ecs-database_PRE_MIGRATE'" 'with what to do'
run ecs-stop
is "$status" 2 'it is said again until somebody decides'
nok 'and nothing serves meanwhile' grep -q ecs.web <<<"$(running)"
lvremove -qqy vg/ecs-database_PRE_MIGRATE
start
is "$status" 0 'without it the next command goes on'
is "$(runs) $(schema)" 'r1 0001_one 0002_two' 'the old version serves'
nok 'no journal is left' test -e /var/lib/ecs/journal
finish
