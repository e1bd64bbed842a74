# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What Docker has stored in a guest: the images of the application of tests/support/tiny. They are made by the engine
# of this machine and loaded here, where nothing is emulated, by one with a folder of its own, which becomes a drive.
# Sourced by scripts/vm.
#
# shellcheck disable=SC2034 # IMAGES is for the other files

# Sets IMAGES, the folder with docker.raw, a file system that a guest mounts at /var/lib/docker.
images_ready() {
	need docker.io e2fsprogs git
	image_cached images "$(cd "$TREE" && {
		declare -f images_make images_build images_load
		find tests/support/tiny scripts/appliance/ecs-postgres -type f -exec sha256sum {} + | LC_ALL=C sort
	} | sha256sum | cut -c1-12)" images_make || return 1
	IMAGES=$MADE
}

images_make() { # FOLDER
	local work=$1/work ours=no status=0
	mkdir "$work"
	# an engine that was started for this ends with it
	"$TREE/scripts/engine" find >/dev/null || ours=yes
	{ images_build "$work" && images_load "$work" && rm "$work/images.tar" &&
		mke2fs -q -t ext4 -E lazy_itable_init=1 -m 0 -d "$work/docker" "$1/docker.raw" 16G; } >"$VM/images.log" 2>&1 ||
		status=1
	[ $ours = no ] || "$TREE/scripts/engine" down
	rm -rf --one-file-system "$work"
	return $status
}

# Makes the images, and FOLDER/images.tar of them.
images_build() ( # FOLDER
	DOCKER_HOST=$("$TREE/scripts/engine" up) BASE=$("$TREE/scripts/engine" base) || exit 1
	export DOCKER_HOST BASE
	ECS_TREE=$TREE WORK=$1
	# shellcheck source=tests/support/appliance.sh
	. "$TREE/tests/support/appliance.sh"
	tiny_repository && commit=$(git -C "$TINY_GIT" rev-parse HEAD) || exit 1
	export ECS_REVISION=$commit ECS_SOURCE=$TINY_GIT
	docker compose -f "$TREE/scripts/appliance/compose.yml" build -q ecs-postgres &&
		docker compose -f "$TREE/tests/support/tiny/compose.yml" build -q ecs.web &&
		docker save -o "$1/images.tar" ecs-postgres:17 "ecs.web:$commit"
)

# FOLDER/docker becomes the folder of an engine that has FOLDER/images.tar.
images_load() { # FOLDER
	local engine socket n status=1
	socket=$(mktemp -d) || return 1
	mkdir "$1/docker"
	ln -s "$1/docker" "$socket/docker" # a socket's path is short
	"$TREE/scripts/engine" private "$socket" &
	engine=$!
	for ((n = 0; n < 600; n++)); do
		! docker -H "unix://$socket/docker.sock" version >/dev/null 2>&1 || break
		kill -0 $engine || break
		sleep 0.1
	done
	docker -H "unix://$socket/docker.sock" load -q -i "$1/images.tar" && status=0
	kill $engine
	wait $engine
	rm -rf --one-file-system "$socket"
	return $status
}
