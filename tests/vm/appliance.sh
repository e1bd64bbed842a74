# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Sourced by scenarios in the guest with a running appliance, those that start `from docker`: what
# tests/support/appliance.sh does beneath a folder, here on the machine's own paths.
#
#	tiny_machine LINE…    the machine as tiny_root makes one; the lines are of env.yml
export DOCKER_HOST=unix:///run/docker.sock BASE=none
ROOT='' PORT=8080
# shellcheck source=tests/support/appliance.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/appliance.sh"

project_of() { echo ecs; }
start() { run ecs-start "$@"; }
stop() { run ecs-stop "$@"; }

tiny_machine() {
	mkdir -p /app/tiny/share/ecs /app/tiny/sbin
	cp -R /app/current/sbin/. /app/tiny/sbin/
	cp -R "$ECS_TREE"/tests/support/tiny/compose*.yml /app/current/share/ecs/{ecs-postgres,ecs.service} /app/tiny/share/ecs/
	ln -sfn tiny /app/current.new && mv -T /app/current.new /app/current
	tiny_repository
	git clone -q "$TINY_GIT" /app/ecs
	write_env "$@"
}
