/* SPDX-License-Identifier: MIT */
#include "wrap/pg.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "sys/clock.h"
#include "wrap/library.h"
#include "sys/signals.h"

#define FUNCTIONS(X)										\
	X(PQcancel)										\
	X(PQclear)										\
	X(PQconnectPoll)									\
	X(PQconnectStartParams)									\
	X(PQconsumeInput)									\
	X(PQencryptPasswordConn)								\
	X(PQerrorMessage)									\
	X(PQescapeIdentifier)									\
	X(PQescapeLiteral)									\
	X(PQfinish)										\
	X(PQfreeCancel)										\
	X(PQfreemem)										\
	X(PQgetCopyData)									\
	X(PQgetCancel)										\
	X(PQgetResult)										\
	X(PQgetvalue)										\
	X(PQisBusy)										\
	X(PQnfields)										\
	X(PQntuples)										\
	X(PQresultErrorMessage)									\
	X(PQresultStatus)									\
	X(PQsendQuery)										\
	X(PQsendQueryParams)									\
	X(PQserverVersion)									\
	X(PQsetNoticeReceiver)									\
	X(PQsocket)										\
	X(PQstatus)

LIBRARY(FUNCTIONS, ECS_PQ_SONAME)

struct pg {
	PGconn *conn;
	struct str notice; /* the last one */
};

enum { DRAIN_MS = 10000 }; /* for what comes after the last row */

/* libpq's texts end with a newline and may have several lines: the first says what happened. */
static int fail(struct error *e, int code, const char *what, const char *text)
{
	return error_set(e, code, "%s: %.*s", what, (int)strcspn(text, "\n"), text);
}

/* Waits for the socket. Returns 0, or -1 with the error of a deadline or a signal. */
static int wait_for(PGconn *conn, short events, long long until, const char *what, struct error *e)
{
	long long left = until - clock_ms();
	struct pollfd p[2] = {
		{.fd = lib.PQsocket(conn), .events = events},
		{.fd = signals_fd(), .events = POLLIN},
	};

	if (signals_pending())
		return signals_error(e);
	if (left <= 0)
		return error_set(e, EX_UNAVAILABLE, "%s: no answer in time", what);
	poll(p, 2, (int)(left > 60000 ? 60000 : left));
	return 0;
}

/* --- connection --------------------------------------------------------------------------------- */

static int establish(PGconn *conn, long long until, struct error *e)
{
	PostgresPollingStatusType next = PGRES_POLLING_WRITING;

	while (next != PGRES_POLLING_OK) {
		if (next == PGRES_POLLING_FAILED || lib.PQstatus(conn) == CONNECTION_BAD)
			return fail(e, EX_UNAVAILABLE, "postgresql", lib.PQerrorMessage(conn));
		if (wait_for(conn, next == PGRES_POLLING_READING ? POLLIN : POLLOUT, until,
			     "postgresql", e) != 0)
			return -1;
		next = lib.PQconnectPoll(conn);
	}
	return 0;
}

/* What the server has to say beside its answers. */
static void take_notice(void *arg, const PGresult *res)
{
	struct pg *pg = arg;

	str_clear(&pg->notice);
	str_add(&pg->notice, lib.PQresultErrorMessage(res));
	str_trim(&pg->notice);
}

const char *pg_notice(const struct pg *pg)
{
	return str_get(&pg->notice);
}

void pg_forget_notice(struct pg *pg)
{
	str_clear(&pg->notice);
}

struct pg *pg_open(const char *dir, const char *user, const char *database, long timeout_ms,
		   struct error *e)
{
	return pg_login(&(struct pg_login){dir, user, NULL, database}, timeout_ms, e);
}

struct pg *pg_login(const struct pg_login *l, long timeout_ms, struct error *e)
{
	static const char *const names[] = {"host", "user", "dbname", "application_name", "client_encoding", "password",
					    NULL};
	const char *const values[] = {l->dir, l->user, l->database, "ecs", "UTF8", l->password, NULL};
	struct pg *pg;

