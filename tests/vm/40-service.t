#!/bin/bash
# SPDX-License-Identifier: MIT
# vm: from docker
# vm: time 900
# ecs.service: at boot systemd brings the appliance up, after a power cut too, and a restarted engine brings it back.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
export DOCKER_HOST=unix:///run/docker.sock BASE=none
ROOT='' PORT=8080
# shellcheck source=tests/scenario/appliance.sh
. "$(dirname "$0")/../scenario/appliance.sh"

project_of() { echo ecs; }

unit() { systemctl show -p "$1" --value ecs.service; }

# The machine as tiny_root makes one beneath a folder, here on its own paths.
tiny_machine() { # LINE…: of env.yml
	mkdir -p /app/tiny/share/ecs /app/tiny/sbin
	cp -R /app/current/sbin/. /app/tiny/sbin/
	cp -R "$ECS_TREE/tests/scenario/tiny/compose.yml" /app/current/share/ecs/ecs-postgres /app/tiny/share/ecs/
	cp /app/current/share/ecs/ecs.service /etc/systemd/system/
	ln -sfn tiny /app/current.new && mv -T /app/current.new /app/current
	tiny_repository
	git clone -q "$TINY_GIT" /app/ecs
	write_env "$@"
	systemctl daemon-reload
	systemctl --quiet enable docker.service ecs.service
}

case $VM_PHASE in
first)
	tiny_machine '  standby: true'
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
