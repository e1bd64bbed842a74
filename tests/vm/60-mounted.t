#!/bin/bash
# SPDX-License-Identifier: MIT
# vm: from docker
# vm: time 2700
# Backups to what has to be mounted from a server, by NFS and by CIFS. Only the tool sees the mount, it is gone with it,
# and the password of a share is in no argument list. The server is gone before a backup and in the middle of one, and the
# next one succeeds. With restic, which costs an emulated machine less.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/volumes.sh
. "$(dirname "$0")/volumes.sh"
# shellcheck source=tests/vm/appliance.sh
. "$(dirname "$0")/appliance.sh"
# shellcheck source=tests/support/restoring.sh
. "$(dirname "$0")/../support/restoring.sh"
VAULT=$FILES AT=/mnt/backup PASSWORD='s%cret=7'
backup() { run ecs-backup "$@"; }
restore() { run ecs-restore "$@"; }

# --- servers ----------------------------------------------------------------------------------------------------------
nfs_up() { systemctl start nfs-server && until_true 60 sh -c 'ss -ltn | grep -q :2049'; }
smb_up() { systemctl start smbd && until_true 60 sh -c 'ss -ltn | grep -q :445'; }

servers() {
	mkdir -p /srv/nfs /srv/smb
	echo '/srv/nfs 127.0.0.1(rw,no_root_squash,no_subtree_check)' >/etc/exports
	# a server that comes back lets its clients go on at once
	printf '[nfsd]\nlease-time=10\ngrace-time=10\n' >/etc/nfs.conf
	cat >/etc/samba/smb.conf <<-END
		[global]
		server role = standalone server
		disable netbios = yes
		[backup]
		path = /srv/smb
		read only = no
		valid users = backup
		force user = root
	END
	printf '%s\n%s\n' "$PASSWORD" "$PASSWORD" | smbpasswd -s -a backup >/dev/null || bail 'no user of samba'
	nfs_up || bail 'no NFS server'
	smb_up || bail 'no CIFS server'
}

# What mount(8) gives to its helper is written down, and then the helper is run, by its own name: it is a type to it.
listen() { # HELPER
	mv "/usr/sbin/$1" "/usr/sbin/$1.real"
	printf '#!/bin/bash\necho "$*" >>/run/helper\nexec -a %s /usr/sbin/%s.real "$@"\n' "$1" "$1" >"/usr/sbin/$1"
	chmod 755 "/usr/sbin/$1"
}

mounted() { grep -lE " $AT " /proc/[0-9]*/mountinfo 2>/dev/null; }

goes_to() { # URL TYPE SOURCE OPTIONS
	backup_env "$1" '    idle: 20' '    mount:' "      type: $2" "      source: $3" "      target: $AT" "      options: $4"
	start
	[ "$status" = 0 ] || bail "it does not start: $err"
}

# round WHAT FOLDER: a backup that is in FOLDER of the server, a change, and back again
round() {
	backup
	is "$status" 0 "$1: a backup"
	like "$err" 'files read back' "$1: read back"
	ok "$1: it is there" test -n "$(ls -A "$2")"
	is "$(mounted)$(ls -A $AT)" '' "$1: nothing is mounted afterwards"
	backup --check
	is "$status" 0 "$1: --check"
	rm -f "$VAULT/a/large"
	sql 'DELETE FROM kept WHERE id > 100'
	restore
	is "$status" 0 "$1: a restore"
	is "$(content) $(rows)" "$CONTENT 500" "$1: every byte and row is there"
	is "$(mounted)" '' "$1: nor is anything after it"
	restore --commit
	is "$status" 0 "$1: committed"
}

# --- the machine ------------------------------------------------------------------------------------------------------
lvm_volumes thin
KEY=$WORK/password
echo 'a password of restic' >"$KEY"
servers
tiny_machine
goes_to "restic:$AT/set" nfs 127.0.0.1:/srv/nfs 'vers=4.2,retry=0'
fill_vault
sql "CREATE TABLE kept (id int, what text); ALTER TABLE kept OWNER TO ecs;
	INSERT INTO kept SELECT i, 'row ' || i FROM generate_series(1, 500) i"
CONTENT=$(content)

# --- NFS --------------------------------------------------------------------------------------------------------------
round NFS /srv/nfs/set
systemctl stop nfs-server
backup
is "$status" 69 'NFS: the server is gone'
like "$err" 'the target of the backup: mount.*127.0.0.1:/srv/nfs' 'it says so'
is "$(mounted)$(ls -A $AT)" '' 'nothing is mounted, and nothing stored beneath it'
nfs_up
head -c 30000000 /dev/urandom >"$VAULT/a/most"
sync -f "$VAULT"
CONTENT=$(content)
sets=$(find /srv/nfs/set/data -type f | wc -l)
ecs-backup 2>"$WORK/gone" &
pid=$!
ok 'NFS: a run is storing there' until_true 300 sh -c "[ \$(find /srv/nfs/set/data -type f | wc -l) -gt $sets ]"
ok 'where only it sees the mount' test -n "$(mounted)" -a -z "$(cut -d' ' -f5 /proc/self/mountinfo | grep -x $AT)"
systemctl stop nfs-server
wait $pid
is $? 1 'NFS: the server goes in the middle of one: it fails'
diag "$(cat "$WORK/gone")"
like "$(cat "$WORK/gone")" 'did nothing for 20 s' 'it says so'
nfs_up
ok 'nothing stays mounted' until_true 120 sh -c "! grep -qE ' $AT ' /proc/[0-9]*/mountinfo"
backup
is "$status" 0 'NFS: once it is back, the next one succeeds'

# --- CIFS -------------------------------------------------------------------------------------------------------------
listen mount.cifs
goes_to "restic:$AT/other" cifs //127.0.0.1/backup "'username=backup,password=$PASSWORD,vers=3.1.1'"
round CIFS /srv/smb/other
ok 'CIFS: the helper was asked' grep -q username=backup /run/helper
nok 'without the password' grep -qF "$PASSWORD" /run/helper
goes_to "restic:$AT/other" cifs //127.0.0.1/backup "'username=backup,password=another,vers=3.1.1'"
backup
is "$status" 69 'CIFS: a wrong password'
like "$err" 'the target of the backup: mount' 'it says so'
unlike "$err" another 'without it'
is "$(mounted)$(ls -A $AT)" '' 'and leaves nothing mounted'
finish
