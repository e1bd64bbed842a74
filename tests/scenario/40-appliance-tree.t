#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The appliance tree as ecs-start brings it up: a person logs in, uploads, downloads; TLS, headers, redirects;
# client certificates; the 503 page; what the containers may do.
# alone: it makes the images that others start from
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/whole.sh"

whole_root
# Django's own way: an upload waits in the folder for temporary files
uploads=$'ecs:\n  settings: "FILE_UPLOAD_TEMP_DIR = Path(__import__(\'tempfile\').gettempdir())"'
write_env "$uploads"
start
is "$status" 0 'the appliance starts'
is "$(docker exec "$(container ecs.web)" findmnt -no FSTYPE /tmp)" tmpfs 'the container has a /tmp of its own: two versions meet there in no file'

# --- a person ------------------------------------------------------------------------------------------------------
password=$(openssl rand -hex 8)
ecs-manage --root "$ROOT" createlogin --superuser admin <<<"$password" >/dev/null
log_in admin "$password"
is "$out" "302 $SITE/" 'a login leads to the documents'
site /
like "$out" 'Add a document' 'which are there'
log_in admin wrong
is "${out% *}" 200 'a wrong password leads back to the form'
log_in admin "$password"

# more than nginx keeps in memory, and more than the application should: it goes through folders on disk
head -c 90000000 /dev/urandom >"$WORK/upload"
site / -o /dev/null -w '%{http_code}' -e "$SITE/" -F "csrfmiddlewaretoken=$(token)" -F title=Plan \
	-F "file=@$WORK/upload;filename=../../plan.html;type=text/html"
is "$out" 302 'a document is uploaded'
digest=$(sha256sum <"$WORK/upload")
digest=${digest%% *}
digested() { site / && [[ $out == *"title=\"$digest\""* ]]; }
ok 'the worker computes its digest' until_true 30 digested
[[ $out =~ documents/[0-9a-f-]{36} ]]
document=/${BASH_REMATCH[0]}
site "$document" -D "$WORK/headers" -o "$WORK/download"
ok 'the download is what was uploaded' cmp -s "$WORK/upload" "$WORK/download"
like "$(cat "$WORK/headers")" [Cc]ontent-[Dd]isposition:\ attachment 'as an attachment'
is "$(find "$ROOT/data/ecs-storage-vault" -type f -size +1M -exec sha256sum {} + | cut -d' ' -f1)" "$digest" \
	'it lies in the vault, once'
is "$(docker inspect -f '{{range .Mounts}}{{println .Destination .Source}}{{end}}' "$(container ecs.web)" | grep vault | LC_ALL=C sort)" \
	"/app/ecs-storage-vault $ROOT/data/ecs-storage-vault
/data/ecs-storage-vault $ROOT/data/ecs-storage-vault" "the vault is where the older application's image declares a volume, too"
rm "$COOKIES"
code "$document"
is "$out" 302 'nobody else gets it'

# --- HTTP and TLS --------------------------------------------------------------------------------------------------
run "${CURL[@]}" -o /dev/null -w '%{http_code} %{redirect_url}' "http://localhost:$PORT/login?next=/a%20b"
is "$out" "301 $SITE/login?next=/a%20b" 'HTTP is redirected'
for path in /login /static/ecs/style.css /nowhere; do
	site "$path" -D - -o /dev/null
	for header in 'strict-transport-security: max-age=[0-9]{7,}' 'x-content-type-options: nosniff' \
		'x-frame-options: (DENY|SAMEORIGIN)' 'referrer-policy: same-origin' 'server: nginx'; do
		is "$(tr -d '\r' <<<"$out" | grep -cixE "$header")" 1 "$path: ${header%%:*}, once"
	done
done
code /login -H 'Host: elsewhere.example'
is "$out" 400 'another host name is refused'

# tls VERSION: what the server says to a client of that version alone that is not particular
tls() {
	run openssl s_client -connect "localhost:$((PORT + 1))" -cipher 'ALL:@SECLEVEL=0' "-$1"
	printf '%s' "$out$err"
}
like "$(tls tls1_3)" 'New, TLSv1.3' 'TLS 1.3 is spoken'
like "$(tls tls1_2)" 'New, TLSv1.2, Cipher is ECDHE-.*-(GCM|CHACHA20)' 'TLS 1.2 is spoken, with forward secrecy'
like "$(tls tls1_1)" 'alert protocol version' 'TLS 1.1 is not'
like "$(tls tls1)" 'alert protocol version' 'nor 1.0'
run curl -s --noproxy '*' --cacert "$ROOT/var/lib/ecs/secrets/self-signed.crt" -o /dev/null "$SITE/login"
is "$status" 0 'the certificate is for this name'

