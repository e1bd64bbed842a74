#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-update --check: which migration files differ, out of the git checkout alone.
# shellcheck source=tests/support/lib.sh
. "$(dirname "$0")/../support/lib.sh"

export GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@localhost GIT_COMMITTER_NAME=T GIT_COMMITTER_EMAIL=t@localhost
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_CONFIG_COUNT=1
export GIT_CONFIG_KEY_0=protocol.file.allow GIT_CONFIG_VALUE_0=always

new_root
repo=$ROOT/app/ecs
tab=$'\t'

in_repo() { git -C "$repo" "$@"; }
commit() { in_repo add -A && in_repo commit -q --allow-empty -m "$1" && in_repo tag "$1"; }
put() { # put PATH [TEXT]: a file of some lines, so that renames are told from new ones
	mkdir -p "$repo/$(dirname "$1")"
	printf '%s\n' "${2-$1}" a b c d e f "$(basename "$1")" >"$repo/$1"
}
check() { run ecs-update --root "$ROOT" --check "$@"; }

# --- no checkout -----------------------------------------------------------------------------------
check
is "$status" 66 'no checkout is 66, never "no migration"'
like "$err" "app/ecs' is missing" '… and it is named'
mkdir -p "$repo"
check
is "$status" 66 'a folder that is no checkout is 66'

# --- one commit after the other --------------------------------------------------------------------
in_repo init -q -b main
put ecs/core/migrations/0001_initial.py
put ecs/core/migrations/0002_more.py
put ecs/core/migrations/0003_third.py
put ecs/core/views.py
commit r1
check --from r1 --to r1
is "$status:$out" 1: 'no difference: 1, and nothing is printed'
put ecs/core/views.py changed
put ecs/core/migrations/__init__.py
put ecs/core/migrations/12_short.py
put ecs/core/migrations/0004_text.txt
put ecs/core/migrations/0005_folder.py/file.py
put ecs/core/notmigrations/0001_x.py
put ecs/core/migrations/deeper/0001_x.py
commit r2
check --from r1 --to r2
is "$status:$out" 0: 'revisions differ, no migration file does: 0, and nothing is printed'
like "$err" '0 migration files' '… and said'

put ecs/new/migrations/0001_initial.py
put ecs/core/migrations/0002_more.py 'another operation'
in_repo rm -q ecs/core/migrations/0003_third.py
put migrations/0001_top.py
put a/b/c/d/migrations/12345_no.py
put a/b/c/d/migrations/1234_yes.py
commit r3
check --from r2 --to r3
is "$status" 0 'migration files differ: 0'
is "$out" "migration${tab}A${tab}a/b/c/d/migrations/1234_yes.py
migration${tab}M${tab}ecs/core/migrations/0002_more.py
migration${tab}D${tab}ecs/core/migrations/0003_third.py
migration${tab}A${tab}ecs/new/migrations/0001_initial.py
migration${tab}A${tab}migrations/0001_top.py" 'added, changed and deleted, at any depth'
check --from r3 --to r2
like "$out" "D${tab}migrations/0001_top.py" 'and the other way round'
check --from=r2 --to=r3 --json
is "$(printf '%s' "$out" | tr -d ' \n' | grep -o '"status":"."' | tr -d '\n')" \
	'"status":"A""status":"M""status":"D""status":"A""status":"A"' '--json has them all'

in_repo mv ecs/new/migrations/0001_initial.py ecs/new/migrations/0001_squashed.py
in_repo mv a/b/c/d/migrations/1234_yes.py a/b/c/d/gone.py
in_repo mv ecs/core/views.py ecs/core/migrations/0009_views.py
commit r4
check --from r3 --to r4
is "$out" "migration${tab}D${tab}a/b/c/d/migrations/1234_yes.py
migration${tab}A${tab}ecs/core/migrations/0009_views.py
migration${tab}R${tab}ecs/new/migrations/0001_squashed.py" 'renames: the new path; in from elsewhere A, out D'
in_repo config diff.renames false
in_repo config core.quotePath true
check --from r3 --to r4
like "$out" "R${tab}ecs/new" "the checkout's own settings change nothing"

put "ecs/core/migrations/0010_mit äöü und leer.py"
put $'ecs/core/migrations/0011_tab\tnew\nline.py'
put $'ecs/core/migrations/0012_latin\xe4.py'
put 'ecs/core/migrations/0013_"quoted" \back.py'
commit r5
check --from r4 --to r5
latin=$'\xe4'
is "$out" "migration${tab}A${tab}ecs/core/migrations/0010_mit äöü und leer.py
migration${tab}A${tab}\"ecs/core/migrations/0011_tab\\tnew\\nline.py\"
migration${tab}A${tab}ecs/core/migrations/0012_latin${latin}.py
migration${tab}A${tab}ecs/core/migrations/0013_\"quoted\" \\back.py" 'odd names, one a line'
check --from r4 --to r5 --json
is "$status" 0 'odd names as JSON'
ok '… which is JSON' python3 -c 'import json, sys; json.load(sys.stdin)' <"$WORK/out"

ln -sf ../views.py "$repo/ecs/core/migrations/0010_mit äöü und leer.py"
commit r6
check --from r5 --to r6
is "$out" "migration${tab}M${tab}ecs/core/migrations/0010_mit äöü und leer.py" 'a file that became a link is changed'

