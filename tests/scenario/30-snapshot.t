#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-snapshot on real btrfs: every verb, in every way a volume may be mounted, and every refusal.
# shellcheck source=tests/support/lib.sh
. "$(dirname "$0")/../support/lib.sh"
# shellcheck source=tests/support/volumes.sh
. "$(dirname "$0")/../support/volumes.sh"
own_mounts "$0" "$@"

other_namespace() { # PID
	[ "$(readlink "/proc/$1/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ]
}

day=86400
now=$(date +%s)

for layout in 'sub' 'sub fstab' 'top' 'top fstab'; do
	# shellcheck disable=SC2086 # two words
	new_volumes $layout
	write one

	# --- create, list ---------------------------------------------------------------------------------
	snapshot create FIRST --dry-run
	like "$out" $'take the snapshots\tremove them' "$layout: a dry run prints the steps"
	is "$(names)" '' "$layout: and takes nothing"
	snapshot create --expires 7d FIRST
	is "$status" 0 "$layout: create"
	like "$err" 'MiB left of' "$layout: what room is left is said"
	is "$(names)" 'ecs-files:FIRST ecs-database:FIRST' "$layout: one of each volume"
	snapshot list --json
	is "$(jq -r '.snapshots[0] | [.volume, .name, .driver, .writable, .state] | join(" ")' <<<"$out")" \
		'ecs-files FIRST btrfs false whole' "$layout: list in JSON"
	expires=$(jq .snapshots[1].expires <<<"$out")
	ok "$layout: it expires in seven days" \
		test $((expires >= now + 7 * day && expires < now + 7 * day + 100)) = 1
	ok "$layout: there is a cron entry" grep -q 'ecs-snapshot --root .* expire -- FIRST' \
		"$ROOT/etc/cron.d/ecs-expire-FIRST"

	# --- replace --------------------------------------------------------------------------------------
	write two
	snapshot create FIRST
	is "$status" 0 "$layout: create again"
	is "$(names)" 'ecs-files:FIRST ecs-database:FIRST' "$layout: it replaces the former one"
	nok "$layout: without an expiry there is no cron entry" test -e "$ROOT/etc/cron.d/ecs-expire-FIRST"
	is "$(subvolumes | wc -w)" 2 "$layout: nothing else is left"

	# --- mount ----------------------------------------------------------------------------------------
	write three
	snapshot mount FIRST
	place=$ROOT/run/ecs/snapshots
	is "$out" "ecs-files	$place/ecs-files_FIRST"$'\n'"ecs-database	$place/ecs-database_FIRST" \
		"$layout: mount prints where"
	is "$(cat "$place"/*_FIRST/word)" $'two\ntwo' "$layout: and there is what was"
	nok "$layout: read-only" touch "$place/ecs-files_FIRST/new"
	snapshot mount FIRST
	is "$status" 0 "$layout: mounted already is no error"
	snapshot mount --rw FIRST
	is "$status" 1 "$layout: mounted read-only is not mounted to write"
	snapshot unmount FIRST
	is "$status" 0 "$layout: unmount"
	nok "$layout: and the folder is gone" test -e "$place/ecs-files_FIRST"
	snapshot create --rw --volume ecs-files DRAFT
	snapshot mount --rw DRAFT
	ok "$layout: one that can be written to" touch "$place/ecs-files_DRAFT/new"
	snapshot mount --rw FIRST
	is "$status" 64 "$layout: a read-only one is not mounted to write"
	is "$(find "$place" -mindepth 1 -maxdepth 1 -name '*FIRST')" '' "$layout: and nothing of it stays mounted"

	# --- in use ---------------------------------------------------------------------------------------
	exec {held}>"$place/ecs-files_DRAFT/held"
	snapshot remove DRAFT
	is "$status" 1 "$layout: in use is not removed"
	like "$err" "in use: held by .*\(pid $$\)" "$layout: and the holder is named"
	snapshot create --volume ecs-files DRAFT
	is "$status" 1 "$layout: nor replaced"
	exec {held}>&-
	unshare -m --propagation private sleep 1000 &
	holder=$!
	until_true 10 other_namespace $holder
	snapshot remove DRAFT
	is "$status" 1 "$layout: mounted in another namespace is not removed"
	like "$err" "in use: mounted at .*pid $holder" "$layout: and it is named"
	kill $holder
	wait $holder 2>/dev/null
	unshare -m --propagation slave sleep 1000 &
	holder=$!
	until_true 10 other_namespace $holder
	snapshot remove DRAFT
	kill $holder
	wait $holder 2>/dev/null
	is "$status" 0 "$layout: an idle one is unmounted and removed"

	# --- revert ---------------------------------------------------------------------------------------
	exec {held}<"$DATABASE/word"
	snapshot revert FIRST
	is "$status" 1 "$layout: a volume in use is not reverted"
	like "$err" "in use: held by .*\(pid $$\)" "$layout: and the holder is named"
	is "$(both)" 'three three' "$layout: everything is as it was"
	exec {held}<&-
	mkdir -p "$WORK/bound"
	mount --bind "$DATABASE/folder" "$WORK/bound"
	snapshot revert FIRST
	is "$status" 1 "$layout: nor one of which a folder is mounted elsewhere"
	like "$err" "in use: mounted at $WORK/bound" "$layout: and where is said"
	umount "$WORK/bound"
	snapshot revert FIRST
	is "$status" 0 "$layout: revert"
	is "$(both)" 'two two' "$layout: the volumes hold what they held"
	nok "$layout: and only that" test -e "$DATABASE/folder/three"
	is "$(ls -A "$DATABASE")" $'folder\nword' "$layout: nothing of ours is in it"
	is "$(names)" 'ecs-files:FIRST ecs-database:FIRST' "$layout: the snapshot is still there"
	write four
	snapshot revert --volume ecs-database FIRST
	is "$status $(both)" '0 four two' "$layout: revert of one volume, a second time"
	nok "$layout: no state before is left" grep -q 'next\|before' <<<"$(subvolumes)"
	drop_volumes "$FILES/.." # as a boot would
	if [[ $layout = *fstab ]]; then
		while read -r source target type options _; do
			mount -t "$type" -o "$options" "$source" "$ROOT$target"
		done <"$ROOT/etc/fstab"
		is "$(both)" 'four two' "$layout: fstab mounts the same again"
		snapshot create --volume ecs-database LATER
		is "$status" 0 "$layout: and snapshots go on"
		snapshot remove LATER
		snapshot remove FIRST
		is "$status $(names)" '0 ' "$layout: remove"
		is "$(subvolumes | tr -d ' ' | sed 's/ecs-files//; s/ecs-database//')" '' "$layout: nothing is left"
	fi
