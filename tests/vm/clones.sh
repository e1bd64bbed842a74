# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Sourced by scenarios of the life of a clone on LVM: made, cut off, started again, ended by real cron.
# shellcheck source=tests/vm/volumes.sh
. "$(dirname "${BASH_SOURCE[0]}")/volumes.sh"
# shellcheck source=tests/vm/appliance.sh
. "$(dirname "${BASH_SOURCE[0]}")/appliance.sh"
CLONE=/var/lib/ecs/clones/CLONE

clone() { run ecs-clone "$@"; }
clone_sql() { ROOT=$CLONE sql "$@"; }
clone_state() { ecs-clone list | cut -f2; }

clones_up() { # KIND
	volumes_up
	systemctl start docker
	is "$(docker ps -q)" '' "$1: the engine starts nothing by itself"
	start
	is "$status" 0 "$1: the appliance starts"
}

clones_first() { # KIND
	lvm_volumes "$1"
	tiny_machine
	start
	is "$status" 0 "$1: the appliance starts"
	echo original >"$FILES/word"
	clone create --http 127.0.0.1:8090 --https 127.0.0.1:8091
	is "$status" 0 "$1: a clone is made"
	is "$(clone_state) $(cat "$CLONE$FILES/word") $(clone_sql 'SELECT count(*) FROM one')" 'serves original 1' \
		"$1: and serves what the appliance has"
	like "$(volumes)" 'ecs-database ecs-database_CLONE ecs-files ecs-files_CLONE' "$1: on snapshots"
	clone_sql 'INSERT INTO one VALUES (2)'
	echo copy >"$CLONE$FILES/word"
	is "$(cat "$FILES/word") $(sql 'SELECT count(*) FROM one')" 'original 1' "$1: what is done to it is not done to the appliance"
	run ecs-snapshot remove CLONE
	is "$status" 1 "$1: its snapshots cannot be taken away"
	sync
	vm_power_cut second
}

clones_second() { # KIND
	clones_up "$1"
	is "$(clone_state)" stopped "$1: after a power cut it is stopped"
	is "$(sql 'SELECT count(*) FROM one')" 1 "$1: and the appliance serves"
	clone start
	is "$status $(clone_state)" '0 serves' "$1: it starts again"
	is "$(cat "$CLONE$FILES/word") $(clone_sql 'SELECT count(*) FROM one')" 'copy 2' "$1: with what was done to it"
	vm_reboot third $((4 * 86400))
}

clones_third() { # KIND
	clones_up "$1"
	cron_time CLONE
	ok "$1: cron ends it when its days are over" until_true 240 sh -c 'test -z "$(ecs-snapshot list)"'
	ok "$1: and its entry" until_true 60 test ! -e "$(cron_entry CLONE)"
	is "$(volumes) $(ls /var/lib/ecs/clones)" 'ecs-database ecs-files ' "$1: nothing is left of it"
	is "$(docker ps -aq | wc -l)" 3 "$1: but the appliance's containers"
	is "$(cat "$FILES/word") $(sql 'SELECT count(*) FROM one')" 'original 1' "$1: which serves on"
	finish
}
