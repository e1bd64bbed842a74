#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-env, with real images, devices and metadata services.
# alone: it looks for what is left in /tmp
. "$(dirname "$0")/../support/lib.sh"
. "$ECS_TREE/tests/support/metadata.sh"

data=$ECS_TREE/tests/data/env
good=$data/good
unset ENV_YML ECS_METADATA_URL

# --- check: every broken file ----------------------------------------------------------------------
count=0 wrong=''
while IFS=$'\t' read -r name message; do
	run ecs-env check "$data/bad/$name"
	count=$((count + 1))
	if [ "$status" != 65 ] || [ -n "$out" ] || [ "$(grep -vc 'warning: ' <<<"$err")" != 1 ] ||
		[[ $(tail -n 1 <<<"$err") != "ecs-env: $data/bad/$name:$message"* ]]; then
		wrong+="$name: $status: $err"$'\n'
	fi
done < <(grep -v '^#' "$data/bad.expected")
is "$wrong" '' "each of $count broken files is refused with 65, and one line that says where and why"
ok 'they are at least 40' test "$count" -ge 40
is "$(printf '%s\n' "$data"/bad/* | wc -l)" "$count" 'each of them is expected'

count=0 wrong=''
for file in "$good"/*.yml*; do
	run ecs-env export "$file"
	count=$((count + 1))
	[ "$status" = 0 ] && cmp -s "$WORK/out" "${file%.yml*}.env" || wrong+="$file: $status: $err"$'\n'
done
is "$wrong" '' "each of $count good files is exported as expected"

run ecs-env export - </dev/null
is "$status" 65 'an empty standard input is refused'
run bash -c "ecs-env export - <'$good/minimal.yml'"
is "$out" APPLIANCE_DOMAIN=ecs.example.org 'a file comes from standard input'
run bash -c "{ echo '#cloud-config'; head -c 1048576 /dev/zero | tr '\0' '#'; } | ecs-env check -"
is "$status" 65 'more than 1 MiB is refused'
like "$err" 'stdin:1:1: more than 1 MiB' '… and said'
run ecs-env check "$WORK/none"
is "$status" 66 'a missing file is 66'
like "$err" "'$WORK/none'" '… and named'

run bash -c 'set -a; . <(ecs-env export "$1"); printf "%s|%s" "$APPLIANCE_SSL_CLIENT_CERTS_MANDATORY" "$ECS_SETTINGS"' \
	- "$good/older.yml"
like "$out" "^false\|DOMAIN = 'ecs.example.org'" 'sh sources what is exported'
like "$out" 'a comment with "quotes" and a \\backslash' '… and gets every character'

# --- show, exec --------------------------------------------------------------------------------------
new_root
run ecs-env --root "$ROOT" show
is "$status" 78 'without an active environment show is 78'
like "$err" 'ecs-start' '… and names who makes one'
mkdir -p "$ROOT/run/ecs"
cp "$good/older.yml" "$ROOT/run/ecs/env.yml"
run ecs-env show --root "$ROOT"
is "$status" 0 'show prints the active environment'
like "$out" 'APPLIANCE_DOMAIN=ecs.example.org' '… with what is public'
unlike "$out" 'PRIVATE KEY|SECRET_KEY|pass=password|sentry.example' '… and without secrets'
like "$out" "APPLIANCE_DKIM_KEY='\(hidden\)'" '… but tells that they are there'
run ecs-env show --json "$good/scalars.yml"
is "$(python3 -c 'import json,sys; print(len(json.load(open(sys.argv[1]))))' "$WORK/out")" \
	"$(grep -c '^ECS_' "$good/scalars.env")" 'show --json is an object of the same variables'
unlike "$out" smile 'the value of an unknown key is hidden too'
run env OWN=1 ECS_DATABASE=wrong ecs-env exec --root "$ROOT" -- sh -c 'echo "$OWN $ECS_DATABASE $APPLIANCE_DOMAIN $1"' - x
is "$out" '1 ecs ecs.example.org x' 'exec adds the environment to its own'
run ecs-env exec --root "$ROOT" -- env
for name in DATABASE_URL REDIS_URL ECS_REVISION ECS_ROOT ECS_HTTPS_PORT; do
	like "$out" "(^|"$'\n'")$name=" "exec gives what the compose file takes: $name"
done
like "$out" "COMPOSE_FILE=$ROOT/app/current/share/ecs/compose.yml" 'and the compose file'
like "$out" 'COMPOSE_PROJECT_NAME=ecs-[0-9a-f]{8}' 'and the project'
run ecs-env exec --root "$ROOT" -- docker compose config --services
like "$out" ecs-postgres 'so that docker compose needs no option'
run ecs-env exec --root "$ROOT" -- env
is "$(grep '=' <<<"$out" | cut -d= -f1 | grep -E '^[A-Z_]+$' | sort | uniq -d)" '' 'each name once'
run ecs-env exec --root "$ROOT" -- sh -c 'exit 7'
is "$status" 7 'and ends as its program does'
run ecs-env exec --root "$ROOT" -- "$WORK/none"
is "$status" 69 'a program that is missing is 69'
run bash -c "ecs-env exec --root '$ROOT' -- yes | head -n 1; echo \${PIPESTATUS[0]}"
is "$out" $'y\n141' 'its program is ended by SIGPIPE as any'
printf '#cloud-config\necs: [\n' >"$ROOT/run/ecs/env.yml"
run ecs-env exec --root "$ROOT" -- true
is "$status" 78 'a broken active environment is 78'

# --- find: files, images, devices ---------------------------------------------------------------------
look() { run ecs-env find --root "$ROOT" "$@"; }
new_root
label=$ROOT/dev/disk/by-label
mkdir -p "$label" "$ROOT/var/lib/cloud/instance"
look
is "$status" 66 'nothing found is 66'
is "$out" '' '… and prints nothing'
like "$(tail -n 1 <<<"$err")" 'no env.yml was found: put it at' '… with one clear line at the end'
is "$(grep -c 'skipped [a-z0-9-]*: ' <<<"$err")" 9 'each source says why not'

gzip -c "$good/minimal.yml" >"$ROOT/var/lib/cloud/instance/user-data.txt"
look
is "$out" cloud-init 'what cloud-init stored is found, gzipped too'

mkdir -p "$WORK/drive/openstack/latest" "$WORK/seed"
cp "$good/mime.yml.mime" "$WORK/drive/openstack/latest/user_data"
xorriso -as mkisofs -quiet -V config-2 -J -R -o "$label/config-2" "$WORK/drive" 2>/dev/null
look
is "$out" config-2 'config-2 goes before it, with a MIME multipart'

cp "$good/minimal.yml" "$WORK/seed/user-data"
echo 'instance-id: x' >"$WORK/seed/meta-data"
xorriso -as mkisofs -quiet -V CIDATA -J -R -o "$label/CIDATA" "$WORK/seed" 2>/dev/null
look
is "$out" cidata 'cidata goes before it, its label in capitals'
look --json -q
is "$err" '' 'find -q says nothing to people'
is "$(python3 -c 'import json,sys; o=json.load(sys.stdin); print(o["source"], o["where"])' <<<"$out")" \
	"cidata $label/CIDATA:user-data" 'find --json tells source and place'
run ecs-env package "$good/older.yml"
mv "$WORK/out" "$label/cidata"
look
like "$err" "$label/cidata:user-data" 'the label as it is written goes first'

printf '#!/bin/sh\n' >"$WORK/seed/user-data"
rm "$label/CIDATA" "$label/cidata"
xorriso -as mkisofs -quiet -V cidata -J -R -o "$label/cidata" "$WORK/seed" 2>/dev/null
look
is "$out" config-2 'a script on cidata is passed over'
rm "$WORK/seed/user-data" "$label/cidata"
xorriso -as mkisofs -quiet -V cidata -J -R -o "$label/cidata" "$WORK/seed" 2>/dev/null
look
like "$err" "cidata: '$label/cidata' has no 'user-data'" 'a cidata without user-data is passed over'
head -c 100000 /dev/zero >"$label/cidata"
look
like "$err" 'is neither an ISO image nor a device' 'and so is a file that is no image'
gzip -c "$good/minimal.yml" | head -c 40 >"$WORK/seed/user-data"
rm "$label/cidata"
xorriso -as mkisofs -quiet -V cidata -J -R -o "$label/cidata" "$WORK/seed" 2>/dev/null
look
is "$status" 65 'a cidata with torn gzip is not passed over'
rm "$label/cidata"

truncate -s 1M "$WORK/vfat"
mkfs.vfat -n CIDATA "$WORK/vfat" >/dev/null
loop=$(losetup --find --show "$WORK/vfat")
at_end losetup -d "$loop"
ln -s "$loop" "$label/CIDATA"
mounts=$(cat /proc/self/mounts)
if grep -qw vfat /proc/filesystems || modprobe -q vfat 2>/dev/null; then
	mkdir "$WORK/mnt"
	mount "$loop" "$WORK/mnt" && cp "$good/minimal.yml" "$WORK/mnt/user-data" && umount "$WORK/mnt"
	look
	is "$out" cidata 'a vfat device is read'
else
	look
	like "$err" "skipped cidata: cannot read 'user-data' on '$label/CIDATA' as vfat: No such device" \
		'a device is mounted as vfat, which this kernel does not know'
fi
is "$(cat /proc/self/mounts)" "$mounts" 'and is not mounted afterwards'
rm "$label/CIDATA"

cp "$good/minimal.yml" "$ROOT/app/env.yml"
look
is "$out" app '/app/env.yml goes before all devices'
echo 'no: head' >"$ROOT/app/env.yml"
look
is "$status" 65 'and must be a cloud-config'
run env ENV_YML="$good/minimal.yml" ecs-env find --root "$ROOT"
is "$out" file 'the file that $ENV_YML names goes first'
run env ENV_YML="$WORK/none" ecs-env find --root "$ROOT"
is "$status" 66 'it must be there'

# --- find: clouds ----------------------------------------------------------------------------------------
new_root
metadata_start
mode() { echo "$1" >"$METADATA/mode"; : >"$METADATA/log"; }
ask() { run env ECS_METADATA_URL="$METADATA_URL" "$@" ecs-env find --root "$ROOT"; }
cp "$good/minimal.yml" "$METADATA/user-data"

mode ec2
ask
is "$out" ec2 'EC2 by IMDSv2'
is "$(cat "$METADATA/log")" "ec2 PUT /latest/api/token X-aws-ec2-metadata-token-ttl-seconds
ec2 GET /latest/user-data X-aws-ec2-metadata-token" 'with a token'
for code in 404 405; do
	mode "ec2-v1-$code"
	ask
	is "$out" ec2 "EC2 by version 1 after a $code"
done
for wrong in ec2-v1-501 ec2-403; do
	mode "$wrong"
	ask
	is "$status" 66 "no version 1 after $wrong"
	unlike "$(cat "$METADATA/log")" 'latest/user-data' '… not even asked'
done
mode gce
ask
is "$out" gce 'GCE'
mode gce-plain
ask
unlike "$out" gce 'an answer without the header of Google is not Google'
mode gce-unknown
ask
is "$status" 66 'an unknown encoding is passed over'
mode gce-bad64
ask
like "$err" 'user-data is declared as base64, but is not' 'so is what is no base64'
mode gce-base64
gzip -c "$good/older.yml" | base64 >"$METADATA/user-data"
ask
is "$out" gce 'GCE with gzip in base64'
cp "$good/minimal.yml" "$METADATA/user-data"
for cloud in hetzner digitalocean; do
	mode $cloud
	ask
	is "$out" $cloud "$cloud"
done
mode huge
ask
is "$status" 65 'user-data of more than 1 MiB is an error'
for wrong in empty error redirect; do
	mode $wrong
	ask
	is "$status" 66 "nothing is found where the service answers: $wrong"
	like "$(tail -n 1 <<<"$err")" 'no env.yml was found' '… and that is said'
done
mode hetzner
ask http_proxy=http://127.0.0.1:1/ HTTP_PROXY=http://127.0.0.1:1/ all_proxy=http://127.0.0.1:1/
is "$out" hetzner 'no proxy is asked'
printf '#!/bin/sh\n' >"$METADATA/user-data"
ask
is "$status" 66 'user-data that is a script is passed over'
cp "$good/minimal.yml" "$METADATA/user-data"

mode slow
began=$SECONDS
ask
is "$status" 69 'a service that does not answer is 69'
ok 'after 3 s each' test $((SECONDS - began)) -le 16
cp "$good/minimal.yml" "$ROOT/app/env.yml"
ask
is "$out" app 'and is not waited for where a file is'
rm "$ROOT/app/env.yml"

mode hetzner
look
is "$status" 66 'without DMI strings no cloud is asked'
is "$(cat "$METADATA/log")" '' '… at all'
like "$err" "hetzner: the machine's DMI strings name another vendor" '… and says so'
dmi() { rm -rf "$ROOT/sys"; mkdir -p "$ROOT/sys/class/dmi/id"; echo "$2" >"$ROOT/sys/class/dmi/id/$1"; }
# each cloud's strings lead to its own address: in a network of its own nobody answers there
while read -r cloud file text; do
	dmi "$file" "$text"
	run unshare -n ecs-env find --root "$ROOT"
	is "$status" 69 "$file '$text': $cloud is asked"
	is "$(sed -n "s/.*skipped \([a-z0-9]*\): .*does not answer.*/\1/p" <<<"$err")" "$cloud" '… alone'