# --- what the containers may -----------------------------------------------------------------------------------------
# facts of the kernel, of each process in each container
services=(ecs-postgres ecs.web ecs.worker memcached nginx redis)
is "$(running)" "${services[*]}" 'these run'
for service in "${services[@]}"; do
	id=$(container "$service")
	mapfile -t pids < <(docker top "$id" -eo pid | tail -n +2)
	seen=$(for pid in "${pids[@]}"; do
		awk '/^Uid:/ { if ($2 * $3 * $4 * $5 == 0) print "root" }
			/^Cap(Inh|Prm|Eff|Bnd|Amb):/ { if ($2 !~ /^0+$/) print $0 }
			/^NoNewPrivs:/ { if ($2 != 1) print "may gain privileges" }' "/proc/${pid// /}/status"
	done | sort -u)
	is "${#pids[@]}/$seen" "${#pids[@]}/" "$service: no process (${#pids[@]}) is root, or can do what only root can"
	run docker inspect -f '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.Privileged}} {{.HostConfig.RestartPolicy.Name}}
		{{.HostConfig.LogConfig.Type}} {{index .HostConfig.LogConfig.Config "max-size"}}x{{index .HostConfig.LogConfig.Config "max-file"}}
		{{.State.Health.Status}} {{.HostConfig.PidsLimit}}' "$id"
	is "$(tr -s '[:space:]' ' ' <<<"$out" | sed 's/ $//')" 'true false on-failure json-file 10mx3 healthy 512' \
		"$service: read-only root, bounded logs, a healthcheck"
	run docker inspect -f '{{range $p, $a := .HostConfig.PortBindings}}{{range $a}}{{.HostIp}}:{{.HostPort}} {{end}}{{end}}' "$id"
	if [ "$service" = nginx ]; then
		is "$out" "127.0.0.1:$PORT 127.0.0.1:$((PORT + 1)) " 'nginx: its two ports, where env.yml wants them'
	else
		is "$out" '' "$service: no port"
	fi
	nok "$service: cannot write to its root" docker exec "$id" sh -c '2>/dev/null : >/usr/x || 2>/dev/null : >/x'
done
run env ECS_REVISION=x docker compose -f "$ECS_PREFIX/share/ecs/compose.yml" config --format json
is "$(python3 -c '
import json, sys
for name, s in json.load(sys.stdin)["services"].items():
    for port in s.get("ports", []):
        print(name, port.get("host_ip", "*"), port["published"])' <<<"$out" | paste -sd,)" 'nginx * 80,nginx * 443' \
	'without a word in env.yml: 80 and 443 of every address, of nginx alone'
sees_database() { docker exec "$(container "$1")" timeout 3 bash -c ': </dev/tcp/ecs-postgres/5432' 2>/dev/null; }
ok 'the application sees the database' sees_database ecs.web
nok 'nginx does not' sees_database nginx

# --- the page ----------------------------------------------------------------------------------------------------------
# page WHY [PATH]: that is what visitors get
page() {
	local why=$1
	site "${2-/login}" -D "$WORK/headers" -w '%{http_code}'
	is "${out##*$'\n'}" 503 "$why: 503"
	like "$(cat "$WORK/headers")" [Rr]etry-[Aa]fter:\ [0-9]+ "$why: with Retry-After"
	like "$out" 'Back in a moment' "$why: and a page that says so"
	like "$(cat "$WORK/headers")" [Cc]ache-[Cc]ontrol:\ no-store "$why: which nobody keeps"
}
answers() { code /login && [ "$out" = 200 ]; }
flag=$ROOT/data/container/nginx/state/maintenance
: >"$flag"
page 'a flag'
code / -X POST -d a=b
is "$out" 503 'a flag: to a form too'
rm "$flag"
ok 'without the flag the application answers' answers
docker kill "$(container ecs.web)" >/dev/null
page 'the application is gone'
docker start "$(container ecs.web)" >/dev/null
ok 'the application is found again' until_true 30 answers
log_in admin "$password"
docker kill "$(container ecs-postgres)" >/dev/null
page 'the database is gone' /
docker start "$(container ecs-postgres)" >/dev/null
ok 'and when it is back, so is the site' until_true 30 digested
rm "$COOKIES"

# --- certificates of env.yml's own ---------------------------------------------------------------------------------------
cd "$WORK" || bail 'no folder'
# certificate NAME SUBJECT ISSUER-or-self OPTION…
certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$2" 2>/dev/null
	if [ "$3" = self ]; then
		openssl x509 -req -in "$1.csr" -signkey "$1.key" -out "$1.crt" "${@:4}" 2>/dev/null
	else
		openssl x509 -req -in "$1.csr" -CA "$3.crt" -CAkey "$3.key" -CAcreateserial -out "$1.crt" "${@:4}" 2>/dev/null
	fi
}
printf 'subjectAltName=DNS:localhost\n' >names
printf 'basicConstraints=critical,CA:TRUE\n' >is-ca
certificate server-ca 'Some authority' self -extfile is-ca
certificate server localhost server-ca -extfile names
certificate ca 'Members' self -extfile is-ca
certificate other-ca 'Members' self -extfile is-ca
certificate member 'Ada' ca -set_serial 0x1234
certificate stranger 'Eve' other-ca

