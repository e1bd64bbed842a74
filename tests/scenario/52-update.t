#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ecs-update on real Docker and btrfs: with and without a migration, back, what fails, and what git may be up to.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/grown.sh"

update() { run ecs-update --root "$ROOT" "$@"; }
images() { docker image ls --format '{{.Tag}}' ecs.web | while read -r id; do
	git -C "$ROOT/app/ecs" tag --points-at "$id" 2>/dev/null; done | sort | paste -sd' '; }

# serves REVISION SCHEMA WHAT: that version alone, whole, with nothing left over
serves() {
	is "$(runs)" "$1" "$3: what runs"
	is "$(recorded revision)" "$(commit "$1")" "$3: and is recorded"
	is "$(schema)" "$2" "$3: its database"
	nok "$3: no maintenance page" test -e "$ROOT/data/container/nginx/state/maintenance"
	nok "$3: no journal" test -e "$ROOT/var/lib/ecs/journal"
	is "$(container ecs.web | wc -l)" 1 "$3: one container"
}

grown_root
update
is "$status" 78 'before the first start'
start
is "$status" 0 'the appliance starts'
update
is "$status" 0 'nothing to update is no error'
like "$err" 'is up to date' 'and said'

# --- without a migration --------------------------------------------------------------------------------------
echo 2 >"$SOURCE/note"
revision r2
update -n
like "$out" $'start them beside the old ones\tstop them' 'a dry run prints the steps'
unlike "$out" 'PRE_MIGRATE' 'without a migration'
update
is "$status" 0 'an update without a migration'
serves r2 '0001_one 0002_two' 'without a migration'
is "$(recorded previous)" "$(commit r1)" 'the version before is known'
is "$(commit HEAD)" "$(commit r2)" 'the checkout follows'
is "$(snapshots)" '' 'no snapshot'

# --- with one ---------------------------------------------------------------------------------------------------
migration 0003_three 'ALTER TABLE two ADD j int'
revision r3
update -n
like "$out" $'migrate\tput the database back' 'a dry run with a migration'
update
is "$status" 0 'an update with a migration'
like "$err" 'migration file A core/migrations/0003_three.py' 'what git says'
like "$err" "migration 'core.0003_three' is pending" 'what the image says'
serves r3 '0001_one 0002_two 0003_three' 'with a migration'
is "$(snapshots)" ecs-database:PRE_MIGRATE 'the snapshot is there'
is "$(images)" 'r2 r3' 'images of this version and the one before'

# --- it fails ---------------------------------------------------------------------------------------------------
sql 'INSERT INTO one VALUES (7)'
migration 0004_four 'ALTER TABLE two ADD k int; SELECT nosuch(1)'
revision r4
update
is "$status" 1 'a migration that fails'
like "${err##*$'\n'}" 'migrate: .*ERROR: +function nosuch\(integer\) does not exist' 'the last line says it'
unlike "${err##*$'\n'}" 'HINT' 'and not what PostgreSQL would advise'
serves r3 '0001_one 0002_two 0003_three' 'a migration that fails'
is "$(sql 'SELECT max(i) FROM one')" 7 'every row is there'
is "$(snapshots)" ecs-database:PRE_MIGRATE 'the former snapshot, too'
migration 0004_four 'ALTER TABLE two ADD k int'
touch "$SOURCE/broken"
revision r5
update
is "$status" 1 'a version that does not come up, with its migration'
like "$err" 'this version is broken' 'its log is shown'
serves r3 '0001_one 0002_two 0003_three' 'a version that does not come up'
rm "$SOURCE/core/migrations/0004_four.py"
revision r6
update
is "$status" 1 'a version that does not come up, without a migration'
serves r3 '0001_one 0002_two 0003_three' 'a version that does not come up without a migration'
rm "$SOURCE/broken"
echo 'RUN echo this went wrong && false' >>"$SOURCE/Dockerfile"
revision r7
update
is "$status" 1 'a build that fails'
like "$err" 'build: .*this went wrong' 'its end is shown'
serves r3 '0001_one 0002_two 0003_three' 'a build that fails'
sed -i '$d' "$SOURCE/Dockerfile"

# --- content that is elsewhere ---------------------------------------------------------------------------------------
echo '*.pdf filter=lfs diff=lfs merge=lfs -text' >"$SOURCE/.gitattributes"
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 12\n' 1 >"$SOURCE/form.pdf"
revision pointer
update
is "$status" 65 'a source with pointers of Git LFS'
like "$err" "the file 'form.pdf' has its content elsewhere \(Git LFS" 'is refused before anything is built'
serves r3 '0001_one 0002_two 0003_three' 'a source with pointers'
rm "$SOURCE/.gitattributes" "$SOURCE/form.pdf"

