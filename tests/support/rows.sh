# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by scenarios that prove what a snapshot of the volume at $DATABASE holds. Two kinds of writers work on
# PostgreSQL: pgbench, whose sums must fit, and one that numbers its rows and notes each that was committed.
#
#	rows_trial, rows_revert   the scenario's: take the snapshot, revert to it; true when that worked
#	rows NAME                 all of it

PG_BIN=$(printf '%s\n' /usr/lib/postgresql/*/bin | tail -n 1)

as_postgres() {
	setpriv --reuid=postgres --regid=postgres --init-groups env -C / "$@"
}

pg_start() {
	as_postgres "$PG_BIN/pg_ctl" -s -w -t 120 -D "$DATABASE/pg" -l "$PG_LOG" \
		-o "-k $PG_SOCKET -h ''" start
}

pg_stop() {
	as_postgres "$PG_BIN/pg_ctl" -s -w -m fast -D "$DATABASE/pg" stop
}

sql() {
	as_postgres "$PG_BIN/psql" -h "$PG_SOCKET" -qAtX -c "$1" postgres
}

# Commits one row after the other; the number of each goes to $ROWS_NOTED once it is committed.
count_rows() {
	# a service gets no SIGPIPE: the loop ends with the first line that nobody reads
	while echo "INSERT INTO numbers DEFAULT VALUES RETURNING n;" 2>/dev/null; do
		:
	done | as_postgres "$PG_BIN/psql" -h "$PG_SOCKET" -qAtX postgres >"$ROWS_NOTED" 2>/dev/null
}

noted() {
	tail -n 1 "$ROWS_NOTED" | grep -E '^[0-9]+$' || tail -n 2 "$ROWS_NOTED" | head -n 1
}

noted_more_than() { # ROWS
	[ "$(wc -l <"$ROWS_NOTED")" -gt "$1" ]
}

bench_works() {
	[ "$(sql 'SELECT count(*) > 20 FROM pgbench_history')" = t ]
}

rows() {
	local name=$1 before after found counter bench
	chmod 755 "$WORK" "$ROOT" 2>/dev/null
	PG_SOCKET=$(mktemp -d /tmp/ecs-pg.XXXXXX) PG_LOG=$PG_SOCKET/log ROWS_NOTED=$WORK/noted
	at_end rm -rf "$PG_SOCKET"
	chown postgres "$PG_SOCKET"
	install -d -o postgres -m 700 "$DATABASE/pg"
	as_postgres "$PG_BIN/initdb" -D "$DATABASE/pg" -N >/dev/null || bail 'initdb failed'
	pg_start || bail "PostgreSQL does not start: $(cat "$PG_LOG")"
	sql 'CREATE TABLE numbers (n bigserial PRIMARY KEY)'
	as_postgres "$PG_BIN/pgbench" -h "$PG_SOCKET" -iq -s 1 postgres >/dev/null 2>&1
	as_postgres "$PG_BIN/pgbench" -h "$PG_SOCKET" -n -c 2 -T 3000 postgres >/dev/null 2>&1 &
	bench=$!
	count_rows &
	counter=$!
	until_true 60 test -s "$ROWS_NOTED"
	until_true 60 bench_works

	before=$(noted)
	ok "$name: a snapshot of a busy database" rows_trial
	after=$(noted)
	until_true 60 noted_more_than $((after + 20))
	ok "$name: it went on writing" test "$(noted)" -gt "$after"
	kill $bench $counter 2>/dev/null
	pg_stop
	wait $bench $counter 2>/dev/null

	ok "$name: revert" rows_revert
	rm "$DATABASE/pg/postmaster.pid" # where nobody reaps processes the old one still seems to run
	pg_start || bail "PostgreSQL does not start: $(cat "$PG_LOG")"
	found=$(sql 'SELECT max(n) FROM numbers')
	ok "$name: every row committed before the snapshot is there ($before <= $found)" \
		test "$found" -ge "$before"
	# one may be committed and not yet noted
	ok "$name: and none that came after it ($found <= $after + 1)" test "$found" -le $((after + 1))
	is "$(sql 'SELECT count(*) FROM numbers')" "$found" "$name: without a gap"
	is "$(sql 'SELECT (SELECT sum(abalance) FROM pgbench_accounts) = (SELECT sum(delta) FROM pgbench_history)
		AND (SELECT sum(tbalance) FROM pgbench_tellers) = (SELECT sum(delta) FROM pgbench_history)')" t \
		"$name: the sums of pgbench fit"
	pg_stop
}
