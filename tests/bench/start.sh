#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-start against bare `docker compose up -d --wait` of the same file with the same environment: on a running and
# on a stopped appliance, in turns. Aim: within 5 % and 1 s.
# usage: ECS_PREFIX=… start.sh [TURNS]   (make bench sets it)
set -euo pipefail
turns=${1:-5}
tree=$(cd "$(dirname "$0")/../.." && pwd)
DOCKER_HOST=$("$tree/scripts/engine" up)
BASE=$("$tree/scripts/engine" base)
export DOCKER_HOST BASE
work=$(mktemp -d)
root=$work/root
tool() { "${ECS_PREFIX:?}/sbin/$1" --root "$root" "${@:2}"; }

end() {
	local project ids
	project=$(sed -zn 's/^COMPOSE_PROJECT_NAME=//p' "$work/environment" 2>/dev/null | tr -d '\0')
	if [ -n "$project" ]; then
		ids=$(docker ps -aq --filter "label=com.docker.compose.project=$project")
		# shellcheck disable=SC2086 # one word an id
		[ -z "$ids" ] || docker rm -fv $ids >/dev/null
		docker network prune -f --filter "label=com.docker.compose.project=$project" >/dev/null
	fi
	rm -rf --one-file-system "$work"
}
trap end EXIT

mkdir -p "$root"/{app,etc,run,data} "$root/var/lib" "$work/path"
ln -s "$ECS_PREFIX" "$root/app/current"
"$tree/scripts/demo-app/make-history" "$work/ecs.git" >/dev/null
cat >"$root/app/env.yml" <<END
#cloud-config
appliance:
  domain: localhost
  base: $BASE
  ports: {http: "127.0.0.1:18880", https: "127.0.0.1:18843"}
ecs:
  git: {source: "$work/ecs.git", branch: main}
END

# What compose gets is kept, for the bare one to get the same.
cat >"$work/path/docker" <<END
#!/bin/bash
[[ " \$* " != *" config "* ]] || env -0 >'$work/environment'
exec env PATH=/usr/local/bin:/usr/bin:/bin docker "\$@"
END
chmod +x "$work/path/docker"
echo "start: starting an appliance to measure" >&2
ECS_PATH=$work/path:/usr/sbin:/usr/bin:/sbin:/bin tool ecs-start -q
ECS_PATH=$work/path:/usr/sbin:/usr/bin:/sbin:/bin tool ecs-start -q --explain >/dev/null

bare() {
	xargs -0 -a "$work/environment" sh -c 'exec env -i "$@" PATH=/usr/local/bin:/usr/bin:/bin docker compose \
		--file "$0" --project-directory "${0%/*}" up --detach --wait --quiet-pull' \
		"$root/app/current/share/ecs/compose.yml" 2>/dev/null
}
ours() { tool ecs-start -q; }

# seconds WHAT: adds the wall time of WHAT, in ms, to the file of its name and state
seconds() {
	local began
	began=$(date +%s%N)
	"$1"
	echo $((($(date +%s%N) - began) / 1000000)) >>"$work/$1.$2"
}
median() { sort -n "$1" | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

for ((i = 0; i < turns; i++)); do
	for who in ours bare; do
		seconds $who running
		tool ecs-stop -q
		seconds $who stopped
	done
done
for state in running stopped; do
	awk -v state=$state -v ours="$(median "$work/ours.$state")" -v bare="$(median "$work/bare.$state")" 'BEGIN {
		printf "start: %s: ecs-start %d ms, docker compose up --wait %d ms: %+.0f %%, %+d ms; aim 5 %% and 1000 ms\n",
			state, ours, bare, (ours / bare - 1) * 100, ours - bare
	}'
done