# --- revisions ----------------------------------------------------------------------------------------
check --from r1 --to nonsense
is "$status" 66 'an unknown revision is 66'
like "$err" "nonsense" '… and named'
check --from --upload-pack=x --to r1
is "$status" 66 'a revision that looks like an option is a revision'
check --to r6
is "$status:$out" 1: 'from what is checked out, where nothing was recorded'
mkdir -p "$ROOT/var/lib/ecs"
printf '{"revision": "%s"}' "$(in_repo rev-parse r3)" >"$ROOT/var/lib/ecs/state.json"
check
is "$status" 0 'from the recorded revision, to the branch checked out'
like "$out" "R${tab}ecs/new/migrations/0001_squashed.py" '… and compared'
in_repo checkout -q --detach r4
check
is "$status" 66 'on no branch: a name is asked for'
like "$err" "'--to'" '… with the option to give'
in_repo checkout -q main
printf '{"revision": "%040d"}' 1 >"$ROOT/var/lib/ecs/state.json"
check
is "$status" 66 'a recorded revision that is gone is an error'
rm "$ROOT/var/lib/ecs/state.json"

# --- a source ---------------------------------------------------------------------------------------
mv "$repo" "$ROOT/source"
git clone -q "$ROOT/source" "$repo"
check
is "$status:$out" 1: 'nothing new at the source'
git -C "$ROOT/source" mv migrations/0001_top.py migrations/0001_renamed.py
git -C "$ROOT/source" commit -qam new
check
is "$status:$out" "0:migration${tab}R${tab}migrations/0001_renamed.py" 'the source is asked'
is "$(in_repo rev-parse HEAD)" "$(in_repo rev-parse r6)" 'and the checkout stays'
git -C "$ROOT/source" commit -q --amend -m rewritten
check --to main
is "$status" 0 'a branch that was rewritten is compared as it was known'
check
is "$(in_repo rev-parse origin/main)" "$(git -C "$ROOT/source" rev-parse main)" 'or fetched by force'
mkdir -p "$ROOT/run/ecs"
printf '#cloud-config\necs:\n  git:\n    branch: other\n' >"$ROOT/run/ecs/env.yml"
check
is "$status" 66 "env.yml's branch, which the source lacks"
like "$err" "no branch 'other'" '… by name'
git -C "$ROOT/source" branch other r5
check
is "$status" 0 '… and has then'
printf '#cloud-config\necs:\n  git:\n    commitid: %s\n' "$(in_repo rev-parse r6)" >"$ROOT/run/ecs/env.yml"
check
is "$status" 1 "env.yml's commit"
git clone -q --bare "$ROOT/source" "$ROOT/moved"
git init -q -b main "$ROOT/stranger"
git -C "$ROOT/stranger" commit -q --allow-empty -m another
from() { printf '#cloud-config\necs: {git: {source: "%s"}}\n' "$1" >"$ROOT/run/ecs/env.yml"; }
was=$(in_repo config remote.origin.url)
from "$ROOT/stranger"
check
is "$status" 78 "a source of env.yml's that does not hold what runs is refused"
like "$err" "ecs.git.source is '$ROOT/stranger', but .* comes from '$was'" '… and both are named'
is "$(in_repo remote -v | grep -v "$was")" '' 'and nothing of it stays'
from "$ROOT/nowhere"
check
is "$status" 69 'one out of reach is 69'
from "$ROOT/moved"
check
is "$status" 0 'one that does is followed'
is "$(in_repo config remote.origin.url)" "$ROOT/moved" 'and is the source from then on'
in_repo config remote.origin.url "$was"
rm "$ROOT/run/ecs/env.yml"
mv "$ROOT/source" "$ROOT/away"
check
is "$status" 69 'a source out of reach is 69'
check --from r5 --to r6
is "$status" 0 'unless both revisions are here'
mv "$ROOT/away" "$ROOT/source"

# --- submodules ---------------------------------------------------------------------------------------
git init -q -b main "$WORK/sub"
mkdir -p "$WORK/sub/x/migrations"
date >"$WORK/sub/x/migrations/0001_sub.py"
git -C "$WORK/sub" add -A
git -C "$WORK/sub" commit -qm 1
in_repo submodule --quiet add "$WORK/sub" vendor/sub
commit s1
check --from r6 --to s1
is "$status:$out" "0:migration${tab}A${tab}vendor/sub/x/migrations/0001_sub.py" 'a new submodule brings its migrations'
date +%N >>"$WORK/sub/x/migrations/0001_sub.py"
git -C "$WORK/sub" commit -qam 2
git -C "$repo/vendor/sub" pull -q origin main
commit s2
check --from s1 --to s2
is "$out" "migration${tab}M${tab}vendor/sub/x/migrations/0001_sub.py" 'a submodule that moved is looked into'
rm -rf "$repo/vendor/sub" "$repo/.git/modules/vendor"
check --from s1 --to s2
is "$status" 66 'one that is not there is an error'
like "$err" "submodule 'vendor/sub'" '… with its name'

# --- a failing git ------------------------------------------------------------------------------------
tree=$(in_repo rev-parse r3:ecs/core)
rm -f "$repo/.git/objects/${tree:0:2}/${tree:2}"
rm -f "$repo"/.git/objects/pack/*.pack "$repo"/.git/objects/pack/*.idx
check --from r3 --to r4
like "$status" '^(66|74)$' 'a broken repository is an error, never "no migration"'
is "$out" '' '… and prints nothing'
run env ECS_PATH=/nonexistent ecs-update --root "$ROOT" --check
is "$status" 69 'no git is 69'
finish
