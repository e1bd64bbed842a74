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

# --- bash, by the script that the tool writes ----------------------------------------------------------
new_root
mkdir -p "$ROOT/var/lib/ecs/clones/trial" "$ROOT/var/lib/ecs/clones/"$'bad\nname' "$ROOT/app/releases/0123abcd"
before=$(find "$ROOT" | sort)

completed() { # WORDS…: what bash offers for the last one
	run bash -c '. <("$1" --completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "_$1"
		echo "${COMPREPLY[*]}"' bash "$@"
	printf '%s' "$out$err"
}
is "$(completed ecs-snapshot rem)" remove 'bash: a verb'
is "$(completed ecs-snapshot create --ex)" --expires 'an option'
is "$(completed ecs-snapshot list --volume ecs-d)" ecs-database 'a volume'
is "$(completed ecs-clone --root "$ROOT" destroy '')" trial 'a clone, beneath the root; a name with a newline is left out'
ok 'a clone that is to be made gets no name of one that is' test -z \
	"$(completed ecs-clone --root "$ROOT" create '' | grep trial)"
is "$(completed ecs-update --root "$ROOT" --to 01)" 0123abcd 'a revision'
run ecs-snapshot --root "$WORK/nowhere" --complete snapshots
is "$status $out$err" '0 ' 'what cannot be told is silence'
run ecs-snapshot --completion ksh
is "$status" 64 'a shell that is not known is misuse'
is "$(find "$ROOT" | sort)" "$before" 'completion writes nothing'

finish
