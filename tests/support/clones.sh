# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For scenarios with clones; source it after lib.sh, appliance.sh and grown.sh.
#
#	clone_root              ROOT becomes a machine as grown_root makes it, both volumes on btrfs
#	clone_volumes           the same for another ROOT that was not started
#	clone ARG…, create ARG…  ecs-clone beneath ROOT, as `run`; create with ports of its own, told by PORT
#	in_clone COMMAND…       COMMAND with the clone CLONE as ROOT
#	clone_state             the word that `ecs-clone list` has for it
#	clone_down              its containers gone, its volumes unmounted, as after a boot
#	clone_rest              what there is of clones, in one line
# shellcheck disable=SC2034 # for the scenario
clone_root() {
	grown_root
	new_volume ecs-storage-vault 256M
	clone_ports
	write_env '  allowed_hosts: [a.example]' '  backup: {url: "restic:/nowhere/there", encrypt: never-tell}' \
		'ecs: {secret_key: never-tell}' 'ssh_authorized_keys: [ssh-ed25519 AAAA]'
}

# clone_volumes: both volumes of ROOT on btrfs, and what a clone takes
clone_volumes() {
	new_volume ecs-postgres 512M
	new_volume ecs-storage-vault 256M
	clone_ports
}

clone_ports() {
	CLONE=$ROOT/var/lib/ecs/clones/CLONE
	PORT=$(free_ports 4)
	SITE=https://localhost:$((PORT + 1))
	at_end clone_end
}

clone() { run ecs-clone "$@" --root "$ROOT"; }
create() { clone create --http "127.0.0.1:$((PORT + 2))" --https "127.0.0.1:$((PORT + 3))" "$@"; }

in_clone() { ROOT=$CLONE "$@"; }

clone_state() { ecs-clone --root "$ROOT" list | cut -f2; }

clone_down() {
	in_clone remove_containers
	umount "$CLONE/data/ecs-storage-vault" "$CLONE/data/ecs-postgres"
	rm -rf "$ROOT/run/ecs/clones"
}

clone_end() {
	local place
	in_clone remove_containers
	for place in "$CLONE/data/ecs-storage-vault" "$CLONE/data/ecs-postgres"; do
		umount "$place" 2>/dev/null || umount --lazy "$place" 2>/dev/null || :
	done
	end_root "$CLONE"
}

clone_rest() {
	{
		find "$ROOT/var/lib/ecs/clones" -mindepth 1 -maxdepth 1 2>/dev/null
		ecs-snapshot --root "$ROOT" list | cut -f1,2
		ls "$ROOT/etc/cron.d"
		ls "$ROOT/run/ecs/clones" 2>/dev/null
		grep -o "$ROOT/var/lib/ecs/clones/[^ ]*" /proc/self/mountinfo
		docker ps -aq --filter "label=com.docker.compose.project=$(project_of "$CLONE")"
		docker network ls -q --filter "label=com.docker.compose.project=$(project_of "$CLONE")"
		docker ps -aq --filter "label=com.docker.compose.project=$(project_of "$ROOT/var/lib/ecs/clones/B")"
		ls "$ROOT/var/lib/ecs/journal" 2>/dev/null
	} | paste -sd' '
}

# listener: a server on the host, at every address of it; LISTENER is that which the containers of the appliance see
listener() {
	local port
	port=$(free_port)
	python3 -m http.server --bind 0.0.0.0 --directory "$WORK" "$port" >/dev/null 2>&1 &
	at_end kill $!
	LISTENER=$(docker inspect -f '{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}' "$(container ecs.web)")/$port
	until_true 10 bash -c "exec 3<>/dev/tcp/$LISTENER" || bail 'the listener does not listen'
}

# jq_py EXPRESSION: of the JSON d on stdin, its members in one line
jq_py() { python3 -c "import json, sys; d = json.load(sys.stdin); print(*($1,))"; }
