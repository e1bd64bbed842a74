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

# --- what each shell offers, with the scripts that 'make install' installs ------------------------------
new_root
mkdir -p "$ROOT/var/lib/ecs/clones/trial" "$ROOT/var/lib/ecs/clones/"$'bad\nname' "$ROOT/app/ecs"
git -C "$ROOT/app/ecs" init -q -b main
git -C "$ROOT/app/ecs" -c user.name=t -c user.email=t@example.org commit -q --allow-empty -m one
git -C "$ROOT/app/ecs" tag v1.2
git -C "$ROOT/app/ecs" tag 'v1;date'
before=$(find "$ROOT" | sort)

by_bash() { # WORDS…: what bash offers for the last one
	run bash -c '. "$ECS_PREFIX/share/bash-completion/completions/$1"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "_$1"
		echo "${COMPREPLY[*]}"' bash "$@"
	printf '%s' "$out$err"
}
by_fish() { # WORDS…
	local line="$*"
	HOME=$WORK XDG_DATA_DIRS=$ECS_PREFIX/share run fish -c 'complete -C $argv[1]' -- "$line"
	cut -f1 <<<"$out$err" | paste -sd ' '
}
# A person at a terminal, who presses the tabulator at each \t; what the tool would have been given.
by_zsh() { # LINE
	rm -f "$WORK/typed"
	LINE=$1 HOME=$WORK TYPED=$WORK/typed TERM=dumb run timeout 60 zsh -f -c '
		zmodload zsh/zpty
		zpty shell zsh -f -i
		zpty -w shell "fpath=($ECS_PREFIX/share/zsh/site-functions \$fpath); autoload -Uz compinit; compinit -u -D
			for tool in ecs ecs-clone ecs-snapshot ecs-update; do
				eval \"\$tool() { print -r -- \\\"\\\$*\\\" >$TYPED.new; mv $TYPED.new $TYPED }\"
			done
			PS1=rea; PS1+=\"dy> \""
		zpty -r shell shown "*ready> *"
		zpty -w -n shell "${(g::)LINE}"$'"'\\n'"'
		while [[ ! -e $TYPED ]]; do sleep 0.05; done'
	cat "$WORK/typed" || printf '%s' "$out$err"
}
for shell in bash fish; do
	is "$("by_$shell" ecs-snapshot rem)" remove "$shell: a verb"
	is "$("by_$shell" ecs-snapshot create --ex)" --expires "$shell: an option"
	is "$("by_$shell" ecs-snapshot list --volume ecs-d)" ecs-database "$shell: a volume"
	is "$("by_$shell" ecs-clone --root "$ROOT" destroy '')" trial \
		"$shell: a clone, beneath the root; a name with a newline is left out"
	ok "$shell: a clone that is to be made gets no name of one that is" test -z \
		"$("by_$shell" ecs-clone --root "$ROOT" create tri)"
	is "$("by_$shell" ecs-update --root "$ROOT" --to '')" 'main v1.2' "$shell: a revision; no tag that a shell would run"
	is "$("by_$shell" ecs-restore --only f)" files "$shell: a word of a few"
	is "$("by_$shell" ecs snap)" snapshot "$shell: ecs completes its tools"
	is "$("by_$shell" ecs snapshot rem)" remove "$shell: … and the tool's own words"
	is "$("by_$shell" ecs clone --root "$ROOT" destroy t)" trial "$shell: … and their values"
	is "$("by_$shell" ecs help snapshot cre)" create "$shell: … and those that it helps with"
done
is "$(by_bash ecs-snapshot list --volume = ecs-d)" ecs-database 'bash: a value behind "="'
is "$(by_fish ecs-snapshot list --volume=ecs-d)" --volume=ecs-database 'fish: a value behind "="'
is "$(by_fish ecs-env check "$ROOT/ap")" "$ROOT/app/" 'fish: a file'
is "$(by_zsh "ecs-clone --roo\t$ROOT des\ttri\t")" "--root $ROOT destroy trial" 'zsh: an option, a verb, a clone'
is "$(by_zsh "ecs-snapshot list --vol\tecs-d\t")" 'list --volume ecs-database' 'zsh: a volume'
is "$(by_zsh "ecs-snapshot list --volume=ecs-d\t")" 'list --volume=ecs-database' 'zsh: … behind "="'
is "$(by_zsh "ecs-update --root $ROOT --to v\t")" "--root $ROOT --to v1.2" 'zsh: a revision'
is "$(by_zsh "ecs snaps\tremo\t")" 'snapshot remove' 'zsh: ecs completes its tools and their words'
run zsh -f -c 'autoload -Uz compinit; compinit -u -D; . <(ecs-clone --completion zsh); print $_comps[ecs-clone]'
is "$status $out$err" '0 _ecs-clone' 'zsh takes the script from the tool itself too'

run ecs-snapshot --complete --root "$WORK/nowhere" remove ''
is "$status $out$err" '0 ' 'what cannot be told is silence'
run ecs-snapshot --completion ksh
is "$status" 64 'a shell that is not known is misuse'
like "$err" "'--completion ksh' is not a known shell: use bash|zsh|fish" '… and which are known'
run ecs-snapshot --completion
like "$err" "'--completion' needs a value: bash|zsh|fish" 'no shell: they are named'
run ecs --completion
is "$status" 64 '… by ecs too'
is "$(find "$ROOT" | sort)" "$before" 'completion writes nothing'

finish
