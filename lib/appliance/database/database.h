/* SPDX-License-Identifier: MIT */
/*
 * The application's database in the running ecs-postgres.
 *
 * A database gets its name last: it is created as NAME_new, filled and migrated, and then renamed. So a database NAME is
 * complete, and NAME_new is what a killed run left. A database NAME without tables counts as missing; one with tables is
 * never overwritten.
 */
#ifndef APPLIANCE_DATABASE_DATABASE_H
#define APPLIANCE_DATABASE_DATABASE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

struct database {
	char *socket_dir; /* of PostgreSQL's socket on the host */
	char *name;
};

void database_free(struct database *d);

struct pg;

#define DATABASE_ADMIN "postgres" /* role and database of the administrator: peer authentication of root */

enum { DATABASE_QUICK_MS = 60000 /* for a statement that reads or changes the catalogs alone */ };

/*
 * A connection to the database NAME as the administrator; the caller closes it. Only pg_catalog is searched, and no
 * setting of the database's owner is in force that could change what the administrator's statements do.
 * The server refuses to read views and foreign tables of the application, if its version can.
 */
struct pg *database_admin(const struct database *d, const char *name, struct error *e);

enum database_is { DATABASE_UNKNOWN, DATABASE_MISSING, DATABASE_EMPTY, DATABASE_FILLED };

/* Whether the server takes connections now: 0, or -1 and 69. */
int database_ready(const struct database *d, struct error *e);

/* The server's major version. */
int database_major(const struct database *d, int *major, struct error *e);

/* What is there. TABLES (or NULL) gets the number of tables. Changes nothing. */
int database_look(const struct database *d, enum database_is *is, long *tables, struct error *e);

/* Makes sure that the role NAME of the application exists, may log in, and has PASSWORD. */
int database_role(const struct database *d, const char *password, struct error *e);

/* "NAME_new": where a database is made; the caller frees it. */
char *database_new_name(const struct database *d);

/* Creates NAME_new, empty, owned by the role. One that a killed run left is dropped first. */
int database_make(const struct database *d, struct error *e);

/* Drops NAME_new if it is there, whoever is connected to it. */
int database_drop_new(const struct database *d, struct error *e);

/*
 * NAME_new becomes NAME, in one transaction in which an empty database of that name steps aside, to be
 * dropped. One that holds tables by now is an error.
 */
int database_publish(const struct database *d, struct error *e);

/* Whether database_publish() was done, where it is known to have begun: NAME holds tables, and no NAME_new is left. */
int database_published(const struct database *d, bool *is, struct error *e);

/* Ends all connections to NAME and NAME_new but ours. */
int database_disconnect(const struct database *d, struct error *e);

/*
 * NAME becomes NAME_before and NAME_new becomes NAME, in one transaction; and the reverse, where there is a
 * NAME_before. Nobody may be connected to them.
 */
int database_swap(const struct database *d, struct error *e);
int database_unswap(const struct database *d, struct error *e);

/* Whether there is a NAME_before: 1 or 0. */
int database_has_before(const struct database *d, struct error *e);

/* Drops NAME_before if it is there. */
int database_drop_before(const struct database *d, struct error *e);

/*
 * Adds the first column of what SQL, one statement of the application's, asks. The session is a login of the application's
 * role with its PASSWORD: in one of the administrator's a function could take his rights back. It ends after ten minutes.
 */
int database_ask_as_role(const struct database *d, const char *password, const char *sql, struct strlist *out,
			 struct error *e);

#endif