block() { printf '    %s: |\n' "$1" && sed 's/^/      /' "$2"; } # block KEY FILE
own=$(printf '  ssl:\n' && block key server.key && block cert server.crt)
client=$(block client_ca ca.crt && printf '    client_certs_mandatory: true')
write_env "$own" "$client" '    client_cert_paths: [/admin]'
start
is "$status" 0 'it starts with certificates of env.yml'
run curl -s --noproxy '*' --cacert server-ca.crt -o /dev/null "$SITE/login"
is "$status" 0 "env.yml's own certificate is served"
answers
is "$out" 200 'what is not named needs no client certificate'
code /admin/
is "$out" 403 'what is named needs one'
for forged in 'X-Ssl-Client-Verify: SUCCESS' 'x-ssl-client-verify:SUCCESS' 'X_Ssl_Client_Verify: SUCCESS' \
	'X-Ssl_Client-Verify: SUCCESS'; do
	code /admin/ -H "$forged"
	is "$out" 403 "which '$forged' is not"
done
code /admin/ --http1.1 -H 'X-Ssl-Client-Verify: SUCCESS' -H 'X-Ssl-Client-Verify: SUCCESS'
is "$out" 403 'nor twice'
for path in //admin/ /./admin/ /x/../admin/ /%61dmin/ /admin%2f /ADMIN/../admin/login; do
	code "$path" --path-as-is
	like "$out" '40[34]|30[12]' "nor is '$path' a way around ($out)"
done
code /admin/ --cert stranger.crt --key stranger.key
is "$out" 400 "nor a stranger's"
code /admin/ --cert member.crt --key member.key
is "$out" 302 "a member's is one"
code /admin/ --cert member.crt --key member.key -H 'X-Ssl-Client-Verify: NONE'
is "$out" 302 'whatever else is said'

# nginx reads every certificate, or does not start
head -c 300 ca.crt >torn.crt
write_env "$own" "$(block client_ca <(cat ca.crt torn.crt))" '  upload_max: 2'
run ecs-env check "$ROOT/app/env.yml"
is "$status" 65 'a second certificate that is torn is refused'
like "$err" "app/env.yml:[0-9]+:16: 'appliance.ssl.client_ca': certificate 2: " '… with its place'
start
is "$status" 0 'and not taken'
like "$err" 'starting with the last good one: .*certificate 2' 'ecs-start says so'
code /admin/ --cert member.crt --key member.key
is "$out" 302 'and the site serves as before'

write_env "$own" "$client" '  upload_max: 2'
start
is "$status" 0 'it starts with certificates wanted everywhere'
code /login
is "$out" 403 'no path named: all are'
code /login --cert member.crt --key member.key
is "$out" 200 "and a member gets in"
code /login --cert member.crt --key member.key -F "file=@$WORK/upload"
is "$out" 413 'more than upload_max is refused'

write_env "$own" '    client_certs_mandatory: true'
sed -i '/ports:/s/127.0.0.1/[::1]/g' "$ROOT/app/env.yml"
start
is "$status" 0 'it starts with certificates of nobody'
SITE="https://[::1]:$((PORT + 1))"
code /login --cert member.crt --key member.key
is "$out" 400 'who was a member is none any more'
code /login
is "$out" 403 'nobody gets in'

# --- WebSockets ------------------------------------------------------------------------------------------------------------
# in the place of the application, which speaks none
docker stop -t 1 "$(container ecs.web)" >/dev/null
echoes=$(docker run -d --rm --network "$(project_of "$ROOT")_front" --network-alias ecs-web --entrypoint python3 \
	-v "$ECS_TREE/tests/support/websocket.py:/websocket.py:ro" \
	"$(docker inspect -f '{{.Image}}' "$(container ecs.web)")" /websocket.py serve 8000)
end_echoes() { docker rm -f "$echoes" >/dev/null 2>&1; }
at_end end_echoes
ask() { out=$(python3 "$ECS_TREE/tests/support/websocket.py" ask ::1 "$((PORT + 1))" "$@" 2>&1); }
echoed() { ask hello && [ "$out" = hello ]; }
ok 'a WebSocket passes nginx, there and back' until_true 20 echoed
ask hello h2c
is "$out" 'HTTP/1.1 200 OK: upgrade: None' 'no other protocol does'
end_echoes
docker start "$(container ecs.web)" >/dev/null

# --- stopped ---------------------------------------------------------------------------------------------------------------
stop --maintenance
is "$status" 0 'ecs-stop --maintenance'
is "$(running)" nginx 'only nginx runs'
page 'stopped for maintenance'
stop
is "$status" 0 'ecs-stop'
is "$(running)" '' 'nothing runs'
finish