done <<'TABLE'
ec2 sys_vendor Amazon EC2
ec2 bios_vendor Amazon EC2
gce product_name Google Compute Engine
hetzner sys_vendor Hetzner
digitalocean sys_vendor DigitalOcean
TABLE
dmi product_uuid EC2E1916-9099-7CAF-FD21-012345ABCDEF
echo 4.2.amazon >"$ROOT/sys/class/dmi/id/bios_version"
run unshare -n ecs-env find --root "$ROOT"
like "$err" 'skipped ec2: .*does not answer' 'an older EC2 machine is told by its UUID and BIOS'

# --- certificates that end ----------------------------------------------------------------------------------
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 20 -subj /CN=ecs.example.org \
	-keyout "$WORK/site.key" -out "$WORK/site.crt" 2>/dev/null
{
	printf '#cloud-config\nappliance:\n  domain: ecs.example.org\n  ssl:\n    key: |\n'
	sed 's/^/      /' "$WORK/site.key"
	printf '    cert: |\n'
	sed 's/^/      /' "$WORK/site.crt"
} >"$WORK/site.yml"
chmod 600 "$WORK/site.yml"
run ecs-env check "$WORK/site.yml"
is "$status" 0 'a certificate that ends soon is no fault'
like "$err" "warning: .*site.yml:[0-9]*:11: 'appliance.ssl.cert': certificate 1 expires at 20.*, in (19|20) days" '… but warned of'
run env ECS_CLOCK=$(($(date +%s) + 21 * 86400)) ecs-env check "$WORK/site.yml"
is "$status" 0 'nor is an expired one'
like "$err" "'appliance.ssl.cert': certificate 1 expired at 20" '… which is said'

