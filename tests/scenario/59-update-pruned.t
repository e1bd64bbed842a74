#!/bin/bash
# SPDX-License-Identifier: MIT
#
# `docker system prune`, which many machines have in cron, removes whatever is stopped: here, while an update, a migration or
# a rollback works. What is gone is made again, and nothing is said to run that does not.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/grown.sh"

update() { run ecs-update --root "$ROOT" "$@"; }

# A docker that prunes once, after the command that the file "prune" has a pattern for: the stopped ones of this root alone.
# Children get an environment of their own: what it needs stands in it.
PRUNE=$WORK/prune
mkdir "$WORK/bin"
sed "s|@DOCKER@|$(command -v docker)|; s|@PRUNE@|$PRUNE|" >"$WORK/bin/docker" <<'END'
#!/bin/bash
docker=@DOCKER@ prune=@PRUNE@ r=0
# what it cannot remove
if [ -e "$prune.stuck" ] && [[ "$*" == "container rm"*$(cat "$prune.stuck")* ]]; then
	echo 'Error response from daemon: it is stuck' >&2
	exit 1
fi
"$docker" "$@" || r=$?
# shellcheck disable=SC2053 # a pattern
if [ -e "$prune" ] && { read -r project pattern <"$prune"; [[ "$*" == $pattern ]]; }; then
	rm "$prune"
	[ ! -e "$prune.kill" ] || kill -KILL $PPID $$
	"$docker" container prune -f --filter "label=com.docker.compose.project=$project" >"$prune.done"
fi
exit $r
END
chmod +x "$WORK/bin/docker"
export ECS_PATH=$WORK/bin:/usr/sbin:/usr/bin:/sbin:/bin

# prune_at PATTERN: of the words of a docker command
prune_at() {
	rm -f "$PRUNE.done"
	echo "$(project_of "$ROOT") $1" >"$PRUNE"
}

# pruned WHAT: it was, and something was there to be removed
pruned() { ok "$1: containers were pruned meanwhile" grep -q 'Deleted Containers' "$PRUNE.done"; }

# serves REVISION SCHEMA WHAT: that version alone, whole, as recorded
is_healthy() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$(container ecs.web)")" = healthy ]; }
serves() {
	is "$(whole)" "$1 $2" "$3: what runs, whole"
	# the tools ask the service's own check at once; the engine says so when it has asked it the next time
	ok "$3: and is healthy" until_true 30 is_healthy
	is "$(jq -r '.services["ecs.web"].container' "$ROOT/var/lib/ecs/state.json")" \
		"$(docker inspect -f '{{.Id}}' "$(container ecs.web)")" "$3: and is recorded"
}
two='0001_one 0002_two' three='0001_one 0002_two 0003_three'

grown_root
start
[ "$status" = 0 ] || bail "$err"

# --- a migration --------------------------------------------------------------------------------------------------
migration 0003_three 'ALTER TABLE two ADD j int; SELECT 1 / 0'
revision r2
prune_at '*compose*run*migrate'
update
is "$status" 1 'a migration that fails'
like "$err" "the container of 'ecs.web' is gone: making it again" 'says what is gone'
pruned 'a migration that fails'
serves r1 "$two" 'a migration that fails'

migration 0003_three 'ALTER TABLE two ADD j int'
revision r3
prune_at '*compose*run*migrate'
update
is "$status" 0 'a good migration'
pruned 'a good migration'
serves r3 "$three" 'a good migration'

# --- killed, and pruned before the next command resolves it --------------------------------------------------------------
migration 0004_four 'ALTER TABLE two ADD k int'
revision r4
touch "$PRUNE.kill"
prune_at '*compose*run*migrate'
update
is "$status" 137 'an update is killed when it has migrated'
rm "$PRUNE.kill"
docker container prune -f --filter "label=com.docker.compose.project=$(project_of "$ROOT")" >"$PRUNE.done"
pruned 'killed'
start
is "$status" 0 'the next start resolves it'
like "$err" "'update' was cut off" 'which is said'
serves r3 "$three" 'killed and pruned'
rm "$SOURCE/core/migrations/0004_four.py"

# --- back, with the database: ecs-postgres is stopped meanwhile ---------------------------------------------------------
prune_at "container stop*$(docker inspect -f '{{.Id}}' "$(container ecs-postgres)")*"
update --rollback --lose-writes
is "$status" 0 'a rollback'
pruned 'a rollback'
serves r1 "$two" 'a rollback'

# --- without a migration ------------------------------------------------------------------------------------------------
git -C "$SOURCE" rm -q --cached core/migrations/0003_three.py && rm "$SOURCE/core/migrations/0003_three.py"
echo 5 >"$SOURCE/note"
revision r5
prune_at '*compose*create*'
# what the engine does not remove
docker inspect -f '{{.Id}}' "$(container ecs.web)" >"$PRUNE.stuck"
update
is "$status" 0 'an update without a migration'
pruned 'an update without a migration'
left() { ecs-status --root "$ROOT" 2>/dev/null | awk -F '\t' '$1 == "left" { print $2, $4 }'; }
is "$(left)" "container $(cat "$PRUNE.stuck")" 'an old container that the engine does not remove keeps no update from its end'
like "$err" 'could not be removed.*it is stuck' 'and is told, with the reason'
rm "$PRUNE.stuck"
start
is "$status $(left)" '0 ' 'the next start removes it'
serves r5 "$two" 'an update without a migration'

# --- on a machine where nothing serves ------------------------------------------------------------------------------------
docker stop -t 0 "$(container ecs.web)" >/dev/null
update
is "$status" 69 'there is nothing to update, but what is recorded does not run'
like "$err" "'ecs.web' is not running: run 'ecs-start'" 'which is said, with the remedy'
docker container prune -f --filter "label=com.docker.compose.project=$(project_of "$ROOT")" >/dev/null
update
is "$status" 69 'nor is it there'
like "$err" "'ecs.web' has no container: run 'ecs-start'" 'said, too'
start
is "$status" 0 'ecs-start makes it again'
serves r5 "$two" 'after a start'
update
is "$status" 0 'and it is up to date'

# --- an update directly after one, when the engine has not looked at the new container yet --------------------------------
sed -i 's/{<<: \*health, test: \[CMD, tiny, healthy\]}/{<<: *health, interval: 30s, test: [CMD, tiny, healthy]}/' \
	"$ROOT/app/releases/tiny/share/ecs/compose.yml"
echo 6 >"$SOURCE/note"
revision r6
update
is "$status" 0 'an update'
is "$(docker inspect -f '{{.State.Health.Status}}' "$(container ecs.web)")" starting 'the engine has not looked yet'
update
is "$status" 0 'and it is up to date all the same: the tools ask the service'
finish
