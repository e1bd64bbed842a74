# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034 # SITE and COOKIES are for the scenario
# For scenarios with the whole appliance and the demo application; source it after lib.sh and appliance.sh.
#
#	whole_root              ROOT becomes a machine with all of it, not started; SITE is its address
#	site ARG…               curl against SITE as `run`: certificate not looked at, cookies kept in COOKIES
#	log_in NAME PASSWORD    a session in COOKIES
whole_root() {
	new_root
	at_end end_root "$ROOT"
	"$ECS_TREE/scripts/demo-app/make-history" "$WORK/ecs.git" >/dev/null
	git clone -q "$WORK/ecs.git" "$ROOT/app/ecs"
	# ecs-start builds what is missing; what is there may be of an older tree
	ECS_REVISION=none docker compose -f "$ECS_PREFIX/share/ecs/compose.yml" build -q \
		ecs-postgres redis memcached nginx >&2 || bail 'the images cannot be built'
	PORT=$(free_port)
	SITE=https://localhost:$((PORT + 1))
	COOKIES=$WORK/cookies
	write_env
}

CURL=(curl -sk --noproxy '*' --max-time 30)
site() { # site PATH ARG…
	local path=$1
	shift
	run "${CURL[@]}" -b "$COOKIES" -c "$COOKIES" "$@" "$SITE$path"
}

# code PATH ARG…: the status of the answer alone
code() {
	site "$1" -o /dev/null -w '%{http_code}' "${@:2}"
}

# token: the value that Django wants back with each form
token() { awk '$6 == "csrftoken" { print $7 }' "$COOKIES"; }

log_in() { # log_in NAME PASSWORD CURL-ARG…
	rm -f "$COOKIES"
	site /login "${@:3}"
	site /login "${@:3}" -o /dev/null -w '%{http_code} %{redirect_url}' -e "$SITE/login" \
		--data-urlencode "csrfmiddlewaretoken=$(token)" --data-urlencode "username=$1" \
		--data-urlencode "password=$2" --data-urlencode next=
}