done

# --- expiry ------------------------------------------------------------------------------------------------
new_volumes sub
write one
snapshot create --expires 2d ONE
snapshot create --expires 3d -- -odd-_9
ok 'a name with odd characters has a cron entry' test -e "$ROOT/etc/cron.d/ecs-expire--odd-_9"
entry=$(grep ' root ' "$ROOT/etc/cron.d/ecs-expire--odd-_9")
like "$entry" "^[0-9]+ [0-9]+ \* \* \* root " 'the entry runs daily, as root'
later() { # SECONDS ARGUMENTS…: as if that much time had passed
	local seconds=$1
	shift
	ECS_CLOCK=$(($(date +%s) + seconds)) run ecs-snapshot --root "$ROOT" "$@"
}
later $((2 * day - 60)) expire ONE
is "$status $(names)" '0 ecs-files:-odd-_9 ecs-files:ONE ecs-database:-odd-_9 ecs-database:ONE' 'before its time it stays'
later $((2 * day + 60)) expire ONE
is "$status $(names)" '0 ecs-files:-odd-_9 ecs-database:-odd-_9' 'after it, it is removed'
nok 'and the cron entry with it' test -e "$ROOT/etc/cron.d/ecs-expire-ONE"
# the command that cron runs, and nothing but that command
command=${entry#*root }
command=${command//\\%/%}
PATH=/usr/sbin:/usr/bin:/sbin:/bin run sh -c "$command"
is "$status $(names)" '0 ecs-files:-odd-_9 ecs-database:-odd-_9' 'the line of the entry does nothing before its day'
rm "$ROOT/etc/cron.d/ecs-expire--odd-_9"
snapshot expire
is "$status" 0 'expire of all'
ok 'writes a lost cron entry again' test -e "$ROOT/etc/cron.d/ecs-expire--odd-_9"
snapshot mount -- -odd-_9
(cd "$ROOT/run/ecs/snapshots/ecs-files_-odd-_9" && exec sleep 1000) &
holder=$!
until_true 10 grep -q snapshots <(readlink /proc/$holder/cwd)
later $((4 * day)) expire -- -odd-_9
is "$status" 1 'one in use does not expire'
ok 'and the cron entry stays, for the next day' test -e "$ROOT/etc/cron.d/ecs-expire--odd-_9"
kill $holder
wait $holder 2>/dev/null
later $((4 * day)) expire
is "$status $(names)" '0 ' 'expire of all removes what is due'
touch "$ROOT/etc/cron.d/ecs-expire-GONE"
snapshot expire GONE
is "$status" 0 'a snapshot that is gone is no error for expire'
nok 'and its cron entry goes' test -e "$ROOT/etc/cron.d/ecs-expire-GONE"

# --- what cannot be removed keeps nothing from working ---------------------------------------------------------
left() { # what ecs-status tells of it: "KIND VOLUME"
	ecs-status --root "$ROOT" 2>/dev/null | awk -F '\t' '$1 == "left" { printf "%s%s %s", s, $2, $3; s = " " }'
}

# A mount(8) that fails once.
mkdir "$WORK/path"
cat >"$WORK/path/mount" <<-END
	#!/bin/sh
	[ ! -e $WORK/fails ] || { . $WORK/fails; rm $WORK/fails; echo 'mount: no' >&2; exit 32; }
	exec /usr/bin/mount "\$@"
END
chmod 755 "$WORK/path/mount"

new_volumes sub fstab
write one
snapshot create A
write two
btrfs -q subvolume create "$FILES/.snapshots"
echo kept >"$FILES/.snapshots/word"
: >"$WORK/fails"
ECS_PATH="$WORK/path:/usr/sbin:/usr/bin:/sbin:/bin" snapshot revert A
is "$status $(both) $(cat "$FILES/.snapshots/word")" '1 two two kept' \
	'a revert that fails is taken back whole, with a subvolume in the volume'
# somebody makes one in what is live for a moment
mkdir "$WORK/top"
mount -o loop,subvolid=5 "$ROOT/ecs-storage-vault.img" "$WORK/top"
live=$WORK/top/$(findmnt -no FSROOT "$FILES")
echo "btrfs -q subvolume create '$live/inner' >/dev/null" >"$WORK/fails"
ECS_PATH="$WORK/path:/usr/sbin:/usr/bin:/sbin:/bin" snapshot revert A
is "$status $(both) $(left)" '1 two two state ecs-files' 'what an undo cannot remove is set aside, too'
btrfs -q subvolume delete "$WORK"/top/.ecs-snapshots/ecs-files.left-*/inner >/dev/null
run env ECS_CLOCK=$(($(date +%s) + 3700)) ecs-snapshot --root "$ROOT" expire
is "$status $(left) $(subvolumes | grep -c left)" '0  0' 'and removed later'
umount "$WORK/top"
rmdir "$WORK/top"
snapshot revert A
is "$status $(both)" '0 one one' 'a subvolume in the state before keeps no revert from its end'
like "$err" "ecs-files.left-[0-9]* could not be removed" 'the state before is set aside, and that is said'
is "$(left)" 'state ecs-files' 'ecs-status tells it'
btrfs -q subvolume create "$FILES/inner"
mkdir "$FILES/mounted"
mount -t tmpfs none "$FILES/mounted"
snapshot create B
is "$status $(left)" '0 state ecs-files' 'the next command works, and it is still there'
like "$err" "'ecs-files' does not contain all.*/mounted' is another file system.*/inner' is a subvolume" 'what is in no snapshot is named'
is "$(ecs-snapshot --root "$ROOT" list | cut -f 1,2,8 | tr '\t\n' ': ')" \
	'ecs-files:A:partial ecs-files:B:partial ecs-database:A:whole ecs-database:B:whole ' 'and list does not call it whole'
umount "$FILES/mounted"
is "$(ecs-snapshot --root "$ROOT" list | cut -f 2,8 | head -2 | tr '\t\n' ': ')" 'A:whole B:partial ' \
	'one that was taken before the subvolume was made is whole'
btrfs -q subvolume delete "$FILES/inner" >/dev/null
snapshot revert A
is "$status $(left)" '0 state ecs-files' 'so does the next revert'
mkdir "$WORK/top"
mount -o loop,subvolid=5 "$ROOT/ecs-storage-vault.img" "$WORK/top"
is "$(cat "$WORK"/top/.ecs-snapshots/ecs-files.left-*/.snapshots/word)" kept 'with the subvolume, which no snapshot holds'
btrfs -q subvolume delete "$WORK"/top/.ecs-snapshots/ecs-files.left-*/.snapshots >/dev/null
run env ECS_CLOCK=$(($(date +%s) + 3700)) ecs-snapshot --root "$ROOT" expire
is "$status $(left) $(subvolumes | grep -c left)" '0  0' 'once that is away the next command removes it, an hour later'
mv "$WORK/top/.ecs-snapshots/ecs-files_A" "$WORK/top/.ecs-snapshots/ecs-files_A_old"
snapshot create A
is "$status $(names)" '0 ecs-files:A ecs-files:B ecs-database:A ecs-database:B' 'a former snapshot that stayed is in no way'
umount "$WORK/top"

new_volumes top
write one
snapshot create A
touch "$FILES/fixed"
chattr +i "$FILES/fixed" "$DATABASE/folder"
snapshot revert A
is "$status $(both) $(left)" '0 one one ' 'nor does a file that must not be changed'
mkdir "$WORK/top2"
mount -o loop,subvolid=5 "$ROOT/ecs-storage-vault.img" "$WORK/top2"
is "$(ls -A "$WORK/top2")" .ecs-snapshots 'which goes with the rest'

# a tree, as a restore leaves it
tree=$WORK/top2/tree
mkdir -p "$tree/folder" "$tree/mounted"
touch "$tree/folder/fixed"
chattr +i "$tree/folder/fixed" "$tree/folder"
btrfs -q subvolume create "$tree/one"
touch "$tree/one/file"
btrfs -q subvolume snapshot -r "$tree/one" "$tree/two"
mount -t tmpfs none "$tree/mounted"
touch "$tree/mounted/kept"
echo "[{\"kind\": \"tree\", \"what\": \"$tree\", \"why\": \"test\"}]" >"$ROOT/var/lib/ecs/leftovers.json"
snapshot expire
is "$status $(left) $(ls -A "$tree") $(ls "$tree/mounted")" '0 tree - mounted kept' 'what is mounted in it stays, and nothing else'
umount "$tree/mounted"
snapshot expire
is "$status $(left)" '0 tree -' 'which the next command does not look at: an hour is not over'
like "$(ecs-status --root "$ROOT" 2>/dev/null | awk -F '\t' '$1 == "left" { print $6 }')" '^20.*Z$' 'and when it was tried is told'
run env ECS_CLOCK=$(($(date +%s) + 3700)) ecs-snapshot --root "$ROOT" expire
is "$status $(left) $(ls -A "$WORK/top2")" '0  .ecs-snapshots' 'until it is unmounted'
nok 'and nothing is recorded any more' test -e "$ROOT/var/lib/ecs/leftovers.json"
umount "$WORK/top2"

# --- /data by way of a link ------------------------------------------------------------------------------------------
new_volumes sub
umount "$FILES" "$DATABASE"
mv "$ROOT/data" "$ROOT/elsewhere"
ln -s elsewhere "$ROOT/data"
mv "$ROOT/data/ecs-postgres" "$ROOT/data/postgres"
ln -s postgres "$ROOT/data/ecs-postgres"
cat >"$ROOT/etc/fstab" <<-END
	$ROOT/ecs-storage-vault.img /data/ecs-storage-vault btrfs loop,subvol=live 0 0
	$ROOT/ecs-postgres.img /elsewhere/postgres btrfs loop,subvol=live 0 0
END
mount -o loop,subvol=live "$ROOT/ecs-storage-vault.img" "$FILES"
mount -o loop,subvol=live "$ROOT/ecs-postgres.img" "$DATABASE"
write one
snapshot create A
is "$status $(names)" '0 ecs-files:A ecs-database:A' 'links on the way to the volumes: create'
write two
snapshot revert A
is "$status $(both)" '0 one one' 'and revert'
is "$(ecs-status --root "$ROOT" 2>/dev/null | awk -F '\t' '$1 == "volume" { printf "%s:%s ", $2, $4 }')" \
	'ecs-files:mounted ecs-database:mounted temp:none ' 'ecs-status takes them for mounted, too'

new_volumes sub
write one
# --- refusals ------------------------------------------------------------------------------------------------
for bad in 'a.b' 'a/b' '' 'a b' 'X_new' 'X_old'; do
	snapshot create "$bad"
	is "$status" 64 "'$bad' is no name for a snapshot"
done
for reserved in PRE_MIGRATE:ecs-migrate BACKUP:ecs-backup CLONE:ecs-clone RESTORE:ecs-restore; do
	snapshot create "${reserved%:*}"
	is "$status $(names)" '64 ' "${reserved%:*} is the name of another tool"
	like "$err" "'${reserved%:*}' belongs to ${reserved#*:}" 'which is named'
done
touch "$ROOT/etc/cron.d/ecs-expire-RESTORE"
snapshot expire RESTORE
ok 'the cron entry of a restore is not for ecs-snapshot' test -e "$ROOT/etc/cron.d/ecs-expire-RESTORE"
snapshot remove BACKUP
is "$status" 64 'BACKUP is removed by nobody but the next backup'
snapshot remove PRE_MIGRATE
is "$status" 66 'PRE_MIGRATE may be removed, where there is one'
snapshot create --volume data X
is "$status" 64 'a volume that is none'
snapshot create --expires 7w X
is "$status" 64 'a time in an unknown unit'
for verb in mount unmount revert remove; do
	snapshot "$verb" NONE
	is "$status" 66 "$verb of a snapshot that is not there"
done
is "$(setpriv --reuid=65534 --clear-groups ecs-snapshot create X 2>&1; echo $?)" \
	"ecs-snapshot: must be run by root: try 'sudo ecs-snapshot'"$'\n'77 'not root'

dd if=/dev/zero of="$FILES/big" bs=1M count=1100 2>/dev/null
snapshot create X
is "$status" 73 'a full file system'
like "$err" "no room for a snapshot of 'ecs-files'.*MiB left" 'says so'
is "$(names)" '' 'and nothing is taken, of the other volume either'
rm "$FILES/big"

umount "$FILES"
rmdir "$FILES"
snapshot create X
is "$status" 66 'a volume that is missing'
like "$err" "volume 'ecs-files' is missing" 'is named'
mkdir "$FILES"
snapshot create X
is "$status" 78 'a plain folder takes no snapshots'
like "$err" 'VOLUMES in ecs-snapshot\(8\)' 'and what makes one that does is named'
is "$(names)" '' 'nothing is taken'
snapshot create --volume ecs-database X
is "$status" 0 'the other volume alone still can'
truncate -s 64M "$WORK/ext4"
mkfs.ext4 -q "$WORK/ext4"
mount -o loop "$WORK/ext4" "$FILES"
snapshot create X
is "$status" 78 'nor does ext4 on a plain device'
umount "$FILES"
echo "$ROOT/ecs-storage-vault.img /data/ecs-storage-vault btrfs loop,subvol=live 0 0" >"$ROOT/etc/fstab"
snapshot create X
is "$status" 66 'a volume that is listed but not mounted'
like "$err" "not mounted: run 'mount " 'and how to mount it'

new_volumes top
echo "$ROOT/ecs-postgres.img /data/ecs-postgres btrfs loop,subvolid=5 0 0" >"$ROOT/etc/fstab"
write one
snapshot create X
snapshot revert X
is "$status" 78 'a subvolume that fstab fixes by its number is not reverted'
is "$(both)" 'one one' 'and nothing has changed'

# who owns the top level can put what it likes in the place of our folder
mkdir "$WORK/else"
mv "$FILES/.ecs-snapshots" "$FILES/kept"
ln -s "$WORK/else" "$FILES/.ecs-snapshots"
snapshot create Y
is "$status" 1 'a link in the place of the folder of snapshots'
like "$err" "'/.ecs-snapshots' of the btrfs on '.*' is not a folder that root alone can change: look at what is in it" 'says so'
snapshot list
is "$status" 1 'none is listed through it'
is "$(ls -A "$WORK/else")" '' 'nor made'
rm "$FILES/.ecs-snapshots"
mv "$FILES/kept" "$FILES/.ecs-snapshots"
chmod 777 "$FILES/.ecs-snapshots"
snapshot list
is "$status" 1 'nor is one that others can write to'
chmod 700 "$FILES/.ecs-snapshots"
snapshot list
is "$status $(names)" '0 ecs-files:X ecs-database:X' 'put back, all are there'

finish
