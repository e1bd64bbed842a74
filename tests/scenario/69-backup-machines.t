#!/bin/bash
# SPDX-License-Identifier: MIT
# Two machines and one place for their backups: neither stores among the other's, or makes anything forget them; an empty
# machine whose place holds backups does not begin anew by itself, and one that was recovered goes on with its own.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/restoring.sh"
restoring_root
OWNER=$ROOT/var/lib/ecs/backup/owner.json
id() { sed -n 's/.*"appliance": "\(.*\)".*/\1/p' "$OWNER"; }
newest() { ecs-backup --root "$ROOT" --list | tail -n1 | cut -f4,5; }
# another_machine: the same data on one that knows nothing of earlier backups
another_machine() { mv "$ROOT/var/lib/ecs/backup" "$WORK/${1:-gone.$RANDOM}"; }
# first_machine FOLDER: back to what was moved there
first_machine() {
	rm -rf "$ROOT/var/lib/ecs/backup"
	mv "$WORK/$1" "$ROOT/var/lib/ecs/backup"
}
empty_machine() {
	reset
	find "$VAULT" -mindepth 1 -maxdepth 1 ! -name .ecs-snapshots -exec rm -rf {} +
	rm -rf "$ROOT/var/lib/ecs" "$ROOT/data/temp" "$ROOT/run/ecs"
}
stored() { find "$1" -type f ! -path '*/locks/*' -printf '%P %s\n' | LC_ALL=C sort | sha256sum; }

# refused PLACE TEXT WHAT: nothing at PLACE changes
refused() {
	local was
	was=$(stored "$1")
	backup -n
	is "$status" 78 "$3: --dry-run refuses it, too"
	backup
	is "$status" 78 "$3: refused"
	like "$err" "$2" "$3: by name"
	like "$err" "'ecs-backup --adopt'" "$3: with the remedy"
	is "$(stored "$1")" "$was" "$3: what is there stays as it is"
}

# machines DRIVER PLACE: two of them, one place
machines() {
	local first number
	first=$(id) number=$(newest | cut -f1)
	another_machine first
	refused "$2" "belongs to the appliance $first \('localhost'\)" "$1: another machine"
	mkdir "$WORK/few"
	mv "$VAULT"/a/* "$WORK/few"
	backup --adopt
	is "$status" 1 "$1: adopted, but with much less in it than the newest there"
	like "$err" accept-shrink "$1: refused, as on the first machine"
	mv "$WORK"/few/* "$VAULT/a"
	rmdir "$WORK/few"
	backup --adopt
	is "$status" 0 "$1: adopted"
	is "$(newest)" "$((number + 1))"$'\t'"$first" "$1: it goes on with their numbers, as that appliance"
	backup --check
	is "$status" 0 "$1: --check: yes"
	first_machine first
	refused "$2" 'made by another machine with this appliance.s id' "$1: the first one, beside its copy"
	backup --check
	is "$status" 1 "$1: --check: no, on the first"
	backup --adopt
	is "$status" 0 "$1: unless it takes them back"
}

# --- duplicity --------------------------------------------------------------------------------------------------------
first_backup
is "$(newest)" "1"$'\t'"$(id)" 'the first backup is number 1 of this appliance'
backup -n
is "$status" 0 '--dry-run'
like "$out" $'sign the manifest\t' 'shows that the manifest would be signed'
# what follows is told by our own manifest, whichever program stores it: the one in this run, the other in the next
! takes 0 2 || machines duplicity "$TARGET"

# an older version of this suite, or the older appliance, told nobody's name
fingerprint=$(gpg --batch --with-colons --list-keys | awk -F: '/^fpr/ { print $10; exit }')
mkdir -p "$WORK/old/ecs-storage-vault" "$WORK/nameless"
echo old >"$WORK/old/ecs-storage-vault/document"
PASSPHRASE='' duplicity --archive-dir "$WORK/arch" --encrypt-key "$fingerprint" --gpg-options '--trust-model always' \
	"$WORK/old" "file://$WORK/nameless" >/dev/null || bail 'duplicity failed'
backup_env "file://$WORK/nameless"
start
refused "$WORK/nameless" 'without an appliance.s id' 'backups without a name'

# --- restic -----------------------------------------------------------------------------------------------------------
backup_env "restic:$WORK/repository"
start
backup
is "$status" 0 'a first backup by restic'
! takes 1 2 || machines restic "$WORK/repository"
run env RESTIC_PASSWORD_FILE="$KEY" restic -q -r "$WORK/repository" tag --add seq-1000000000 latest
backup -n
is "$status" 78 'a number that none can follow: refused'
like "$err" 'holds a backup with the number 1000000000' 'by name'
run env RESTIC_PASSWORD_FILE="$KEY" restic -q -r "$WORK/repository" tag --remove seq-1000000000 latest

# --- an empty machine -------------------------------------------------------------------------------------------------
# none WHAT: nothing was started or made
none() {
	is "$(running)" '' "$1: no container runs"
	nok "$1: no cluster was made" test -e "$ROOT/data/ecs-postgres/pg"
}
empty_machine
start
is "$status" 78 'an empty machine whose place holds backups'
like "$err" "'restic:.*' holds [0-9]+ backups, the newest from 20[0-9T:-]+Z: set recover.from_backup, or give --new-database" 'it says what there is'
none 'an empty machine'
start --explain
is "$status" 78 '--explain'
like "$out" 'database'$'\t'".*holds [0-9]+ backups.*"$'\t''refuse' 'has it as one of its questions'
backup_env 'restic:rest:http://127.0.0.1:9/'
start
is "$status" 69 'a place that does not answer'
like "$err" '--new-database' 'says what to do'
none 'a place that does not answer'
backup_env "restic:$WORK/never"
start --explain
is "$status" 0 'a place where nothing was ever made'
like "$out" 'backups'$'\t'"none at '.*never'"$'\t''go on' 'is told as that'
nok 'and nothing is made there' test -e "$WORK/never"
# the private key may be kept elsewhere: to see that there is nothing it is not needed
gpg -q --batch --armor --export backup@localhost >"$WORK/public.asc"
KEY=$WORK/public.asc
mkdir "$WORK/empty"
backup_env "file://$WORK/empty"
start --explain
is "$status" 0 'an empty place, and a public key alone'
like "$out" 'backups'$'\t'"none at '.*empty'"$'\t''go on' 'is told as that, too'
KEY=$WORK/key.asc

backup_env "file://$TARGET" $'ecs:\n  recover: {from_backup: true}'
start
is "$status" 0 'it recovers'
was=$(newest)
is "$(cut -f2 <<<"$was")" "$(id)" 'and is the appliance that it was'
backup --check
like "$status $err" '^1 .*since this machine was recovered' '--check: no backup yet'
backup
is "$status" 0 'the next backup goes on'
is "$(newest)" "$(($(cut -f1 <<<"$was") + 1))"$'\t'"$(id)" 'with the next number'
backup --check
is "$status" 0 '--check: yes'

backup_env "file://$TARGET"
empty_machine
start --new-database
is "$status" 0 'or it begins anew, where that is said'
is "$(running)" 'ecs-postgres ecs.web nginx' 'and runs'
finish
