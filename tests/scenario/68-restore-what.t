#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What is restored: while the application writes pairs of file and row, by restic with links and attributes, the state of
# a time, one part alone, the older appliance's, with a key that has expired since; and by hand, as ecs-backup(8) says.
. "$(dirname "$0")/../support/lib.sh"
. "$ECS_TREE/tests/support/appliance.sh"
. "$ECS_TREE/tests/support/restoring.sh"

restoring_root
REPOSITORY=$WORK/repository
backup_env "restic:$REPOSITORY"
start
is "$status" 0 'the appliance starts'
fill_vault
ln "$VAULT/b" "$VAULT/a/again"
attribute() { python3 -c 'import os, sys; print(os.setxattr(*sys.argv[2:], b"kept") or "" if sys.argv[1] == "set" else os.getxattr(*sys.argv[2:]).decode())' "$1" "$2" user.note; }
attribute set "$VAULT/b" >/dev/null
sql 'CREATE TABLE kept (id int); ALTER TABLE kept OWNER TO ecs; INSERT INTO kept SELECT generate_series(1, 500)'

# --- the older appliance's, by plain duplicity and pg_dump; its key expires while the rest is tried ---------------
mkdir -p "$WORK/old/ecs-pgdump" "$WORK/old/ecs-storage-vault/x"
echo old >"$WORK/old/ecs-storage-vault/x/document"
chown -R 1000:1000 "$WORK/old"
docker exec "$(container ecs-postgres)" pg_dump -U postgres -Fc -Z0 ecs | gzip --rsyncable >"$WORK/old/ecs-pgdump/ecs.pgdump.gz"
make_key expires@localhost seconds=60 >"$WORK/expires.asc"
fingerprint=$(gpg --batch --with-colons --list-keys expires@localhost | awk -F: '/^fpr/ { print $10; exit }')
run env PASSPHRASE= duplicity --archive-dir "$WORK/arch" --encrypt-key "$fingerprint" \
	--gpg-options '--trust-model always' "$WORK/old" "file://$WORK/oldtarget"
is "$status" 0 'plain duplicity backs up in the old layout'

# --- pairs of file and row, written by the application itself ----------------------------------------------
pairs_begin
ok 'pairs are written' pairs_more 20
backup
is "$status" 0 'a backup while they are'
then=$(pairs_count) odd=$(tree "$VAULT/odd")
ok 'and they go on' pairs_more 20
pairs_end
restore
is "$status" 0 'it restores'
is "$(pairs_fault "$then")" '' "files and rows are of one instant, whole and without a gap ($(pairs_count) rows, $then at most)"
is "$(stat -c %h "$VAULT/a/again") $(attribute get "$VAULT/b")" '2 kept' 'restic: hard links and attributes'
is "$(tree "$VAULT/odd")" "$odd" 'restic: whatever else a vault may hold'
is "$(find "$VAULT" -path "$VAULT/.ecs-restore" -prune -o -type f -perm /6000 -print)$(python3 -c 'import os, sys; print(*os.listxattr(sys.argv[1]))' "$VAULT/odd/capability")" '' 'but no setuid, setgid or capability'
like "$err" '3 files had setuid, setgid or a capability' 'which it says'
is "$(rows)" 500 'rows'
restore --commit
pairs_remove
rm -r "$VAULT/odd" # of its files too many are read back from here on