# --- a volume of the image's own ------------------------------------------------------------------------------------
echo 'VOLUME /srv/own' >>"$SOURCE/Dockerfile"
revision own
update
is "$status" 1 'an image with a VOLUME that no mount covers'
like "${err##*$'\n'}" "'ecs.web:$(commit own)' of 'ecs.web'.*a volume of its own, '/srv/own'" 'is refused, and both are named'
serves r3 '0001_one 0002_two 0003_three' 'an image with a VOLUME'
sed -i '$s|.*|VOLUME /srv/own /vault|' "$SOURCE/Dockerfile"
# the line that the message names, as an overlay of the site's own
mkdir "$ROOT/app/compose.d"
grep -o "services: {ecs.web: {volumes: .*}}" <<<"$err" >"$ROOT/app/compose.d/50-own.yml"
echo 'services: {none: {volumes: ["a:/b"' >"$ROOT/app/compose.d/60-not.txt"
# its entry point says hello, as many do
sed -i '2i echo "hello from $0"' "$SOURCE/tiny"
compose=$ROOT/app/releases/tiny/share/ecs/compose.yml
sed -i "/command: \[web\]/a \    ports: [\"127.0.0.1:$((PORT + 1)):8080\"]" "$compose"
start
is "$status" 0 'a port of its own'
revision covered
update
is "$status" 0 'a covered VOLUME, a banner, and a port of the host, which no two containers can have'
like "$err" "printed other text, 'hello from .*tiny' \(1 line\): ignored; 0 migrations are pending" 'the banner is told'
serves covered '0001_one 0002_two 0003_three' 'a port of its own'
is "$(docker inspect -f '{{range .Mounts}}{{.Destination}} {{.Source}};{{end}}' "$(container ecs.web)" | tr ';' '\n' | grep own)" \
	"/srv/own $ROOT/data/ecs-storage-vault" 'the vault is at the other path, too'
update --rollback
is "$status" 0 'and back'
serves r3 '0001_one 0002_two 0003_three' 'back from there'
sed -i '/^    ports: .*8080"\]$/{/ECS_HTTP_PORT/!d}' "$compose"
sed -i '$d' "$SOURCE/Dockerfile"
sed -i 2d "$SOURCE/tiny"

# --- the policy ---------------------------------------------------------------------------------------------------
migration 0004_four 'ALTER TABLE two ADD k int'
revision r8
sed -i '/^ecs:/,$d' "$ROOT/app/env.yml"
printf 'ecs:\n  migrate: {auto: false}\n' >>"$ROOT/app/env.yml"
start
update
is "$status" 1 'ecs.migrate.auto: false'
like "$err" "'--migrate'" 'says what to give'
serves r3 '0001_one 0002_two 0003_three' 'ecs.migrate.auto: false'
echo changed >>"$ROOT/app/ecs/note"
update --migrate
is "$status" 0 '--migrate'
like "$err" 'changed by hand' 'files changed by hand in the checkout are told'
is "$(tail -n1 "$ROOT/app/ecs/note")" changed 'and left'
serves r8 '0001_one 0002_two 0003_three 0004_four' '--migrate'
git -C "$ROOT/app/ecs" checkout -q -f main

# --- back ---------------------------------------------------------------------------------------------------------
sql 'INSERT INTO one VALUES (8)'
update --to r3
is "$status" 65 'a revision that lacks an applied migration'
like "$err" "'core.0004_four' is applied.*--rollback" 'is refused, and the way back named'
update --rollback
is "$status" 64 '--rollback across a migration'
like "$err" "lost in 'public.one': 1 rows added" 'tells what would be lost'
echo 8 >"$ROOT/data/ecs-storage-vault/8"
update --rollback --lose-writes
is "$status" 0 '--rollback --lose-writes'
like "$err" "files in the vault that no row names any more: 1, left as they are: '8'" 'a file without a row is told'
like "$err" "rows whose file is not in the vault: 1, left as they are: '7'" 'a row without a file, too'
ok 'and left' test -e "$ROOT/data/ecs-storage-vault/8"
serves r3 '0001_one 0002_two 0003_three' '--rollback'
is "$(sql 'SELECT max(i) FROM one')" 7 'with its database'
update --rollback
is "$status" 66 'there is nothing before that'
echo 9 >"$SOURCE/note"
rm "$SOURCE/core/migrations/0004_four.py"
revision r9
update
is "$status" 0 'on again'
update --rollback
is "$status" 0 '--rollback without a migration'
serves r3 '0001_one 0002_two 0003_three' '--rollback without a migration'

# --- git ------------------------------------------------------------------------------------------------------------
in_source checkout -q r1
in_source checkout -q -b other
echo other >"$SOURCE/other"
in_source add -A
in_source commit -q -m other
in_source push -q -f origin other:main
update
is "$status" 65 'a branch that was rewritten'
like "$err" "rewritten.*--to" 'is named, and the way to go there'
serves r3 '0001_one 0002_two 0003_three' 'a branch that was rewritten'
update --to nonsense
is "$status" 66 'a revision that is not there'
mv "$TINY_GIT" "$TINY_GIT.away"
update
is "$status" 69 'a source out of reach'
like "$err" 'does not appear to be a git repository' 'and why'
mv "$TINY_GIT.away" "$TINY_GIT"
finish
