#!/bin/bash
# SPDX-License-Identifier: MIT
# The umbrella 'ecs', and what the shells complete. Needs no engine.
. "$(dirname "$0")/../support/lib.sh"

# --- the umbrella ------------------------------------------------------------------------------------
run ecs
is "$status" 0 'ecs alone lists the tools'
listed=$(sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' <<<"$out")
is "$listed" "$(cd "$ECS_PREFIX/sbin" && printf '%s\n' ecs-* | sed 's/^ecs-//')" '… all that are installed'
list=$out
run ecs help
is "$out" "$list" 'ecs help is the same'
run ecs-stop --help
whole=$out
run ecs help stop
is "$out" "$whole" 'ecs help TOOL is what the tool says'
run ecs-snapshot help create
whole=$out
run ecs help snapshot create
is "$out" "$whole" '… of one verb too'
run ecs stop --version
like "$out" '^ecs-stop [0-9]' 'a tool gets its arguments'
run ecs env check /nonexistent
is "$status" 66 '… and its exit status is passed through'
run ecs snapshto list
is "$status $err" "64 ecs: unknown tool 'snapshto': did you mean 'snapshot'?" 'a mistyped tool: one line, the nearest one'
run ecs --root / status
is "$status" 64 'an option before the tool is misuse'
run bash -c 'ecs --version >/dev/full'
is "$status" 74 'a list that cannot be written is a failure'
mkdir "$WORK/alone"
cp "$ECS_PREFIX/sbin/ecs" "$WORK/alone"
run "$WORK/alone/ecs" status
is "$status" 69 'a tool that is not there: 69'
like "$err" "cannot run '$WORK/alone/ecs-status'" '… and which'
ln -s "$ECS_PREFIX/sbin/ecs" "$WORK/link"
run "$WORK/link" stop --version
like "$out" '^ecs-stop' 'a symbolic link to it finds its tools'

finish
