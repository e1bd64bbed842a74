#!/bin/bash
# SPDX-License-Identifier: MIT
# vm: from docker
# vm: time 900
# ecs.service: at boot systemd brings the appliance up, after a power cut too, and a restarted engine brings it back.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/appliance.sh
. "$(dirname "$0")/appliance.sh"

unit() { systemctl show -p "$1" --value ecs.service; }

case $VM_PHASE in
first)
	tiny_machine '  standby: true'
	cp /app/current/share/ecs/ecs.service /etc/systemd/system/
	systemctl daemon-reload
	systemctl --quiet enable docker.service ecs.service
	is "$(systemd-analyze verify --man=no ecs.service 2>&1)" '' 'the unit is one'
	vm_reboot standby
	;;
standby)
	until_true 300 sh -c '[ "$(systemctl show -p ActiveState --value ecs.service)" = active ]'
	is "$(unit ActiveState):$(unit Result)" active:success 'a machine on standby boots'
	is "$(docker ps -q)" '' 'and starts nothing'
	write_env
	vm_reboot up
	;;
up)
	until_true 600 sh -c '[ "$(systemctl show -p ActiveState --value ecs.service)" != activating ]'
	is "$(unit ActiveState):$(unit Result)" active:success 'systemd starts the appliance'
	run ecs-status
	like "$out" "^state"$'\t'"running" 'which runs'
	sql 'INSERT INTO one VALUES (7)' >/dev/null
	vm_power_cut again
	;;
again)
	until_true 600 sh -c '[ "$(systemctl show -p ActiveState --value ecs.service)" != activating ]'
	is "$(unit ActiveState):$(unit Result)" active:success 'after a power cut, too'
	is "$(sql 'SELECT count(*) FROM one WHERE i = 7')" 1 'with the row that was committed'
	systemctl restart docker.service
	until_true 600 sh -c '[ "$(systemctl show -p ActiveState --value ecs.service)" = active ]'
	is "$(running)" 'ecs-postgres ecs.web nginx' 'a restarted engine brings it back'
	systemctl stop ecs.service
	is "$(docker ps -q)" '' 'and the unit stops it'
	finish
	;;
esac