# --- create, package ---------------------------------------------------------------------------------------
run strace -f -qq -e trace=execve -o "$WORK/trace" ecs-env create ecs.example.org
is "$status" 0 'create makes an environment'
install -m 600 "$WORK/out" "$WORK/new.yml"
run ecs-env check "$WORK/new.yml"
is "$status" 0 'which is good'
unlike "$(grep -v 'has no effect yet' <<<"$err")" 'warning' 'and has no unknown keys'
for record in 'IN A ' 'IN AAAA ' 'IN MX ' 'v=spf1' 'v=DKIM1' 'v=DMARC1' 'IN CAA '; do
	like "$(grep '^#' "$WORK/new.yml")" "$record" "it names the DNS record: $record"
done
set -a
# shellcheck source=/dev/null
. <(ecs-env export "$WORK/new.yml")
set +a
is "$(openssl pkey -pubout -outform DER <<<"$APPLIANCE_DKIM_KEY" | base64 -w 0)" \
	"$(sed -n 's/.*p=\(.*\)/\1/p' "$WORK/new.yml" | grep -v '^quarantine' | tr -d '" ')" 'the DKIM record belongs to the key'
export GNUPGHOME=$WORK/gnupg
mkdir -m 700 "$GNUPGHOME"
at_end gpgconf --kill gpg-agent
for key in APPLIANCE_BACKUP_ENCRYPT ECS_VAULT_ENCRYPT ECS_VAULT_SIGN; do
	gpg --batch -q --import <<<"${!key}" 2>/dev/null
