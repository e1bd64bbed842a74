# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For scenarios with updates; source it after lib.sh and appliance.sh.
#
#	grown_root [SIZE]       ROOT becomes a machine as tiny_root makes it, with the application of
#	                        tests/support/grown at revision r1, not started; its database is on a btrfs of SIZE
#	revision NAME           commits what stands in $SOURCE, tags it NAME, and pushes it
#	migration NAME SQL      adds a migration to $SOURCE
SOURCE=

# new_volume NAME SIZE: a btrfs beneath $ROOT/data. Docker must see the mount: no namespace of our own.
new_volume() {
	local dir=$ROOT/data/$1 image=$ROOT/$1.img
	mkdir -p "$dir"
	truncate -s "$2" "$image"
	mkfs.btrfs -q "$image" >/dev/null 2>&1 || bail "mkfs.btrfs failed"
	mount -o loop "$image" "$dir"
	btrfs -q subvolume create "$dir/live" || bail "btrfs subvolume create failed"
	umount "$dir"
	mount -o loop,subvol=live "$image" "$dir" || bail "cannot mount a btrfs"
	# before its containers are gone; a scenario may have done it itself
	at_end sh -c 'umount --lazy "$0" 2>/dev/null || :' "$dir"
}

in_source() { git -C "$SOURCE" -c user.name=t -c user.email=t@localhost "$@"; }

migration() { # NAME SQL
	mkdir -p "$SOURCE/core/migrations"
	printf '%s\n' "$2" >"$SOURCE/core/migrations/$1.py"
}

# Each run commits something of its own: scenarios spoil images, and a killed one leaves them spoilt.
revision() { # NAME
	in_source add -A
	GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' \
		in_source commit -q --allow-empty -m "$1 of $WORK"
	in_source tag "$1"
	in_source push -q --tags origin main
}

forget_images() {
	git -C "$SOURCE" rev-list --all | sed 's/^/ecs.web:/' | xargs -r docker image rm -f >/dev/null 2>&1 || :
}

# grown_source: SOURCE with the revision r1, pushed to TINY_GIT
grown_source() {
	SOURCE=$WORK/source TINY_GIT=$WORK/tiny.git
	git init -q -b main --bare "$TINY_GIT"
	cp -R "$ECS_TREE/tests/support/grown" "$SOURCE"
	git -C "$SOURCE" init -q -b main
	in_source remote add origin "$TINY_GIT"
	migration 0001_one 'CREATE TABLE one (i int PRIMARY KEY); INSERT INTO one VALUES (0)'
	migration 0002_two 'CREATE TABLE two (i int)'
	revision r1
}

grown_root() { # [SIZE]
	at_end forget_images
	grown_source
	tiny_root
	new_volume ecs-postgres "${1:-512M}"
}

# --- what there is ---------------------------------------------------------------------------------------------
commit() { git -C "$ROOT/app/ecs" rev-parse "$1"; }

# recorded FIELD: of state.json
recorded() {
	jq -r --arg field "$1" '.[$field] // ""' "$ROOT/var/lib/ecs/state.json"
}

# runs: the revision whose image the application's container is made of, "r2"; more than one are all said
runs() {
	docker ps --filter "label=com.docker.compose.project=$(project_of "$ROOT")" \
		--filter label=com.docker.compose.service=ecs.web --format '{{.Image}}' |
		while IFS=: read -r _ id; do git -C "$ROOT/app/ecs" tag --points-at "$id"; done | paste -sd' '
}

snapshots() { ecs-snapshot --root "$ROOT" list | cut -f1,2 | tr '\t' : | paste -sd' '; }

# schema: the applied migrations, in one line
schema() { sql "SELECT string_agg(name, ' ' ORDER BY name) FROM django_migrations"; }

# --- what a kill may not lose ----------------------------------------------------------------------------------
count=0
# what a user was told is stored
write() {
	count=$((count + 1))
	sql "INSERT INTO one VALUES ($count)"
	echo $count >"$ROOT/data/ecs-storage-vault/$count"
	sync -f "$ROOT/data/ecs-storage-vault/$count"
}
# whole: "REVISION SCHEMA" of what serves, if all that was written is there and nothing is left over
whole() {
	[ "$(sql 'SELECT count(*) FROM one')" = $((count + 1)) ] || { echo 'rows are lost' && return; }
	[ "$(find "$ROOT/data/ecs-storage-vault" -type f | wc -l)" = $count ] || { echo 'files are lost' && return; }
	[ ! -e "$ROOT/var/lib/ecs/journal" ] || { echo 'a journal is left' && return; }
	[ ! -e "$ROOT/data/container/nginx/state/maintenance" ] || { echo 'the page is up' && return; }
	[ "$(container ecs.web | wc -l)" = 1 ] || { echo 'more than one container' && return; }
	[ "$(running)" = 'ecs-postgres ecs.web nginx' ] || { echo "only '$(running)' run" && return; }
	[ "$(recorded revision)" = "$(commit "$(runs)")" ] || { echo 'another version is recorded' && return; }
	echo "$(runs) $(schema)"
}
