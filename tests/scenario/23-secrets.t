#!/bin/bash
# SPDX-License-Identifier: MIT
#
# No secret in any argument list: every execve of the tools, of what they start and of the engine is traced
# through the life of an appliance; nor in what is said, recorded or measured.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"

tiny_root
make_template
put_dump
reset
trace=$WORK/trace
secrets=$WORK/secrets

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	-keyout "$WORK/key" -out "$WORK/cert" 2>/dev/null
write_env '  ssl:' '    key: |' "$(sed 's/^/      /' "$WORK/key")" '    cert: |' "$(sed 's/^/      /' "$WORK/cert")" \
	'  recover: {from_dump: true}' '  backup: {url: "sftp://me:backupSecret@localhost/x"}' \
	'ecs:' '  settings: settingsSecret = 1' '  secret_key: djangoSecretOfEnvYml'

# traced COMMAND…: as `run`, with each execve of it and of its children in $trace
traced() { run strace -f -qq -s 100000 -v -A -o "$trace" -e trace=execve "$@"; }

# The engine has children too: containerd, runc, what runs in containers. To attach to the one that others use has stood
# still for ever (strace 6.1), so this one is started by its tracer.
DIR=$(mktemp -d /tmp/ecs-e.XXXXXX)
docker save ecs-postgres:17 >"$WORK/images.tar"
others=$DOCKER_HOST
export DOCKER_HOST=unix://$DIR/docker.sock
"$ECS_TREE/scripts/engine" private "$DIR" strace -f --seccomp-bpf -qq -s 100000 -v -o "$trace.engine" -e trace=execve \
	>"$WORK/dockerd.log" 2>&1 &
tracer=$!
end_engine() {
	[ -z "$tracer" ] || { pkill -TERM -F "$DIR/docker.pid" && wait "$tracer"; }
	DOCKER_HOST=$others
	rm -rf --one-file-system "$DIR"
}
at_end end_engine
until_true 60 docker version || bail "the engine does not start: $(tail -n 3 "$WORK/dockerd.log")"
docker load -q -i "$WORK/images.tar" >&2

traced ecs-start --root "$ROOT" -v
is "$status" 0 'a start with a dump to restore'
said=$err
traced ecs-start --root "$ROOT" --explain
said+=$out$err
traced ecs-manage --root "$ROOT" true
traced ecs-stop --root "$ROOT" -v
said+=$err
traced ecs-start --root "$ROOT" -v
is "$status" 0 'a start of what was stopped'
said+=$err
mv "$ROOT/app/ecs" "$ROOT/app/ecs.away"
rm "$ROOT/var/lib/ecs/state.json"
echo "  git: {source: 'http://me:gitSecret@127.0.0.1:1/x.git'}" >>"$ROOT/app/env.yml"
traced ecs-start --root "$ROOT" -v --new-database
is "$status" 1 'a clone from a source that does not answer'
said+=$err
remove_containers
pkill -TERM -F "$DIR/docker.pid"
wait "$tracer" 2>/dev/null
tracer=

{
	cat "$ROOT"/var/lib/ecs/secrets/{database,django}
	sed -n '/BEGIN/,/END/{/-----/d;p}' "$WORK/key" "$ROOT"/var/lib/ecs/secrets/self-signed.key 2>/dev/null
	printf '%s\n' backupSecret settingsSecret djangoSecretOfEnvYml gitSecret
} >"$secrets"
ok 'secrets were made' test "$(wc -l <"$secrets")" -ge 9

# The argument lists alone: the environment, which is the second list, may hold them.
cat "$trace" "$trace.engine" | python3 -c '
import re, sys
for line in sys.stdin:
    m = re.search(r"execve\(\"(?:[^\"\\]|\\.)*\", \[((?:\"(?:[^\"\\]|\\.)*\"(?:, )?)*)\]", line)
    if m:
        print(m.group(1))
' >"$WORK/arguments"
ok "all argument lists were seen ($(wc -l <"$WORK/arguments"))" test "$(wc -l <"$WORK/arguments")" -gt 100
for program in '"pg_restore"' '"migrate"' '"initdb"' '"x509"' '"fetch"'; do
	ok "$program was among them" grep -q -- "$program" "$WORK/arguments"
done
ok 'the environment of a program did hold one: the trace sees them' grep -qF "$(head -n1 "$secrets")" "$trace"
is "$(grep -cFf "$secrets" "$WORK/arguments")" 0 'no secret in any argument list'

is "$(grep -cFf "$secrets" <<<"$said")" 0 'no secret in what is said'
is "$(grep -rlFf "$secrets" "$ROOT/var/lib/ecs" | grep -vE '/secrets/|env.yml.good')" '' 'nor in what is recorded'
is "$(find "$ROOT"/var/lib/ecs/secrets "$ROOT"/var/lib/ecs/env.yml.good "$ROOT"/run/ecs/env* -type f ! -perm 600)" '' \
	'and the files that hold them are for root alone'
finish
