#!/bin/bash
# SPDX-License-Identifier: MIT
#
# No secret in any argument list, on any output, in any log, nor in a file that others can read: every
# execve(2) of the tools and of all that they start is traced and searched.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/whole.sh"

whole_root
mkdir "$WORK/trace" "$WORK/told"
traced=0

# traced COMMAND…: as `run`, with all programs that are executed in a file of $WORK/trace, all that is said in $WORK/told
traced() {
	traced=$((traced + 1))
	run strace -f --seccomp-bpf -qqq -e trace=execve,execveat -e signal=none -s 1000000 \
		-o "$WORK/trace/$traced.${1##*/}" "$@"
	cp "$WORK/err" "$WORK/told/$traced.${1##*/}.err"
}

# --- an env.yml with every kind of secret, all of them known to this test -----------------------------------------
cd "$WORK" || bail 'no folder'
traced ecs-env create localhost
is "$status" 0 'ecs-env create'
(umask 077 && cp out created.yml)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -out server.crt \
	-subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
git clone -q --bare ecs.git bare.git
git -C bare.git update-server-info
account=deploy:Gx7kPq2mWv9sLt4d
exec 4< <(exec python3 "$ECS_TREE/tests/fake/git-http.py" "$WORK/bare.git" "$account")
at_end kill $!
read -ru 4 git_port
rm -r "$ROOT/app/ecs"
export ENV_YML=$ROOT/etc/env.yml
# make_environment [LINE beneath ecs:]
make_environment() {
	{
		sed -e '/^  ssl:/,/^    # client_ca/d' -e '/^    # url:/d' created.yml
		cat <<-END
			  git: {source: "http://$account@127.0.0.1:$git_port/", branch: main}
			  userswitcher_unknown: Zu8fHr5nKw3jXb6c
		END
		printf '%s\n' "$@"
	} | awk -v first="$WORK/first" -v backup="$WORK/backup" '{ print }
		/^appliance:/ { while ((getline line < first) > 0) print line }
		/^  backup:/ { while ((getline line < backup) > 0) print line }' >env.new
	install -m 600 env.new "$ENV_YML"
}
mkdir -p "$ROOT/etc"
cat >first <<-END
	  base: $BASE
	  ports: {http: "127.0.0.1:$PORT", https: "127.0.0.1:$((PORT + 1))"}
	  sentry: {dsn: "https://Yk4mTz8qRd2w@sentry.invalid/1"}
	  extra: {files: [{path: /etc/x, contents: "Vn6sJp9cLf3h"}]}
	  ssl:
	    letsencrypt: {enabled: false}
	    key: |
	$(sed 's/^/      /' server.key)
	    cert: |
	$(sed 's/^/      /' server.crt)
END
cat >backup <<-END
	    url: "sftp://backup:Bd5gNx8rTm2k@127.0.0.1:1/ecs"
	    options: "--ssh-options=-oPassword=Qw7zHj4vCs9p"
	    ping: "http://127.0.0.1:1/ping/Lr3tFk6yMb8n"
END
make_environment

# The secrets: all words of the values that are none of anybody's business, and what this machine made itself.
secrets() {
	python3 - "$ENV_YML" <<-'END'
		import re, sys, yaml
		tree = yaml.safe_load(open(sys.argv[1]))
		a, e = tree["appliance"], tree["ecs"]
		for text in (a["ssl"]["key"], a["dkim"]["key"], a["backup"]["encrypt"], e["secret_key"], e["settings"],
		             e["vault_encrypt"], e["vault_sign"]):
		    for word in re.findall(r"[A-Za-z0-9+/=_.%-]{16,}", text):
		        if not re.fullmatch(r"-+|[A-Z_]+", word):
		            print(word)
		print("Yk4mTz8qRd2w", "Vn6sJp9cLf3h", "Bd5gNx8rTm2k", "Qw7zHj4vCs9p", "Lr3tFk6yMb8n", "Gx7kPq2mWv9sLt4d",
		      "Zu8fHr5nKw3jXb6c", sep="\n")
	END
	[ ! -e "$ROOT/var/lib/ecs/secrets" ] || find "$ROOT/var/lib/ecs/secrets" -type f -not -name '*.crt' \
		-exec grep -hoE '[A-Za-z0-9+/=]{16,}' {} +
}

# none_in WHAT FILE…: says so where a secret is in one of them
none_in() {
	local what=$1 found
	shift
	found=$(grep -oF -f "$WORK/secrets" "$@" /dev/null | sort -u | head -n 5)
	[ -n "$(cat "$@")" ] || found="nothing was looked at"
	is "$found" '' "$what"
}

# --- ecs-env -----------------------------------------------------------------------------------------------------------
secrets >"$WORK/secrets"
basic=$(printf %s "$account" | base64)
ok "$(wc -l <"$WORK/secrets") words are secret" test "$(wc -l <"$WORK/secrets")" -gt 100
traced /bin/true "--password=$(sed -n 7p "$WORK/secrets")"
ok 'one in an argument list would be found' grep -qF -f "$WORK/secrets" "$WORK/trace/$traced.true"
rm "$WORK/trace/$traced.true"

traced ecs-env --root "$ROOT" find
is "$status" 0 'ecs-env find'
traced ecs-env check "$ENV_YML"
is "$status" 0 'ecs-env check'
like "$err" userswitcher_unknown 'it knows not every key'
traced ecs-env export "$ENV_YML"
is "$status" 0 'ecs-env export'
is "$(grep -oF -f "$WORK/secrets" "$WORK/out" | sort -u | wc -l)" "$(sort -u "$WORK/secrets" | wc -l)" \
	'prints all of them: that is what it is for'
