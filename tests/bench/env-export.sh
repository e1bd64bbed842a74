#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-env export against python3 and PyYAML doing the same flattening, on a new environment.
# Aims: the same output, 50 times faster, less than 3 million instructions, the loader's included.
# usage: ECS_PREFIX=… env-export.sh   (make bench sets it)
set -euo pipefail
here=$(dirname "$0")
tool=${ECS_PREFIX:?}/sbin/ecs-env
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
yml=$work/env.yml

"$tool" create ecs.example.org >"$yml"
"$tool" export "$yml" >"$work/ours"
/usr/bin/python3 "$here/flatten.py" "$yml" | cmp - "$work/ours" || {
	echo "env-export: the two do not print the same" >&2
	exit 1
}
/usr/bin/python3 "$here/times.py" 200 "$tool" export "$yml" >"$work/tool.ms"
/usr/bin/python3 "$here/times.py" 20 /usr/bin/python3 "$here/flatten.py" "$yml" >"$work/c.ms"
/usr/bin/python3 "$here/times.py" 20 /usr/bin/python3 "$here/flatten.py" --pure "$yml" >"$work/pure.ms"
valgrind --tool=callgrind --callgrind-out-file=/dev/null "$tool" export "$yml" 2>"$work/grind" >/dev/null
paste -d ' ' "$work/tool.ms" "$work/c.ms" "$work/pure.ms" | awk -v bytes="$(stat -c %s "$yml")" \
	-v instructions="$(sed -n 's/.*Collected : //p' "$work/grind")" '{
	printf "env-export: a file of %d bytes: %.2f ms of processor time (wall %.2f)\n", bytes, $1, $2
	printf "env-export: %.0f times faster than python3 with PyYAML (%.0f ms), wall %.0f; aim 50\n", $5 / $1, $5, $6 / $2
	printf "env-export: %.0f times faster than python3 with PyYAML on libyaml (%.0f ms), wall %.0f\n", $3 / $1, $3, $4 / $2
	printf "env-export: %d instructions; aim 3000000\n", instructions
}'