done
is "$(gpg --batch --with-colons -K | grep -c '^sec')" 3 'its three GPG keys are private keys'
for user in ecs_backup ecs_mediaserver ecs_authority; do
	is "$(echo hello | gpg --batch -q --trust-model always -r $user -se -u $user 2>/dev/null |
		gpg --batch -q -d 2>/dev/null)" hello "$user signs and encrypts without a passphrase"
done
unlike "$(grep -v '_SECRET' <<<"$ECS_SETTINGS")" SECRET_KEY 'the settings, which a clone shares, hold no SECRET_KEY'
leaked=''
for secret in "$ECS_SECRET_KEY" "$(sed -n 4p <<<"$APPLIANCE_DKIM_KEY")" "$(sed -n 5p <<<"$ECS_VAULT_SIGN")"; do
	grep -qF -- "$secret" "$WORK/trace" && leaked+=" $secret"
done
is "$leaked" '' 'no secret is in an argument list'
ok 'the trace is not empty' grep -q 'execve.*gpg' "$WORK/trace"
is "$(ls -d /tmp/ecs-gpg.* 2>/dev/null)" '' 'the keyrings are gone'
run ecs-env create ecs.example.org
unlike "$out" "$ECS_SECRET_KEY" 'a second one has other secrets'
for name in '' '-x' 'a b' "a'b" 'a;b'; do
	run ecs-env create -- "$name"
	is "$status" 64 "'$name' is not a valid host name"
done
run env ECS_PATH=/nowhere ecs-env create ecs.example.org
is "$status" 69 'without openssl and gpg create is 69'