for json in '' --json; do
	traced ecs-env show $json "$ENV_YML"
	is "$status" 0 "ecs-env show $json"
	like "$out" ECS_SECRET_KEY 'names each variable'
	none_in 'and shows no secret' "$WORK/out"
done
like "$out" "127.0.0.1:$git_port" 'but the rest of an address that holds one'
traced ecs-env package "$ENV_YML"
is "$status" 0 'ecs-env package'
# each secret's place with a value that cannot be; a key is a name, and may be told
for wrong in 's/^  secret_key: .*/&\n  secret_key: x/' "s/^  secret_key: '\(.*\)'/  secret_key: [\1]/" \
	"s/^  secret_key: '\(.*\)'/  secret_key: \"\1/" 's/^    ping: .*/    ping: [Lr3tFk6yMb8n, {a: Lr3tFk6yMb8n}]/'; do
	sed "$wrong" "$ENV_YML" >wrong.yml
	traced ecs-env check wrong.yml
	is "$status" 65 "ecs-env check of a wrong one ($err)"
done

# --- the first start: clone, initdb, migrate ---------------------------------------------------------------------------
traced ecs-start --root "$ROOT" --explain --new-database # nobody answers where its backups are
is "$status" 0 'ecs-start --explain'
none_in 'shows no secret' "$WORK/out"
traced ecs-start --root "$ROOT" --new-database -v
is "$status" 0 'ecs-start'
password=$(openssl rand -hex 16)
secrets >"$WORK/secrets"
printf '%s\n' "$password" "$basic" >>"$WORK/secrets"
like "$(cat "$WORK/trace/$traced.ecs-start")" '"git".*"fetch"' 'it cloned'
like "$(cat "$WORK/trace/$traced.ecs-start")" '"initdb".*"migrate"' 'made a cluster, and migrated'
traced ecs-manage --root "$ROOT" check
is "$status" 0 'ecs-manage'
# its stdin is a pipe here
traced bash -c 'printf "%s\n" "$(cat "$1")" | ecs-manage --root "$2" createlogin --superuser admin' \
	- <(printf %s "$password") "$ROOT"
is "$status" 0 'ecs-manage with a password on its stdin'
log_in admin "$password"
is "$out" "302 $SITE/" 'which counts'
for form in '' --json --metrics; do
	traced ecs-status --root "$ROOT" $form
	is "$status" 0 "ecs-status $form"
	none_in 'shows no secret' "$WORK/out"
done
site /nowhere
none_in 'nor does an error page' "$WORK/out"

# --- what Docker tells of the containers ----------------------------------------------------------------------------------
mapfile -t ids < <(docker ps -aq --filter "label=com.docker.compose.project=$(project_of "$ROOT")")
is "${#ids[@]}" 6 'six containers'
docker inspect -f '{{json .Path}} {{json .Args}} {{json .Config.Cmd}} {{json .Config.Entrypoint}}
	{{json .Config.Healthcheck}} {{json .Config.Labels}} {{json .State}} {{json .Mounts}}' "${ids[@]}" >inspected
none_in 'no secret in what they run, nor in labels and healthchecks' inspected
for id in "${ids[@]}"; do docker top "$id" -ww -eo pid,args; done >processes
none_in 'nor in the arguments of a process in them' processes
docker inspect -f '{{.Image}}' "${ids[@]}" | sort -u | xargs -n 1 docker history --no-trunc >layers
docker inspect -f '{{.Image}}' "${ids[@]}" | sort -u | xargs docker image inspect >>layers
none_in 'nor in an image' layers
for id in "${ids[@]}"; do docker logs "$id"; done >said 2>&1
none_in 'nor in a log' said

# --- stopped, and once more out of a dump --------------------------------------------------------------------------------
docker exec "$(container ecs-postgres)" pg_dump -U postgres -Fc -Z0 ecs | gzip >ecs.pgdump.gz
traced ecs-stop --root "$ROOT" -v
is "$status" 0 'ecs-stop'
rm -r "$ROOT/data/ecs-postgres/pg" "$ROOT/var/lib/ecs/state.json"
install -D ecs.pgdump.gz "$ROOT/data/ecs-pgdump/ecs.pgdump.gz"
make_environment '  recover: {from_dump: true}'
traced ecs-start --root "$ROOT" -v
is "$status" 0 'ecs-start out of a dump'
like "$(cat "$WORK/trace/$traced.ecs-start")" '"pg_restore"' 'it was restored'
site /
like "$out" 'Add a document' 'and whoever was logged in still is'

# --- all that was traced and said -------------------------------------------------------------------------------------------
secrets >>"$WORK/secrets"
diag "$(cat "$WORK"/trace/* | grep -c 'execve') programs were executed"
ok 'more than the tools alone' test "$(cat "$WORK"/trace/* | grep -c execve)" -gt 100
none_in 'no secret in any argument list' "$WORK"/trace/*
none_in 'nor on stderr, with -v' "$WORK"/told/*

# --- files ------------------------------------------------------------------------------------------------------------------
# those that hold a secret, the administrator's own and a postmaster's (where only hashes are) apart
grep -rlF -f "$WORK/secrets" --exclude-dir=pg "$ROOT" | grep -vFx "$ENV_YML" | sort >holders
like "$(cat holders)" run/ecs/env.*var/lib/ecs/env.yml.good.*var/lib/ecs/secrets/ 'the files that hold secrets are found'
is "$(xargs -d '\n' stat -c '%a %n' <holders | grep -v '^600 ')" '' 'each is for its owner alone'
is "$(stat -c %a "$ROOT/var/lib/ecs/secrets")" 700 'and the folder of the secrets is'
is "$(grep -rlF -f "$WORK/secrets" "$ROOT/data/ecs-postgres" | head -n 3)" '' 'none is in the database'
finish
