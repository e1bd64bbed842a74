/* SPDX-License-Identifier: MIT */
/*
 * PostgreSQL by libpq, over a unix socket. Each call has a deadline, and ends when this process is
 * told to (sys/signals.h), after the server was asked to cancel.
 * Nothing secret is sent in the clear: a password leaves as the verifier that pg_verifier() makes.
 */
#ifndef WRAP_PG_H
#define WRAP_PG_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

struct pg; /* one connection */

/*
 * Connects within TIMEOUT_MS milliseconds to DATABASE as USER by the socket in the folder DIR.
 * NULL: 69, with the server's reason (it does not listen yet, it is starting up, …). The caller
 * closes it.
 */
struct pg *pg_open(const char *dir, const char *user, const char *database, long timeout_ms,
		   struct error *e);

struct pg_login {
	const char *dir, *user, *password, *database; /* no password: NULL */
};

/* The same with a password: libpq proves that it knows it (SCRAM). */
struct pg *pg_login(const struct pg_login *l, long timeout_ms, struct error *e);

void pg_close(struct pg *pg);
void pg_closep(struct pg **pg); /* for CLEANUP */

/* Rows of texts, one after the other: cell (row, column) is cells.item[row * columns + column]. */
struct pg_table {
	struct strlist cells; /* a null is "" */
	size_t rows, columns;
};

void pg_table_free(struct pg_table *t);

/* Runs SQL, one statement or several, each a transaction of its own unless SQL says otherwise. */
int pg_exec(struct pg *pg, const char *sql, long timeout_ms, struct error *e);

/* Runs one statement with the arguments $1, $2, … (up to the NULL; ARGS may be NULL). */
int pg_query(struct pg *pg, const char *sql, const char *const *args, long timeout_ms,
	     struct pg_table *out, struct error *e);

/*
 * Runs SQL, "COPY table (column, …) TO STDOUT", and adds its rows to LINES (NULL: they are only counted): columns parted by
 * tabs, with COPY's escapes. Unlike a query it is not planned, so it evaluates nothing that the table's owner has put into
 * an index or a check. It ends after MOST rows (0: none too many); where there were more, PG is of no more use but for
 * pg_close(). The number of rows; -1: error.
 */
long long pg_copy(struct pg *pg, const char *sql, long long most, struct strlist *lines, long timeout_ms,
		  struct error *e);

/*
 * The one value that SQL gives; the caller frees it. Not exactly one row and column: 70.
 */
char *pg_value(struct pg *pg, const char *sql, const char *const *args, long timeout_ms,
	       struct error *e);

/* NAME quoted as an identifier, TEXT as a literal; the caller frees it. */
char *pg_identifier(struct pg *pg, const char *name, struct error *e);
char *pg_literal(struct pg *pg, const char *text, struct error *e);

/* The SCRAM verifier of ROLE's PASSWORD, for ALTER ROLE … PASSWORD; the caller frees it. */
char *pg_verifier(struct pg *pg, const char *role, const char *password, struct error *e);

/*
 * What the server last said beside its answers, "WARNING:  no privileges were granted …", since it was forgotten; "" where
 * it said nothing. It is PG's, until the next call.
 */
const char *pg_notice(const struct pg *pg);
void pg_forget_notice(struct pg *pg);

/* The server's major version. */
int pg_major(const struct pg *pg);

#endif
