# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034 # some are for the scenario
# For scenarios that restore; source it after lib.sh and appliance.sh.
#
#	restoring_root          ROOT becomes a machine as tiny_root makes it, with its vault on a btrfs, and a key
#	backup_env URL [LINE…]  its environment, with backups to URL
#	pairs_begin             the application itself writes pairs, a file and then a row of the same number, until pairs_end
#	pairs_fault MOST        what is wrong with those restored, of which there are so many at most; nothing: they are whole
#	first_backup            some files and rows, and a backup of them at $TARGET; $TREE and $CONTENT say what is in it
restoring_root() {
	tiny_root
	VAULT=$ROOT/data/ecs-storage-vault TARGET=$WORK/target
	# out of the root: what end_root removes must not hold a mount
	truncate -s "${VAULT_SIZE:-512M}" "$WORK/vault.img"
	mkfs.btrfs -q "$WORK/vault.img" >/dev/null 2>&1 || bail 'mkfs.btrfs failed'
	mkdir -p "$VAULT"
	mount -o loop "$WORK/vault.img" "$VAULT" || bail 'cannot mount the vault'
	at_end umount -l "$VAULT"
	export GNUPGHOME=$WORK/gnupg
	mkdir -m 700 "$GNUPGHOME"
	make_key backup@localhost >"$WORK/key.asc"
	at_end gpgconf --homedir "$GNUPGHOME" --kill gpg-agent
	KEY=$WORK/key.asc
}

# make_key NAME [EXPIRES]: its secret half
make_key() {
	gpg -q --batch --passphrase '' --quick-generate-key "$1" default default "${2:-never}" 2>/dev/null
	gpg -q --batch --armor --export-secret-keys "$1"
	gpgconf --kill gpg-agent
}

backup_env() { # URL [LINE…]
	local url=$1
	shift
	write_env '  backup:' "    url: $url" '    encrypt: |' "$(sed 's/^/      /' "$KEY")" "$@"
}

backup() { run ecs-backup --root "$ROOT" "$@"; }
restore() { run ecs-restore --root "$ROOT" "$@"; }

OWN=(-path ./.ecs-restore -prune -o -path ./.ecs-snapshots -prune -o)
# all but the content; what every tool that restores gives back: names, kinds, modes, owners; the content
tree() { python3 "$ECS_TREE/tests/support/odd.py" list "${1:-$VAULT}" >"$WORK/tree" && sha256sum <"$WORK/tree"; }
shape() { (cd "${1:-$VAULT}" && find . -mindepth 1 "${OWN[@]}" -printf '%P %y %m %U %G\0' | LC_ALL=C sort -z | sha256sum); }
content() { (cd "${1:-$VAULT}" && find . "${OWN[@]}" -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum | sha256sum); }

# With FEW=1 two files, so that each backup reads back no more: for scenarios of which what is in the vault is not the matter
fill_vault() {
	mkdir -m 750 "$VAULT/a" "$VAULT/a/empty"
	head -c "${LARGE:-300000}" /dev/urandom >"$VAULT/a/large"
	ln -s large "$VAULT/a/link"
	chmod 600 "$VAULT/a/large"
	echo two >"$VAULT/b"
	[ -z "${FEW:-}" ] || return 0
	printf 'one' >"$VAULT/a/"$'new\nline \\ \xc3\xa4'
	: >"$VAULT/a/zero"
	truncate -s 1M "$VAULT/a/sparse"
	chown -hR 5432:5432 "$VAULT/a"
	chown 4321:1234 "$VAULT/a/zero"
	python3 "$ECS_TREE/tests/support/odd.py" make "$VAULT/odd"
}

first_backup() { # [LINE…]: of appliance.backup
	backup_env "file://$TARGET" "$@"
	start
	[ "$status" = 0 ] || bail "the appliance does not start: $err"
	fill_vault
	sql "CREATE TABLE kept (id int, what text); ALTER TABLE kept OWNER TO ecs;
		INSERT INTO kept SELECT i, 'row ' || i FROM generate_series(1, 500) i"
	backup
	[ "$status" = 0 ] || bail "no backup: $err"
	TREE=$(tree) CONTENT=$(content)
}