	if (load(e) != 0)
		return NULL;
	pg = mem_alloc(sizeof *pg);
	pg->conn = lib.PQconnectStartParams(names, values, 0);
	if (pg->conn == NULL)
		error_set(e, EX_OSERR, "postgresql: out of memory");
	else if (establish(pg->conn, clock_ms() + timeout_ms, e) == 0) {
		lib.PQsetNoticeReceiver(pg->conn, take_notice, pg);
		return pg;
	}
	pg_close(pg);
	return NULL;
}

void pg_close(struct pg *pg)
{
	if (pg) {
		lib.PQfinish(pg->conn); /* takes NULL too */
		str_free(&pg->notice);
		free(pg);
	}
}

void pg_closep(struct pg **pg)
{
	pg_close(*pg);
	*pg = NULL;
}

int pg_major(const struct pg *pg)
{
	return lib.PQserverVersion(pg->conn) / 10000;
}

/* --- statements --------------------------------------------------------------------------------- */

static void cancel(PGconn *conn)
{
	PGcancel *c = lib.PQgetCancel(conn);
	char why[256];

	if (c) {
		lib.PQcancel(c, why, sizeof why);
		lib.PQfreeCancel(c);
	}
}

/* The next result of what was sent; *RES is NULL behind the last one. */
static int next_result(PGconn *conn, long long until, PGresult **res, struct error *e)
{
	*res = NULL;
	while (lib.PQisBusy(conn)) {
		if (wait_for(conn, POLLIN, until, "postgresql", e) != 0) {
			cancel(conn);
			return -1;
		}
		if (lib.PQconsumeInput(conn) != 1)
			return fail(e, EX_UNAVAILABLE, "postgresql", lib.PQerrorMessage(conn));
	}
	*res = lib.PQgetResult(conn);
	return 0;
}

static bool succeeded(const PGresult *res)
{
	ExecStatusType s = lib.PQresultStatus(res);

	return s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK || s == PGRES_EMPTY_QUERY;
}

static void copy_rows(const PGresult *res, struct pg_table *out)
{
	out->rows = (size_t)lib.PQntuples(res);
	out->columns = (size_t)lib.PQnfields(res);
	for (int row = 0; row < lib.PQntuples(res); row++)
		for (int column = 0; column < lib.PQnfields(res); column++)
			strlist_add(&out->cells, lib.PQgetvalue(res, row, column));
}

/* Reads all results; the first failure counts, the rows of a result go to OUT where it is not NULL. */
static int collect(PGconn *conn, long timeout_ms, struct pg_table *out, struct error *e)
{
	long long until = clock_ms() + timeout_ms;
	int r = 0;

	for (;;) {
		PGresult *res;

		if (next_result(conn, until, &res, e) != 0)
			return -1;
		if (res == NULL)
			return r;
		if (r == 0 && !succeeded(res))
			r = fail(e, EXIT_FAILED, "postgresql", lib.PQresultErrorMessage(res));
		else if (r == 0 && out)
			copy_rows(res, out);
		lib.PQclear(res);
	}
}

int pg_exec(struct pg *pg, const char *sql, long timeout_ms, struct error *e)
{
	if (lib.PQsendQuery(pg->conn, sql) != 1)
		return fail(e, EX_UNAVAILABLE, "postgresql", lib.PQerrorMessage(pg->conn));
	return collect(pg->conn, timeout_ms, NULL, e);
}

int pg_query(struct pg *pg, const char *sql, const char *const *args, long timeout_ms,
	     struct pg_table *out, struct error *e)
{
	int count = 0;

	*out = (struct pg_table){0};
	while (args && args[count])
		count++;
	if (lib.PQsendQueryParams(pg->conn, sql, count, NULL, args, NULL, NULL, 0) != 1)
		return fail(e, EX_UNAVAILABLE, "postgresql", lib.PQerrorMessage(pg->conn));
	if (collect(pg->conn, timeout_ms, out, e) == 0)
		return 0;
	pg_table_free(out);
	return -1;
}

