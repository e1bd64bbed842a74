#!/bin/bash
# SPDX-License-Identifier: MIT
#
# recover.from_backup on an empty machine: vault and database are restored at the first boot, whatever interrupts it,
# and never an empty database is made instead.
. "$(dirname "$0")/../support/lib.sh"
. "$ECS_TREE/tests/support/appliance.sh"
. "$ECS_TREE/tests/support/restoring.sh"

restoring_root
first_backup
cp -a "$ROOT/var/lib/ecs/secrets" "$WORK/secrets"

empty_machine() { # [cluster]: the same machine with nothing on it; with a cluster that has no database
	reset "$@"
	find "$VAULT" -mindepth 1 -maxdepth 1 ! -name .ecs-snapshots -exec rm -rf {} +
	rm -rf "$ROOT/var/lib/ecs" "$ROOT/data/temp" "$ROOT/run/ecs"
}
whole() { # WHAT: all is there, and nothing is left over
	is "$(rows):$(sql 'SELECT sum(id) FROM kept')" 500:125250 "$1: rows"
	is "$(content) $(tree)" "$CONTENT $TREE" "$1: files"
	is "$(databases)" ecs "$1: one database"
	is "$(left ${2:+"$2"})" '' "$1: nothing is left"
	is "$(running)" 'ecs-postgres ecs.web nginx' "$1: all run"
	is "$(id)" "$ID" "$1: its backups go on as this appliance's"
}
id() { sed -n 's/.*"appliance": "\(.*\)".*/\1/p' "$ROOT/var/lib/ecs/backup/owner.json"; }
ID=$(id)
recover=$'ecs:\n  recover: {from_backup: true}'
# the same at a second place, from which it is fetched in a third of the time
backup_env "restic:$WORK/repository"
start
backup
is "$status" 0 'it is backed up by restic, too'

# --- the first boot -------------------------------------------------------------------------------
backup_env "file://$TARGET" "$recover"
start
is "$status" 0 'a machine that has a database'
unlike "$err" restored 'is not touched'
whole 'not touched'

stop
docker start "$(container ecs-postgres)" >/dev/null
until_true 30 sql 'SELECT 1' postgres
sql 'DROP DATABASE ecs' postgres
stop
PG_TEMPLATE=$WORK/pg.template
cp -a "$ROOT/data/ecs-postgres/pg" "$PG_TEMPLATE"

empty_machine
start --explain
is "$status" 0 'an empty machine: --explain'
like "$out" 'recover from backup'$'\t''asked for'$'\t''restore vault and database' 'it says so'
is "$(ls -A --ignore=.ecs-snapshots "$VAULT")" '' 'and does nothing'
start
is "$status" 0 'an empty machine recovers'
like "$err" "restored from 'file://.*': the state of 20[0-9T:-]+Z, in [0-9]+ s" 'recovery point and time are said'
whole recovered
start
is "$status" 0 'a second start'
unlike "$err" restored 'does not restore again'
whole 'started again'

# --- what cannot be recovered is not made -----------------------------------------------------------
refused() { # STATUS TEXT WHAT
	start
	is "$status" "$1" "$3: exit status"
	like "$err" "$2" "$3: it says so"
	is "$(grep -v 'on a plain folder' <<<"$err" | grep -c '^ecs-start: .*')" 1 "$3: in one line"
	nok "$3: no database was made" sql 'SELECT 1' ecs
	is "$(ls -A --ignore=.ecs-snapshots "$VAULT")" "${4:-}" "$3: the vault is as it was"
}
empty_machine cluster
backup_env "file://$WORK/nowhere" "$recover"
refused 1 'nowhere' 'no target'
empty_machine cluster
KEY=$WORK/other.asc
make_key other@localhost >"$KEY"
backup_env "file://$TARGET" "$recover"
refused 1 'key' 'another key'
KEY=$WORK/key.asc
backup_env "file://$TARGET" "$recover"
echo mine >"$VAULT/mine"
refused 78 "not empty" 'a vault with files' mine
is "$(cat "$VAULT/mine")" mine 'which nobody touches'
empty_machine cluster
cp -a "$TARGET" "$WORK/damaged"
truncate -s -3000 "$WORK"/damaged/duplicity-full.*.vol1.difftar.gpg
backup_env "file://$WORK/damaged" "$recover"
refused 1 'fetch the backup' 'a damaged volume'
is "$(left)" '' 'and nothing is left of it'

