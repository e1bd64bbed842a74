#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Backups that cannot be restored, and machines that cannot take them: exit status, one clear line, what is live
# untouched, nothing left. And drills: of such backups, killed, and of a good one.
. "$(dirname "$0")/../support/lib.sh"
. "$ECS_TREE/tests/support/appliance.sh"
. "$ECS_TREE/tests/support/restoring.sh"

restoring_root
LARGE=4000000 # of several volumes
first_backup '    options: --volsize 1'
sql 'DELETE FROM kept WHERE id > 450'
LIVE="$(content) $(tree) 450"
fails() { # STATUS TEXT WHAT [OPTION…]
	local wanted=$1 text=$2 what=$3
	shift 3
	restore "$@"
	is "$status" "$wanted" "$what: exit status"
	like "$err" "$text" "$what: it says so"
	# differences are listed before the error, and what a restore never gives back
	is "$(grep -cvE "^ecs-restore: ((content|size|kind|rows|missing|extra): '|warning: [0-9]+ files? had setuid)" <<<"$err")" 1 "$what: in one line"
	is "$(content) $(tree) $(rows)" "$LIVE" "$what: what is live is untouched"
	is "$(databases):$(left):$(running)" 'ecs::ecs-postgres ecs.web nginx' "$what: nothing is left, all run"
}

# --- key, target, volumes -----------------------------------------------------------------------------
KEY=$WORK/other.asc
make_key other@localhost >"$KEY"
backup_env "file://$TARGET"
start
fails 78 'key' 'another key'
KEY=$WORK/key.asc
backup_env "file://$TARGET"
start
fails 66 'nowhere. holds no backup' 'no target' --from "file://$WORK/nowhere"
mkdir "$WORK/none"
fails 66 'holds no backup' 'an empty target' --from "file://$WORK/none"
fails 66 'holds no backup that old' 'a time before the first' --time 2020-01-01
like "$err" 'the oldest is from 20[0-9T:-]+Z' 'and it says which is the first'
restore --time yesterday
is "$status" 64 'no time is misuse'
like "$err" 'is not a valid time: give 2026-01-02' 'and it says what one is'
copy() { rm -rf "$WORK/copy" && cp -a "$TARGET" "$WORK/copy"; }
copy
truncate -s -3000 "$WORK"/copy/*.vol1.difftar.gpg
fails 1 'duplicity|gpg' 'a volume that is cut off' --from "file://$WORK/copy"
copy
rm "$WORK"/copy/*.vol2.difftar.gpg
fails 1 'duplicity' 'a volume that is missing' --from "file://$WORK/copy"

# --- what the backup holds: made by hand, so that the engine has nothing to say against it ---------------
export PASSPHRASE=
whole=$WORK/whole
duplicity restore --archive-dir "$WORK/arch" --numeric-owner "file://$TARGET" "$whole" >/dev/null
fingerprint=$(gpg --batch --with-colons --list-keys backup@localhost | awk -F: '/^fpr/ { print $10; exit }')
forged() { # what stands in $WORK/forged, as a backup at $WORK/by-hand
	rm -rf "$WORK/by-hand" "$WORK/arch-hand"
	duplicity --archive-dir "$WORK/arch-hand" --encrypt-key "$fingerprint" --gpg-options '--trust-model always' \
		--allow-source-mismatch "$WORK/forged" "file://$WORK/by-hand" >/dev/null || bail 'duplicity'
}
fresh() { rm -rf "$WORK/forged" && cp -a "$whole" "$WORK/forged"; }
sign() { gpg -q --batch --yes --local-user "$fingerprint" --detach-sign --output "$WORK/forged/manifest.sig" "$WORK/forged/manifest"; }
fresh
echo more >>"$WORK/forged/ecs-storage-vault/b"
touch "$WORK/forged/ecs-storage-vault/x"
forged
fails 1 'differences between the backup and its manifest' 'files that are not those of the manifest' --from "file://$WORK/by-hand"
fresh
truncate -s -200 "$WORK/forged/ecs-pgdump/ecs.pgdump.gz"
forged
fails 1 "content: 'ecs-pgdump/ecs.pgdump.gz' " 'a dump that is cut off' --from "file://$WORK/by-hand"
fresh
rm "$WORK/forged/manifest"
forged
fails 65 'holds the env.yml but no manifest: it is incomplete' 'no manifest' --from "file://$WORK/by-hand"
fresh
truncate -s -20 "$WORK/forged/manifest"
forged
fails 65 'manifest' 'a manifest that is cut off' --from "file://$WORK/by-hand"
fresh
sed -i 's/"public.kept":500/"public.kept":400/; s/"public.kept": 500/"public.kept": 400/' "$WORK/forged/manifest"
forged
fails 65 'sign' 'a manifest that its signature does not fit' --from "file://$WORK/by-hand"
rm "$WORK/forged/manifest.sig"
forged
fails 65 "is not signed, though our key can sign: .*'ecs-restore --accept-differences' restores it anyway" 'a signature that somebody removed' --from "file://$WORK/by-hand"
sign
forged
fails 1 "rows: 'public.kept: 500" 'rows that are not those of the manifest' --from "file://$WORK/by-hand"
fresh
sed -i 's/"major": *17/"major":99/; s/"postgres": *"[0-9.]*"/"postgres":"99.1"/' "$WORK/forged/manifest"
sign
forged
fails 78 'from PostgreSQL 99.1' 'a newer PostgreSQL' --from "file://$WORK/by-hand"
# an older appliance's: nothing says what must be there, but a dump has to load; here it is gzip that finds nothing wrong
fresh
rm "$WORK"/forged/{manifest,manifest.sig,env.yml}
gunzip -c "$whole/ecs-pgdump/ecs.pgdump.gz" | head -c -200 | gzip >"$WORK/forged/ecs-pgdump/ecs.pgdump.gz"
forged
fails 1 'load it into a new database.*pg_restore: error: ' "an older appliance's dump that is cut off" --from "file://$WORK/by-hand"
unlike "$err" 'Command was|warning: errors ignored' 'with what pg_restore says is wrong, not what it says last'
cp -a "$TARGET" "$WORK/kept"
rm -r "$TARGET"
cp -a "$WORK/by-hand" "$TARGET"
fails 65 'has no manifest, though earlier backups of this machine have one' 'the same among our own'
rm -r "$TARGET"
mv "$WORK/kept" "$TARGET"

# --- no room: the volumes of the vault and of temp -----------------------------------------------------------
free=$(($(stat -fc '%a * %S' "$VAULT") - (64 << 20)))
fallocate -l "$free" "$VAULT/.ecs-snapshots/full" 2>/dev/null || { mkdir -p "$VAULT/.ecs-snapshots" && fallocate -l "$free" "$VAULT/.ecs-snapshots/full"; }
fails 73 "'$VAULT' has room for [0-9]+ MB, but [0-9]+ MB are needed" 'no room for the files'
rm "$VAULT/.ecs-snapshots/full"
# btrfs gives the room back behind the removal
room_is_back() { sync -f "$VAULT" && [ $(($(stat -fc '%a * %S' "$VAULT"))) -gt $((free / 2)) ]; }
ok 'the room is given back' until_true 60 room_is_back
mount -t tmpfs -o size=65m tmpfs "$ROOT/data/temp"
restore
umount "$ROOT/data/temp"
is "$status" 1 'no room for what is under way: exit status'
like "$err" 'Temp space has [0-9]+ available' 'it says so'
is "$(content) $(tree) $(rows)" "$LIVE" 'what is live is untouched'

# --- drills ---------------------------------------------------------------------------------------------------
evidence() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1])).get(sys.argv[2]))' "$ROOT/var/lib/ecs/backup/drill.json" "$1"; }
metric() { awk -v m="$1" '$1 == m { print $2 }' "$ROOT/var/lib/ecs/metrics/ecs-restore-drill.prom"; }
fails 1 'the dump is not|lacks|load|differ|Postgre' 'a drill of a damaged backup' --drill --from "file://$WORK/by-hand"
is "$(evidence good) $(metric ecs_drill_good)" 'False 0' 'its evidence and metrics say so'
like "$(evidence fault)" 'load the dump' 'and where'
restore --drill
is "$status" 0 'a drill of a good one'
is "$(evidence good):$(evidence rows):$(evidence files):$(evidence signed):$(evidence pending_migrations)" True:503:37:True:0 'its evidence'
is "$(metric ecs_drill_good):$(metric ecs_drill_instant_seconds)" "1:$(date -d "$(evidence instant)" +%s)" 'its metrics'
is "$(left)" '' 'and nothing is left'
ecs-restore --root "$ROOT" --drill 2>"$WORK/err.drill" &
pid=$!
drilled() { docker ps -q --filter "label=com.docker.compose.project=$(project_of "$ROOT/data/temp/ecs-drill")" | grep -q .; }
ok 'a drill has its own PostgreSQL' until_true 120 drilled
kill -9 $pid
wait $pid 2>/dev/null
ok 'killed, it leaves that' drilled
restore --commit
is "$status:$(left killed)" 0: 'the next command removes it'
is "$(content) $(tree) $(rows)" "$LIVE" 'what is live is untouched by all of them'

# --- differences, and what is taken all the same ----------------------------------------------------------------
fresh
sed -i 's/"public.kept": *500/"public.kept":400/' "$WORK/forged/manifest"
sign
forged=$WORK/forged/ecs-storage-vault
touch -r "$forged/b" "$WORK/stamp"
echo tow >"$forged/b"
touch -r "$WORK/stamp" "$forged/b"
rm "$forged/a/zero"
touch "$forged/x"
forged
fails 1 '3 differences between the backup and its manifest, listed in' 'a drill names them' --drill --from "file://$WORK/by-hand"
is "$(evidence differences):$(evidence differing | grep -o "'what': '[a-z]*', 'path': '[a-z/]*'" | tr -d "'" | paste -sd';')" \
	'3:what: content, path: b;what: missing, path: a/zero;what: extra, path: x' 'its evidence, too, the worst first'
fails 1 'listed in .*restore-differences.; .ecs-restore --accept-differences. restores it anyway' 'so does a restore' --from "file://$WORK/by-hand"
like "$err" "content: 'b' \([0-9a-f]{64} in the manifest, [0-9a-f]{64} in the backup\)
ecs-restore: missing: 'a/zero'
ecs-restore: extra: 'x'" 'each by its name, the contents first'
list=$ROOT/var/lib/ecs/backup/restore-differences
is "$(cut -f1,2 "$list" | tr '\t\n' ': ')" 'what:path content:b missing:a/zero extra:x ' 'and the list has all of them'
restore --drill --accept-differences
is "$status" 64 'a drill accepts none'
rm "$WORK/forged/manifest.sig"
forged
restore --accept-differences --from "file://$WORK/by-hand"
is "$status" 0 'accepted, it restores'
like "$err" 'warning: the manifest of the backup is not signed' 'even without a signature, with a warning'
like "$err" "warning: content: 'b' " 'and it says what, loudly'
like "$err" '4 differences from the manifest accepted: see .*restore-differences' 'the rows, too'
is "$(cat "$VAULT/b"):$(rows):$(cut -f1 "$list" | paste -sd' ')" 'tow:500:what content rows missing extra' 'as the list says'
restore --commit
finish
