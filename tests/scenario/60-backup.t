#!/bin/bash
# SPDX-License-Identifier: MIT
# Backup and restore on real duplicity, restic, GnuPG, PostgreSQL and btrfs.
. "$(dirname "$0")/../support/lib.sh"
. "$ECS_TREE/tests/support/appliance.sh"
. "$ECS_TREE/tests/support/restoring.sh"
restoring_root

backup_env "file://$TARGET"
start
is "$status" 0 'the appliance starts'
backup
is "$status" 1 'an empty vault is not backed up'
like "$err" "the vault .* is empty" 'and it says so'

mkdir -m 750 "$VAULT/a" "$VAULT/a/empty"
for i in {1..40}; do head -c "$((i * 700))" /dev/urandom >"$VAULT/a/$i"; done
printf 'one' >"$VAULT/a/"$'new\nline \\ \xc3\xa4'
: >"$VAULT/a/zero"
truncate -s 1M "$VAULT/a/sparse"
ln -s '1' "$VAULT/a/link"
chmod 600 "$VAULT/a/1"
chown -R 5432:5432 "$VAULT/a"
sql 'CREATE TABLE kept (id int, what text); DELETE FROM one'
backup
is "$status" 1 'an empty database is not backed up'
like "$err" "the database 'ecs' is empty" 'and it says so'
sql "ALTER TABLE kept OWNER TO ecs; INSERT INTO kept SELECT i, 'row ' || i FROM generate_series(1, 500) i"

# --- duplicity ------------------------------------------------------------------------------------
backup
is "$status" 0 'it is backed up'
like "$err" '6 files read back' 'a sample came back, the odd name in it'
like "$err" 'was paused for [0-9]+ ms' 'the pause is said'
is "$(left_backup)" '' 'nothing is left of it'
backup --check
is "$status" 0 '--check: yes'
backup --list
like "$out" ^20[0-9T:-]+Z$'\t'full$'\t' '--list shows it'
nok 'the key lies nowhere about' grep -qr 'BEGIN PGP' "$ROOT/var/lib/ecs/backup" "$ROOT/data/temp"

# by hand, as the manual says
run env PASSPHRASE= duplicity restore --archive-dir "$WORK/arch" --numeric-owner "file://$TARGET" "$WORK/hand"
is "$status" 0 'by hand: duplicity restores'
run bash -c 'cd "$1" && sha256sum --check --quiet --strict manifest' - "$WORK/hand"
is "$status" 0 'by hand: sha256sum finds all as the manifest says'
run gpg --verify "$WORK/hand/manifest.sig" "$WORK/hand/manifest"
is "$status" 0 'by hand: the signature is good'
ok 'by hand: the dump is one' bash -c 'gunzip -c "$1" | head -c 5 | grep -q PGDMP' - "$WORK/hand/ecs-pgdump/ecs.pgdump.gz"

before=$(tree) before_content=$(content)
rm -f "$VAULT"/a/{1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20}
backup
is "$status" 1 'half of the files are gone: refused'
like "$err" 'accept-shrink' 'it says what to do'
backup --check
is "$status" 0 'the last good one is still the last'

# --- killed ---------------------------------------------------------------------------------------
head -c 60000000 /dev/urandom >"$VAULT/a/large"
ecs-backup --root "$ROOT" --accept-shrink 2>"$WORK/killed" &
pid=$!
ok 'a run is storing' until_true 60 bash -c "ls '$TARGET' | grep -q 'inc.*vol1'"
kill -9 $pid
wait $pid 2>/dev/null
gone() { ! pgrep -f "[d]uplicity.*$ROOT" >/dev/null; }
ok 'its duplicity ends with it' until_true 20 gone
rm "$VAULT/a/large"
sql "DELETE FROM kept WHERE id > 400"
restore
is "$status" 0 'the backup before restores all the same'
is "$(content)" "$before_content" 'files: byte by byte'
is "$(tree)" "$before" 'and names, kinds, modes, owners'
is "$(sql 'SELECT count(*), sum(id) FROM kept')" '500|125250' 'rows'
is "$(running)" 'ecs-postgres ecs.web nginx' 'the application runs again'
restore
is "$status" 1 'a second restore waits for the commit'
restore --commit
is "$status" 0 'the state before is committed'
nok 'and gone' test -e "$VAULT/.ecs-restore"
is "$(ls -A "$ROOT/etc/cron.d")" '' 'its cron entry too'
backup
is "$status" 0 'the next backup succeeds'
is "$(left_backup)" '' 'and tidies up what the killed one left'

# at some lines of the journal, of backup and restore
strace -qq -e trace=fdatasync -e inject=fdatasync:signal=KILL:when=8 -o "$WORK/trace" ecs-backup --root "$ROOT" 2>/dev/null
ok 'killed at a line of the journal' test -e "$ROOT/var/lib/ecs/journal"
sql "DELETE FROM kept WHERE id > 450"
backup --accept-shrink
is "$status" 0 'the next backup resolves it'
is "$(left_backup)" '' 'and leaves nothing'
for n in 10 14 18; do
	takes "$((n / 4))" 3 || continue
	strace -qq -e trace=fdatasync -e inject=fdatasync:signal=KILL:when=$n -o "$WORK/trace" \
		ecs-restore --root "$ROOT" 2>/dev/null
	ok "restore killed at line $n" test -e "$ROOT/var/lib/ecs/journal"
	start
	is "$status" 0 'the next start resolves it'
	is "$(content)" "$before_content" 'to the files that were live'
	is "$(sql 'SELECT count(*) FROM kept')" 450 'and the rows'
	is "$(running)" 'ecs-postgres ecs.web nginx' 'and it runs'
