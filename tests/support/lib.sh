# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034 # status, out and err are for the scenario
# What every scenario sources: TAP, captured runs, roots of their own.
#
#	. "$(dirname "$0")/../support/lib.sh"
#	new_root                  makes ROOT, an empty machine beneath a temp folder, removed at the end
#	run ecs-env find          runs a program: status in $status, output in $out and $err (and files)
#	is "$status" 0 'why'      one TAP line; on a difference both values are shown
#	takes 7 [10]              whether the 7th of many points to kill at is tried in this run (below)
#	finish                    last line: the plan, and what was left behind is removed
#
# scripts/test sets:
#	ECS_PREFIX   the suite as installed (sbin, share/ecs): what /app/current is in each root
#	ECS_TREE     the source
#	DOCKER_HOST, BASE   the engine and the base image, for scenarios with containers
set -uo pipefail

: "${ECS_TREE:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${ECS_PREFIX:?run by scripts/test, or set it to a folder that make install prefix= filled}"
export PATH="$ECS_PREFIX/sbin:$PATH" ECS_TREE ECS_PREFIX

TAP_COUNT=0 TAP_FAILED=0
WORK=$(mktemp -d "${TMPDIR:-/tmp}/ecs-t.XXXXXX")
CLEANERS=()

# at_end COMMAND…: run when the scenario ends, the last one first
at_end() {
	CLEANERS+=("$(printf '%q ' "$@")")
}

clean_up() {
	local i status=$?
	for ((i = ${#CLEANERS[@]} - 1; i >= 0; i--)); do
		eval "${CLEANERS[i]}" >&2
	done
	rm -rf --one-file-system "$WORK"
	exit "$status"
}
trap clean_up EXIT
trap 'exit 143' TERM INT HUP

# --- TAP -------------------------------------------------------------------------------------------
diag() {
	local line
	while IFS= read -r line; do printf '# %s\n' "$line"; done <<<"$*"
}

pass() {
	TAP_COUNT=$((TAP_COUNT + 1))
	printf 'ok %d - %s\n' "$TAP_COUNT" "$1"
}

fail() { # fail NAME [WHAT IS SEEN]
	TAP_COUNT=$((TAP_COUNT + 1))
	TAP_FAILED=$((TAP_FAILED + 1))
	printf 'not ok %d - %s\n' "$TAP_COUNT" "$1"
	# on stderr too: prove shows no comments of TAP
	[ $# -lt 2 ] || diag "$2" | tee -a /dev/stderr
	return 0
}

# ok NAME COMMAND…: the command succeeds
ok() {
	local name=$1
	shift
	if "$@"; then pass "$name"; else fail "$name" "failed: $*"; fi
}

# nok NAME COMMAND…: the command fails
nok() {
	local name=$1
	shift
	if "$@"; then fail "$name" "succeeded: $*"; else pass "$name"; fi
}

# is GOT WANTED NAME
is() {
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		fail "$3" "$(printf 'got:    %s\nwanted: %s\nstderr: %s' "$1" "$2" "${err:-}")"
	fi
}

# like GOT REGEX NAME (bash's extended regular expression)
like() {
	if [[ $1 =~ $2 ]]; then
		pass "$3"
	else
		fail "$3" "$(printf 'got:    %s\nwanted: %s' "$1" "$2")"
	fi
}

# unlike GOT REGEX NAME
unlike() {
	if [[ $1 =~ $2 ]]; then
		fail "$3" "$(printf 'got:      %s\nunwanted: %s' "$1" "$2")"
	else
		pass "$3"
	fi
}

finish() {
	printf '1..%d\n' "$TAP_COUNT"
	[ "$TAP_FAILED" -eq 0 ]
	exit $?
}

bail() {
	printf 'Bail out! %s\n' "$*"
	exit 1
}

# --- running ---------------------------------------------------------------------------------------
# run COMMAND…: $status, $out, $err; the same in files $WORK/out and $WORK/err
run() {
	status=0
	"$@" >"$WORK/out" 2>"$WORK/err" </dev/null || status=$?
	out=$(tr -d '\0' <"$WORK/out")
	err=$(tr -d '\0' <"$WORK/err")
}

# new_root: ROOT becomes an empty machine with this suite installed
new_root() {
	ROOT=$(mktemp -d "$WORK/root.XXXXXX")
	mkdir -p "$ROOT/app" "$ROOT/etc/cron.d" "$ROOT/run" "$ROOT/var/lib"
	ln -s "$ECS_PREFIX" "$ROOT/app/current"
}

# --- points to kill at -----------------------------------------------------------------------------
# There are some 600, of some seconds each. A run takes every tenth of them, from another one on each time: ten runs of
# scripts/test, which counts ECS_SEED on, have taken all. ECS_SEED=N takes the same ones again, ECS_ALL_KILLS=1 takes all.
: "${ECS_SEED:=$((RANDOM % 1000))}"

# share [OF]: every which point is taken: OF (10), or 1 with ECS_ALL_KILLS=1
share() {
	if [ "${ECS_ALL_KILLS:-0}" = 0 ]; then echo "${1:-10}"; else echo 1; fi
}

# takes N [OF]: whether the Nth point is taken
takes() {
	[ $((($1 + ECS_SEED) % $(share "${2-}"))) = 0 ]
}

# until_true SECONDS COMMAND…: waits for an event that has no better way to be waited for
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		read -rt 0.1 <> <(:) || :
	done
}