# --- where the secrets may go -------------------------------------------------------------------------------
unset ECS_SECRET_KEY
made=$WORK/made.yml
run ecs-env create -o "$made" ecs.example.org
is "$status $out$err" '0 ' 'create -o writes a file, and says nothing'
is "$(stat -c %a "$made") $(ls "$made"*)" "600 $made" '… for its owner alone; nothing is left beside it'
sum=$(sha256sum <"$made")
run ecs-env create -o "$made" ecs.example.org
is "$status $(sha256sum <"$made")" "73 $sum" 'a file that is there stays as it is'
like "$err" "'$made' exists.*'--replace'" '… and what to do is said'
ln -s nowhere "$WORK/dangling"
run ecs-env create -o "$WORK/dangling" ecs.example.org
is "$status $(readlink "$WORK/dangling")" '73 nowhere' '… a link too'
run ecs-env create -o "$made" --replace ecs.example.org
is "$status $(stat -c %a "$made")" '0 600' 'with --replace it is replaced'
ok '… by another one' test "$(sha256sum <"$made")" != "$sum"
run ecs-env create --replace ecs.example.org
is "$status" 64 '--replace without a file is misuse'
run script -qec 'ecs-env create ecs.example.org' /dev/null </dev/null
is "$status" 64 'to a terminal it prints no keys'
unlike "$out" 'PRIVATE KEY|secret_key' '… none at all'
like "$out" "refusing to print secret keys to a terminal: give '--output FILE' or '--show-secrets'" '… and says how to'
run script -qec 'ecs-env create --show-secrets ecs.example.org' /dev/null </dev/null
is "$status" 0 'unless it is told so'
like "$out" 'PRIVATE KEY' '… then it does'
run bash -c 'umask 022; ecs-env create ecs.example.org | cat >"$1"' - "$WORK/piped.yml"
is "$status $err" '0 ' 'a pipe gets them, without a warning'
run bash -c 'umask 022; ecs-env create ecs.example.org >"$1"' - "$WORK/piped.yml"
like "$err" 'warning: .*other users may open the file that it goes to \(mode 0644\)' 'a file that the shell made for all is warned of'

warned="warning: '$made' holds secrets, and other users may open it (mode 0640): run 'chmod 600 $made'"
for verb in check export show package; do
	chmod 640 "$made"
	run ecs-env "$verb" "$made"
	is "$(grep -cF "$warned" <<<"$err")" 1 "$verb warns of a file that others can read, once"
	chmod 600 "$made"
	run ecs-env "$verb" "$made"
	unlike "$err" "'$made' holds secrets" '… and not of another'
done
chmod 640 "$made"
run bash -c 'ecs-env check - <"$1" && ecs-env check <(cat "$1")' - "$made"
unlike "$err" 'other users' 'standard input and pipes are not warned of'
run env ENV_YML="$made" ecs-env find
like "$err" "'$made' holds secrets" 'find warns too'
mkdir -p "$WORK/active/run/ecs" "$WORK/active/app"
install -m 600 "$made" "$WORK/active/run/ecs/env.yml"
install -m 604 "$made" "$WORK/active/app/env.yml"
run ecs-env show --root "$WORK/active"
like "$err" "'$WORK/active/app/env.yml' holds secrets" 'so does what reads the active environment, of /app/env.yml'

run ecs-env package "$WORK/new.yml"
is "$status" 0 'package makes an image'
cp "$WORK/out" "$WORK/seed.iso"
is "$(blkid -o value -s LABEL "$WORK/seed.iso") $(blkid -o value -s TYPE "$WORK/seed.iso")" 'cidata iso9660' \
	'labelled as cloud-init looks for it'
read_iso() { xorriso -osirrox on -read_fs "$1" -indev "$WORK/seed.iso" -extract "/$2" "$WORK/$1-$2" 2>/dev/null; }
for names in norock any; do # Joliet, Rock Ridge
	read_iso $names user-data
	ok "its user-data is the file (names: $names)" cmp "$WORK/$names-user-data" "$WORK/new.yml"
	read_iso $names meta-data
	is "$(cat "$WORK/$names-meta-data")" "instance-id: 'ecs-ecs.example.org'
local-hostname: 'ecs.example.org'" "its meta-data names the machine (names: $names)"
done
mkdir -p "$ROOT/dev/disk/by-label"
cp "$WORK/seed.iso" "$ROOT/dev/disk/by-label/cidata"
rm -rf "$ROOT/sys"
look
is "$out" cidata 'and it is found again'
run ecs-env package "$data/bad/merge.yml"
is "$status" 65 'a broken file is not packed'
is "$out" '' '… at all'

finish