done

# --- a table that is emptied and filled anew all the time ------------------------------------------
sql 'CREATE TABLE report (id int); ALTER TABLE report OWNER TO ecs'
docker exec -d "$(container ecs.web)" bash -c '[[ $DATABASE_URL =~ ^postgres://([^:]+):([^@]+)@([^:/]+):([0-9]+)/(.+)$ ]]
	export PGUSER=${BASH_REMATCH[1]} PGPASSWORD=${BASH_REMATCH[2]} PGHOST=${BASH_REMATCH[3]} PGDATABASE=${BASH_REMATCH[5]}
	for ((i = 1; ; i++)); do
		echo "BEGIN; TRUNCATE report; INSERT INTO report SELECT $i FROM generate_series(1, $i % 50 + 1); COMMIT;"
	done | psql -qX'
refreshed() { [ "$(sql 'SELECT max(id) FROM report')" -gt "$1" ]; }
ok 'a table is refreshed all the time' until_true 30 refreshed 10
run timeout 120 ecs-backup --root "$ROOT"
is "$status" 0 'it is backed up all the same, and nobody waits for ever'
ok 'the application went on' until_true 30 refreshed "$(sql 'SELECT max(id) FROM report')"
docker restart -t 0 "$(container ecs.web)" >/dev/null

# --- a drill --------------------------------------------------------------------------------------
restore --drill
is "$status" 0 'a drill proves it: the rows of the dump are those that were counted'
like "$(cat "$ROOT/var/lib/ecs/backup/drill.json")" '"good": true' 'with evidence'
is "$(left_backup)" '' 'and leaves nothing'
is "$(docker ps -aq --filter "label=com.docker.compose.project=$(project_of "$ROOT/data/temp/ecs-drill")")" '' 'no container either'

# --- the standing jobs ------------------------------------------------------------------------------
cron=$ECS_PREFIX/share/ecs/cron
is "$(grep -cE '^([0-9*]+ ){5}root (/app/current/sbin/ecs-|find /data/container/[a-z/]+ -xdev )' "$cron")" "$(grep -cE '^[0-9*]' "$cron")" \
	'each line of the cron file is one of our tools, or clears a folder of uploads, run by root'
for job in 'ecs-backup' 'ecs-restore .*--drill'; do
	line=$(grep "sbin/$job" "$cron")
	run env -i DOCKER_HOST="$DOCKER_HOST" PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		sh -c "$(sed -E "s|^.* root /app/current/sbin/(ecs-[a-z]+)|$ECS_PREFIX/sbin/\1 --root '$ROOT'|" <<<"$line")"
	is "$status:$out:$err" 0:: "cron's $job is done without a word"
done
volume=$(ls "$TARGET"/duplicity-full.*.vol1.difftar.gpg)
truncate -s -2000 "$volume"
restore --drill
is "$status" 1 'a drill of a damaged backup fails'
like "$(cat "$ROOT/var/lib/ecs/backup/drill.json")" '"good": false' 'with evidence'
restore
is "$status" 1 'so does a restore'
is "$(content)" "$before_content" 'the files are untouched'
is "$(sql 'SELECT count(*) FROM kept')" 450 'and the rows'
rm -rf "$TARGET"
backup
is "$status" 69 'a target that is gone is not filled anew'

# --- one of the older appliance -------------------------------------------------------------------
mkdir -p "$WORK/old/ecs-storage-vault/x" "$WORK/old/ecs-pgdump"
echo old >"$WORK/old/ecs-storage-vault/x/document"
cp "$WORK/hand/ecs-pgdump/ecs.pgdump.gz" "$WORK/old/ecs-pgdump"
fingerprint=$(gpg --batch --with-colons --list-keys | awk -F: '/^fpr/ { print $10; exit }')
run env PASSPHRASE= duplicity --archive-dir "$WORK/arch" --encrypt-key "$fingerprint" \
	--gpg-options '--trust-model always' "$WORK/old" "file://$WORK/oldtarget"
is "$status" 0 'plain duplicity backs up in the old layout'
restore --from "file://$WORK/oldtarget"
is "$status" 0 'it is restored'
like "$err" 'has no manifest' 'and it says what could not be checked'
is "$(cat "$VAULT/x/document")" old 'files'
is "$(sql 'SELECT count(*) FROM kept')" 500 'rows'
restore --commit

# --- restic ---------------------------------------------------------------------------------------
ln "$VAULT/x/document" "$VAULT/x/again"
setfattr -n user.note -v kept "$VAULT/x/document" 2>/dev/null
backup_env "restic:$WORK/repository"
start
backup --accept-shrink # the old one is small
is "$status" 0 'restic stores it'
rm "$VAULT/x/document" "$VAULT/x/again"
restore --only files
is "$status" 0 'and restores the files alone'
is "$(stat -c %h "$VAULT/x/again")" 2 'hard links are one file again'
write_env '  backup:' "    url: restic:$WORK/repository" '    encrypt: another'
start
backup
is "$status" 78 'a wrong password is told as one'
write_env '  backup:' "    url: file://$WORK/elsewhere"
start
backup
is "$status" 78 'no key, no backup: an error, not a skip'
finish