# without its signature: anybody at the target could have made it
PASSPHRASE='' duplicity restore --archive-dir "$WORK/arch" --numeric-owner "file://$TARGET" "$WORK/forged" >/dev/null || bail 'duplicity'
rm "$WORK/forged/manifest.sig"
fingerprint=$(gpg --batch --with-colons --list-keys backup@localhost | awk -F: '/^fpr/ { print $10; exit }')
PASSPHRASE='' duplicity --archive-dir "$WORK/arch-forged" --encrypt-key "$fingerprint" --gpg-options '--trust-model always' \
	"$WORK/forged" "file://$WORK/unsigned" >/dev/null || bail 'duplicity'
backup_env "file://$WORK/unsigned" "$recover"
refused 1 "is not signed, though our key can sign: .*'recover: .accept_differences: true.' in env.yml restores it anyway" 'a backup without its signature'
backup_env "file://$WORK/unsigned" "${recover/\}/, accept_differences: true\}}"
start
is "$status" 0 'accepted, it recovers'
like "$err" 'warning: the manifest of the backup is not signed' 'with a warning'
is "$(rows):$(id)" "500:$ID" 'and goes on as this appliance'

# --- interrupted ------------------------------------------------------------------------------------
backup_env "restic:$WORK/repository" "$recover"
empty_machine cluster
mapfile -t steps < <(ecs-start --root "$ROOT" -n | cut -f1)
# the journal begins with the flow and four facts
for i in "${!steps[@]}"; do
	case ${steps[i]} in # the others are those of any start: 24-start-killed.t
	'fetch the backup') lines=("$((5 + 2 * i + 1))" "$((5 + 2 * i + 2))") ;;
	'restore the dump' | 'migrate the new database') [ "$(share)" != 1 ] || lines+=("$((5 + 2 * i + 1))" "$((5 + 2 * i + 2))") ;;
	'fill the vault' | 'give the database its name') lines+=("$((5 + 2 * i + 1))" "$((5 + 2 * i + 2))") ;;
	'tidy up after the recovery') lines+=("$((5 + 2 * i + 1))") ;;
	esac
done
for i in "${!lines[@]}"; do
	takes "$i" 2 || continue
	empty_machine cluster
	run strace -qqq -o "$WORK/strace" -e trace=fdatasync -e "inject=fdatasync:signal=KILL:when=${lines[i]}" \
		ecs-start --root "$ROOT"
	is "$status" 137 "killed at line ${lines[i]}"
	line=$(tail -n1 "$ROOT/var/lib/ecs/journal" 2>/dev/null)
	if [ "$line" = 'begin fill the vault' ]; then # half of it is moved
		mv "$VAULT/.ecs-restore/new" "$VAULT/.ecs-restore/in"
		mv "$VAULT/.ecs-restore/in/b" "$VAULT/b"
	fi
	(((i / 2 + ECS_SEED / 2) % 2)) || power_cut
	start
	is "$status" 0 "killed at '$line': the next start recovers"
	whole "killed at '$line'" killed
done

# within the renaming of the database: done, and not recorded
empty_machine cluster
start
power_cut
{
	printf 'flow start\nis database ecs\nis postgres stopped\nis application \nis recover yes\n'
	for step in 'fetch the backup' 'make a database' 'restore the dump' 'migrate the new database' 'fill the vault'; do
		printf 'begin %s\ndone %s\n' "$step" "$step"
	done
	echo 'begin give the database its name'
} >"$ROOT/var/lib/ecs/journal"
install -d -m 700 "$VAULT/.ecs-restore" "$VAULT/.ecs-restore/in" # as a restore makes it
start
is "$status" 0 'cut off when the database had its name: the next start goes on'
unlike "$err" 'restored from' 'and restores nothing again'
whole 'cut off when the database had its name' killed

# by a signal: taken back
empty_machine cluster
ecs-start --root "$ROOT" 2>"$WORK/err.term" &
pid=$!
ok 'it is fetching' until_true 60 grep -qs 'begin fetch the backup' "$ROOT/var/lib/ecs/journal"
kill -TERM $pid
wait $pid
status=$? err=$(cat "$WORK/err.term")
is "$status" 143 'SIGTERM ends it'
is "$(left)" '' 'and nothing is left'
is "$(ls -A --ignore=.ecs-snapshots "$VAULT")" '' 'in the vault neither'
start
is "$status" 0 'the next start recovers'
whole 'after SIGTERM'
finish