# rows: of the table that the backup holds 500 of
rows() { sql 'SELECT count(*) FROM kept' 2>/dev/null; }

# databases: all that bear the application's name
databases() { sql "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE datname ~ '^ecs'" postgres; }

# power_cut: nothing of the appliance runs, as after one
power_cut() {
	docker ps -q --filter "label=com.docker.compose.project=$(project_of "$ROOT")" | xargs -r docker kill >/dev/null 2>&1 || :
	rm -rf "$ROOT/run/ecs"
}

# left [killed]: what neither a restore nor a drill may leave; of a killed one the next command that uses the backups
# removes the engine's folder and the keyring
left() {
	ls -A ${1:+--ignore=ecs-engine} "$ROOT/data/temp" 2>/dev/null
	ls -A "$VAULT/.ecs-restore" 2>/dev/null
	[ $# -gt 0 ] || ls "$ROOT/run/ecs/backup-gnupg" 2>/dev/null
	ls "$ROOT/var/lib/ecs/journal" 2>/dev/null
	cut -d' ' -f5 /proc/self/mountinfo | grep -F "$ROOT/data/temp"
	docker ps -aq --filter "label=com.docker.compose.project=$(project_of "$ROOT/data/temp/ecs-drill")"
}

# left_backup: what no backup may leave, killed or not, once the next is over: snapshots and containers that stand still too
left_backup() {
	left
	btrfs subvolume list "$VAULT"
	docker ps -q --filter status=paused --filter "label=com.docker.compose.project=$(project_of "$ROOT")"
}

pairs_begin() {
	mkdir -m 777 "$VAULT/pairs"
	sql 'CREATE TABLE pairs (id int); ALTER TABLE pairs OWNER TO ecs'
	docker exec -d "$(container ecs.web)" bash -c '[[ $DATABASE_URL =~ ^postgres://([^:]+):([^@]+)@([^:/]+):([0-9]+)/(.+)$ ]]
		export PGUSER=${BASH_REMATCH[1]} PGPASSWORD=${BASH_REMATCH[2]} PGHOST=${BASH_REMATCH[3]} PGDATABASE=${BASH_REMATCH[5]}
		for ((i = 1; ; i++)); do echo $i >/vault/pairs/$i; echo "INSERT INTO pairs VALUES ($i);"; done | psql -qX'
}

pairs_end() { docker restart -t 0 "$(container ecs.web)" >/dev/null; }
pairs_count() { sql 'SELECT count(*) FROM pairs'; }
pairs_past() { [ "$(pairs_count)" -gt "$1" ]; }
pairs_more() { until_true 30 pairs_past $(($(pairs_count) + $1)); }

pairs_remove() {
	rm -r "$VAULT/pairs"
	sql 'DROP TABLE pairs'
}

pairs_fault() { # MOST
	local rows files i is
	rows=$(pairs_count) files=$(find "$VAULT/pairs" -type f | wc -l)
	{ [ "$rows" -gt 20 ] && [ "$rows" -le "$1" ]; } || echo "$rows rows, $1 at most"
	[ "$(sql 'SELECT max(id) FROM pairs')" = "$rows" ] || echo 'a gap among the rows'
	# a file is written before its row, through a pipe: those under way at the instant are more, and all of them the last
	for ((i = 1; i <= files; i++)); do
		is=none
		[ ! -e "$VAULT/pairs/$i" ] || read -r is <"$VAULT/pairs/$i"
		[ "$is" = "$i" ] || { [ "$i" -gt "$rows" ] && [ -z "$is" ]; } || echo "file $i: '$is'"
	done
	[ "$files" -ge "$rows" ] || echo "$files files of $rows rows"
}
