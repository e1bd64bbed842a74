#!/bin/bash
# SPDX-License-Identifier: MIT
# Updates of the demo under load from clients that count every request: without a migration none may fail; with one,
# the longest time without an answer is that of the migration and 3 s at most.
# usage: update.sh [UPDATES]   (of each kind; make bench: 3)
set -euo pipefail
updates=${1:-3}
tree=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
export ECS_DEMO=$work/demo ECS_DEMO_HTTP=18580 ECS_DEMO_HTTPS=18543
DOCKER_HOST=$("$tree/scripts/engine" up)
export DOCKER_HOST
end() {
	"$tree/scripts/demo" destroy >/dev/null 2>&1 || :
	rm -rf --one-file-system "$work"
}
trap end EXIT
"$tree/scripts/demo" >/dev/null 2>&1
mkfifo "$work/over"
source=$ECS_DEMO/srv/ecs.git
last=0002_document_media_type

# a migration that takes two seconds
migration() { # NUMBER
	local name
	name=$(printf '%04d_bench' "$1")
	cat >"$source/ecs/documents/migrations/$name.py" <<-END
		from django.db import migrations
		class Migration(migrations.Migration):
		    dependencies = [("documents", "$last")]
		    operations = [migrations.RunSQL("SELECT pg_sleep(2)")]
	END
	last=$name
}

printf 'migration\trequests\tfailed\tlongest gap ms\tupdate ms\twhy\n'
for kind in no yes; do
	for ((i = 1; i <= updates; i++)); do
		[ $kind = no ] || migration $((i + 2))
		git -C "$source" add -A
		git -C "$source" -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m "$kind $i"
		python3 "$tree/tests/bench/load.py" "https://localhost:$ECS_DEMO_HTTPS/login" 4 <"$work/over" >"$work/counts" &
		exec {over}>"$work/over"
		until [ -e "/proc/$!/task" ] && [ "$(find "/proc/$!/task" -mindepth 1 -maxdepth 1 | wc -l)" -gt 4 ]; do :; done
		began=${EPOCHREALTIME/./}
		"$ECS_DEMO/app/current/sbin/ecs-update" --root "$ECS_DEMO" -q 2>/dev/null
		ended=${EPOCHREALTIME/./}
		exec {over}>&-
		wait $!
		read -r requests failed gap why <"$work/counts"
		printf '%s\t%d\t%d\t%d\t%d\t%s\n' $kind "$requests" "$failed" "$gap" $(((ended - began) / 1000)) "${why:-}"
	done
done