# --- the state of a time ---------------------------------------------------------------------------------------
state() { # NUMBER
	echo "$1" >"$VAULT/state"
	sql "DELETE FROM kept WHERE id > 1000; INSERT INTO kept VALUES (1000 + $1)"
	backup --accept-shrink
	is "$status" 0 "state $1 is backed up"
}
state 1
mapfile -t times < <(ecs-backup --root "$ROOT" --list | cut -f1)
read -rt 2 <> <(:) # restic's times are of the machine's own clock
state 2
SHAPE=$(shape) CONTENT=$(content)
first=${times[-1]}
restore --time "$first"
is "$status" 0 'the backup of a time'
like "$err" "the state of 20[0-9T:-]+Z" 'it says of which'
is "$(cat "$VAULT/state") $(sql 'SELECT max(id) FROM kept')" '1 1001' 'files and rows of then'
restore --commit
restore --only files
is "$status" 0 'the files alone, of the newest'
is "$(cat "$VAULT/state") $(sql 'SELECT max(id) FROM kept')" '2 1001' 'files of it, rows as they were'
is "$(databases)" ecs 'no database was made'
# a commit that could not remove them, and was cut off when only its cron entry was left to be looked at
chown 5432 "$VAULT/.ecs-restore"
{
	printf 'flow restore-commit\nis database ecs\n'
	printf 'begin %s\ndone %s\n' 'remove the files before the restore'{,} 'drop the database before the restore'{,}
} >"$ROOT/var/lib/ecs/journal"
restore --commit
is "$status" 2 'an interrupted commit is resolved, and tried again, but does not succeed'
like "$err" "the state from before the restore may still be there: run 'ecs-restore --commit' again" 'what it left is told'
ok 'and cron still tries' test -e "$ROOT/etc/cron.d/ecs-expire-RESTORE"
chown 0 "$VAULT/.ecs-restore"
restore --commit
is "$status:$(ls -A "$ROOT/etc/cron.d")" 0: 'until it is gone'
echo live >"$VAULT/state"
restore --only database
is "$status" 0 'the database alone'
is "$(cat "$VAULT/state") $(sql 'SELECT max(id) FROM kept')" 'live 1002' 'rows of it, files as they were'
is "$(databases)" 'ecs ecs_before' 'the one before is kept'
like "$(cat "$ROOT/etc/cron.d/ecs-expire-RESTORE")" 'ecs-restore.* --commit' 'for a week'
restore --commit
is "$(databases):$(ls -A "$ROOT/etc/cron.d")" ecs: 'or until it is committed'

# --- by hand, as the manual says: restic --------------------------------------------------------------------------
mkdir "$WORK/hand"
run restic -r "$REPOSITORY" --password-file "$KEY" restore latest --target "$WORK/hand"
is "$status" 0 'by hand: restic restores'
run bash -c 'cd "$1" && sha256sum --check --quiet --strict manifest' - "$WORK/hand"
is "$status" 0 'by hand: all is as the manifest says'
is "$(content "$WORK/hand/ecs-storage-vault") $(shape "$WORK/hand/ecs-storage-vault")" "$CONTENT $SHAPE" 'by hand: the vault'
by_hand() { # FOLDER: the dump, into a database of another name
	sql 'DROP DATABASE IF EXISTS hand' postgres
	sql 'CREATE DATABASE hand OWNER ecs' postgres
	gunzip -c "$1/ecs-pgdump/ecs.pgdump.gz" | docker exec -i "$(container ecs-postgres)" \
		pg_restore --no-owner --no-privileges --no-comments --role=ecs --dbname=hand
}
run by_hand "$WORK/hand"
is "$status:$(sql 'SELECT count(*), max(id) FROM kept' hand)" '0:501|1002' 'by hand: the rows'

# --- the older appliance's, made at the beginning: its key has expired since ---------------------------------------
sql 'DROP DATABASE hand' postgres
KEY=$WORK/expires.asc
expired() { gpg --batch --with-colons --list-keys expires@localhost | grep -q '^pub:e:'; }
ok 'its key expires' until_true 60 expired
backup_env "file://$WORK/oldtarget"
start
restore
is "$status" 0 'it is restored all the same'
like "$err" 'has no manifest, so nobody knows whether it is complete' 'and it says what could not be checked'
is "$(cat "$VAULT/x/document") $(stat -c %U:%u "$VAULT/x/document" | cut -d: -f2)" "old $(stat -c %u "$VAULT")" 'files, given to the owner of the vault'
is "$(sql 'SELECT count(*), max(id) FROM kept')" '500|500' 'rows'
backup
is "$status" 78 'no backup is made with an expired key'
finish
