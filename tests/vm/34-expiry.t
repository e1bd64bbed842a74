#!/bin/bash
# SPDX-License-Identifier: MIT
# vm: time 1200
# The end of a snapshot by real cron: due while the machine was off, with a name that has all a name may have,
# removed by hand before, in use, its cron file lost.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/volumes.sh
. "$(dirname "$0")/volumes.sh"
day=86400
odd=-o_D-1- # a file with any other character is none to cron

gone() { [[ " $(names) " != *":$1 "* ]]; }

case $VM_PHASE in
first)
	lvm_volumes thin
	write one
	for name in $odd LOST HELD HAND; do
		snapshot create --expires 1d -- "$name"
		is "$status" 0 "create $name"
		ok "its entry is there" test -e "$(cron_entry "$name")"
	done
	snapshot create --expires 1d O.D
	is "$status" 64 'a name that cron would not read is refused'
	lvremove -qy vg/ecs-files_HAND vg/ecs-database_HAND >/dev/null
	rm "$(cron_entry LOST)"
	vm_reboot second $((2 * day))
	;;
second)
	vm_wait /dev/vg/ecs-files /dev/vg/ecs-database
	until_true 60 mountpoint -q "$DATABASE"
	is "$(names)" "ecs-files:$odd ecs-files:HELD ecs-files:LOST ecs-database:$odd ecs-database:HELD ecs-database:LOST" \
		'those whose day came while the machine was off are there'
	snapshot mount HELD
	is "$status" 0 'one of them is in use'
	exec {held}</run/ecs/snapshots/ecs-files_HELD/word
	cron_time $odd
	ok 'cron removes what is due' until_true 240 gone $odd
	ok 'and its entry goes' until_true 60 test ! -e "$(cron_entry $odd)"
	cron_time HAND
	ok 'the entry of one removed by hand goes too' until_true 240 test ! -e "$(cron_entry HAND)"
	# all entries may be of the same minute: then it was tried already
	cron_time HELD
	ok 'cron tries it' until_true 240 sh -c 'journalctl -b -u cron --no-pager | grep -q "expire.*HELD"'
	nok 'one in use stays' gone HELD
	ok 'and its entry, for the next day' test -e "$(cron_entry HELD)"
	exec {held}<&-
	cron_time HELD
	ok 'the next day it is removed' until_true 240 gone HELD
	snapshot expire --wait=60
	is "$status $(names)" '0 ' 'expire of all removes the one whose entry was lost'
	finish
	;;
esac