/* The next row: 1, and *ROW is libpq's; 0: that was the last; -1: error. */
static int next_row(PGconn *conn, long long until, char **row, struct error *e)
{
	int r;

	while ((r = lib.PQgetCopyData(conn, row, 1)) == 0) {
		if (wait_for(conn, POLLIN, until, "postgresql", e) != 0) {
			cancel(conn);
			return -1;
		}
		if (lib.PQconsumeInput(conn) != 1)
			return fail(e, EX_UNAVAILABLE, "postgresql", lib.PQerrorMessage(conn));
	}
	if (r == -2)
		return fail(e, EXIT_FAILED, "postgresql", lib.PQerrorMessage(conn));
	return r > 0;
}

/* Sends SQL, whose rows follow. */
static int begin_copy(PGconn *conn, const char *sql, long long until, struct error *e)
{
	ExecStatusType status;
	PGresult *res;

	if (lib.PQsendQuery(conn, sql) != 1)
		return fail(e, EX_UNAVAILABLE, "postgresql", lib.PQerrorMessage(conn));
	if (next_result(conn, until, &res, e) != 0)
		return -1;
	status = lib.PQresultStatus(res);
	if (status != PGRES_COPY_OUT) {
		fail(e, EXIT_FAILED, "postgresql", lib.PQresultErrorMessage(res));
		collect(conn, DRAIN_MS, NULL, &(struct error){0});
	}
	lib.PQclear(res);
	return status == PGRES_COPY_OUT ? 0 : -1;
}

long long pg_copy(struct pg *pg, const char *sql, long long most, struct strlist *lines, long timeout_ms,
		  struct error *e)
{
	long long until = clock_ms() + timeout_ms, rows = 0;
	char *row;
	int r;

	if (begin_copy(pg->conn, sql, until, e) != 0)
		return -1;
	while ((r = next_row(pg->conn, until, &row, e)) == 1) {
		if (lines)
			strlist_addf(lines, "%.*s", (int)strcspn(row, "\n"), row);
		lib.PQfreemem(row);
		if (++rows == most)
			return rows;
	}
	return r == 0 && collect(pg->conn, DRAIN_MS, NULL, e) == 0 ? rows : -1;
}

char *pg_value(struct pg *pg, const char *sql, const char *const *args, long timeout_ms,
	       struct error *e)
{
	CLEANUP(pg_table_free) struct pg_table t;

	if (pg_query(pg, sql, args, timeout_ms, &t, e) != 0)
		return NULL;
	if (t.rows != 1 || t.columns != 1) {
		error_set(e, EX_SOFTWARE, "postgresql: %zu rows of %zu columns where one value was expected",
			  t.rows, t.columns);
		return NULL;
	}
	return mem_dup(t.cells.item[0]);
}

void pg_table_free(struct pg_table *t)
{
	strlist_free(&t->cells);
	t->rows = t->columns = 0;
}

/* --- texts -------------------------------------------------------------------------------------- */

/* A copy in our own memory of what libpq made. */
static char *take(struct pg *pg, char *made, struct error *e)
{
	char *copy = mem_dup(made);

	if (made == NULL)
		fail(e, EXIT_FAILED, "postgresql", lib.PQerrorMessage(pg->conn));
	lib.PQfreemem(made);
	return copy;
}

char *pg_identifier(struct pg *pg, const char *name, struct error *e)
{
	return take(pg, lib.PQescapeIdentifier(pg->conn, name, strlen(name)), e);
}

char *pg_literal(struct pg *pg, const char *text, struct error *e)
{
	return take(pg, lib.PQescapeLiteral(pg->conn, text, strlen(text)), e);
}

char *pg_verifier(struct pg *pg, const char *role, const char *password, struct error *e)
{
	return take(pg, lib.PQencryptPasswordConn(pg->conn, password, role, "scram-sha-256"), e);
}
