#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-clone: a machine beside the appliance, with its data of one instant, cut off from the outside, until its time is over.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/grown.sh"
. "$(dirname "$0")/../support/clones.sh"

clone_root
clone create
is "$status" 78 'what never ran is not cloned'
start
is "$status" 0 'the appliance starts'
write
write
before=$(clone_rest)

# --- create ---------------------------------------------------------------------------------------------------------
run env DOCKER_HOST=unix:///nonexistent ecs-clone --root "$ROOT" create
is "$status $(clone_rest)" "69 $before" 'without an engine nothing is begun'
run ecs-clone --root "$ROOT" create --dry-run
like "$out" 'take the snapshots.remove them' 'the steps are printed'
is "$status $(clone_rest)" "0 $before" 'and not taken'
create
is "$status" 0 'a clone is made'
like "$err" "'CLONE' serves at 'https://localhost:$((PORT + 3))/' until 20" 'and where is told'
like "$err" 'was paused for [0-9]+ ms' 'for how long the application stood still, too'
is "$(in_clone whole)" 'r1 0001_one 0002_two' 'it serves the same version with the same rows and files'
clone list
like "$out" "^CLONE	serves	20[0-9T:-]*Z	$(commit r1 | cut -c1-12)	https://localhost:$((PORT + 3))/\$" 'it is listed'
clone list --json
is "$(jq_py 'd[0]["state"], d[0]["containers"], d[0]["healthy"]' <<<"$out")" 'serves 3 3' 'as JSON, too'
is "$(stat -c %a "$CLONE")" 700 'nobody else may look into it'

# --- apart ------------------------------------------------------------------------------------------------------------
in_clone sql 'DELETE FROM one'
rm "$CLONE"/data/ecs-storage-vault/*
echo x >"$CLONE/data/ecs-storage-vault/x"
is "$(whole)" 'r1 0001_one 0002_two' 'what is done to the clone is not done to the appliance'
write
is "$(in_clone sql 'SELECT count(*) FROM one') $(ls "$CLONE/data/ecs-storage-vault")" '0 x' 'nor the other way round'

web=$(in_clone container ecs.web)
is "$(docker exec "$web" printenv ECS_DISABLE_EMAIL_DELIVERY ECS_USERSWITCHER_ENABLED SMTP_URL | paste -sd' ')" \
	'true true smtp://127.0.0.1:9' 'no mail, and a userswitcher'
web_of_all=$(container ecs.web)
is "$(docker exec "$web_of_all" printenv ECS_DISABLE_EMAIL_DELIVERY ECS_USERSWITCHER_ENABLED | paste -sd' ')" 'false false' \
	'but for the appliance'
listener
ok 'the application can reach a server outside' docker exec "$web_of_all" bash -c "exec 3<>/dev/tcp/$LISTENER"
nok 'its clone cannot' timeout 10 docker exec "$web" bash -c "exec 3<>/dev/tcp/$LISTENER"
like "$(docker port "$(in_clone container nginx)")" "8080/tcp -> 127.0.0.1:$((PORT + 2))" 'its site is reached by a port of its own'
nok 'another secret signs there' cmp "$ROOT/var/lib/ecs/secrets/django" "$CLONE/var/lib/ecs/secrets/django"
run ecs-env --root "$ROOT" check "$CLONE/app/env.yml"
is "$status" 0 'its environment is a good one'
unlike "$(cat "$CLONE/app/env.yml")" 'backup|never-tell|ssh-ed25519' 'without what is not for a clone'

# --- what it is for, and what not --------------------------------------------------------------------------------------
run ecs-status --root "$CLONE"
is "$status" 0 'every tool works on it: ecs-status'
run ecs-manage --root "$CLONE" true
is "$status" 0 'ecs-manage'
for refused in 'ecs-update --to r1' 'ecs-migrate' 'ecs-snapshot create X' 'ecs-backup' 'ecs-clone create'; do
	# shellcheck disable=SC2086 # words
	run $refused --root "$CLONE"
	is "$status" 78 "but for $refused"
done
run ecs-snapshot --root "$ROOT" remove CLONE
is "$status" 1 'its snapshots cannot be taken away'
like "$err" "in use: mounted at $CLONE" 'and who has them is told'
run env ECS_CLOCK=$(($(date +%s) + 4 * 86400)) ecs-snapshot --root "$ROOT" expire
is "$status $(clone_state)" '0 serves' 'nor by their end: that is for ecs-clone'

# --- names ---------------------------------------------------------------------------------------------------------------
before=$(clone_rest)
create
is "$status $(clone_rest)" "73 $before" 'one of that name is there'
create B
is "$status $(clone_rest)" "1 $before" 'one whose port is taken is not made, and nothing of it stays'
like "$err" "start its containers: .*port '127.0.0.1:$((PORT + 2))' is in use" 'and why is told'
run ecs-snapshot --root "$ROOT" create B
create B
is "$status" 73 'nor one where a snapshot of that name stands'
run ecs-snapshot --root "$ROOT" remove B
create 'a.b'
is "$status" 64 'nor one whose name is none'
create "$(printf 'x%.0s' {1..60})"
is "$status" 64 'or is too long'
seal=$ROOT/app/current/share/ecs/compose.clone.yml
mv "$seal" "$WORK/seal"
create B
is "$status $(clone_rest)" "1 $before" 'nor without what keeps it from the outside'
like "$err" "'.*/compose.clone.yml' is missing" 'which is told'
mv "$WORK/seal" "$seal"
clone create --http 80 --https 80
is "$status" 64 'nor with one port for two'
clone create --https moon
is "$status" 64 'nor with one that is none'

# --- beside a change of the appliance ------------------------------------------------------------------------------------
migration 0003_three 'ALTER TABLE two ADD j int; SELECT 1 / 0'
revision bad
run ecs-update --root "$ROOT" --to bad
is "$status $(whole)" '1 r1 0001_one 0002_two' 'a migration of the appliance that fails is taken back beside it'
is "$(clone_state) $(in_clone sql 'SELECT count(*) FROM one')" 'serves 0' 'and it serves on'

# --- its end -------------------------------------------------------------------------------------------------------------
entry=$ROOT/etc/cron.d/ecs-expire-CLONE
like "$(cat "$entry")" "ecs-clone --root $ROOT --wait=3600 expire -- CLONE" 'cron ends it'
due() { sed -n 's/^# due //p' "$entry"; }
like $(($(due) - $(date +%s))) '^2(59|58)[0-9]{3}$' 'in three days'
clone extend --expires 7d
like $(($(due) - $(date +%s))) '^60[0-9]{4}$' 'or later'
clone expire
is "$status $(clone_state)" '0 serves' 'not before'

# as after a boot
# shellcheck disable=SC2046 # one word an id
docker kill $(docker ps -q --filter "label=com.docker.compose.project=$(project_of "$CLONE")") >/dev/null
umount "$CLONE/data/ecs-storage-vault" "$CLONE/data/ecs-postgres"
is "$(clone_state)" stopped 'after a boot it is stopped'
run ecs-start --root "$CLONE"
is "$status" 78 'without its volumes it is not started empty'
rm -rf "$ROOT/run/ecs/clones"
run docker start "$(in_clone container ecs.web)"
like "$status $err" '^1 .*run/ecs/boot' 'nor by the engine, whose own word for it is of a folder'
clone start
is "$status $(clone_state)" '0 serves' 'ecs-clone start'
is "$(in_clone sql 'SELECT count(*) FROM one') $(ls "$CLONE/data/ecs-storage-vault")" '0 x' 'with what was done to it'
docker rm -f "$(in_clone container ecs.web)" >/dev/null
is "$(clone_state)" failing 'one whose container was removed does not serve, healthy as the others are'

exec 7<"$CLONE/data/ecs-storage-vault/x"
run env ECS_CLOCK=$(($(date +%s) + 8 * 86400)) ecs-clone --root "$ROOT" expire
is "$status" 2 'one that somebody holds does not end'
like "$err" 'in use: held by .*bash' 'who does is told'
ok 'cron will try again' test -e "$entry"
exec 7<&-
touch "$CLONE/fixed"
chattr +i "$CLONE/fixed"
run env ECS_CLOCK=$(($(date +%s) + 8 * 86400)) ecs-clone --root "$ROOT" expire
is "$status" 0 'then it ends, though a file of it must not be changed'
is "$(clone_rest)" '' 'and nothing of it is left'
is "$(whole)" 'r1 0001_one 0002_two' 'but the appliance'
for verb in start extend destroy; do
	clone $verb
	is "$status" 66 "$verb: there is none"
done
clone expire
is "$status" 0 'expire: none is no error'

# its snapshots are removed by hand, in the meantime
create
ok 'once more' test "$status" = 0
clone_down
run ecs-snapshot --root "$ROOT" remove CLONE
is "$status $(clone_state)" '0 lost' 'one whose snapshots were removed is lost'
clone start
is "$status" 66 'it does not start'
clone extend
is "$status" 66 'nor last longer'
clone expire
is "$status $(clone_rest)" '0 ' 'what was left of it goes'
finish
