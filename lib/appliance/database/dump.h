/* SPDX-License-Identifier: MIT */
/*
 * The database at one instant: an open transaction whose snapshot pg_dump uses, too, while the application goes on writing.
 */
#ifndef APPLIANCE_DATABASE_DUMP_H
#define APPLIANCE_DATABASE_DUMP_H

#include "base/error.h"
#include "appliance/database/database.h"
#include "appliance/backup/manifest.h"
#include "wrap/pg.h"

struct dump {
	struct pg *pg;          /* holds the transaction; NULL: none */
	struct pg_table locked; /* its tables */
	char *snapshot;         /* what PostgreSQL calls it */
	char *version;          /* of the server: "17.6" */
	int major;
};

/*
 * Locks all tables: TRUNCATE and whatever rewrites a table, which would change what a snapshot shows, waits until dump_end();
 * reading and writing does not. It waits for a session that is doing that now, but not for ever.
 */
int dump_lock(const struct database *d, struct dump *dump, struct error *e);

/* Exports the snapshot: the instant is that of this call. Tables that were made since dump_lock() are locked, too. */
int dump_begin(struct dump *dump, struct error *e);

/* Ends the transaction, if there is one. */
void dump_end(struct dump *dump); /* for CLEANUP too */

/* Adds every table with its rows at that instant, the server's version, and the space it takes, to HEAD. */
int dump_count(struct dump *dump, struct manifest_head *head, struct error *e);

/*
 * Writes pg_dump -Fc -Z0 of that instant through gzip --rsyncable as the file PATH, flushed, mode 0600. pg_dump runs in
 * the container CONTAINER, so that it is of the server's version. Each part of the pipe must succeed.
 */
int dump_write(const struct dump *dump, const struct database *d, const char *container, const char *path,
	       struct error *e);

/*
 * Loads the dump PATH (packed or not) into the empty database NAME, whose owner is the role of D, with owners, privileges,
 * comments and settings; pg_restore runs in CONTAINER. It is not trusted: appliance/database/load.h says how that is done.
 */
int dump_load(const struct database *d, const char *container, const char *path, const char *name,
	      struct error *e);

/* Ends a pg_dump that a killed run left in the server: it holds locks that a migration would wait for. */
int dump_stop(const struct database *d, struct error *e);

/* Whether any table holds a row, but for those that migrations fill themselves: 1 or 0. */
int dump_filled(const struct database *d, struct error *e);

/*
 * Counts the rows of all tables of the database NAME now and compares them with HEAD: what differs is added to
 * LINES, "TABLE: N rows, M in the manifest".
 */
int dump_compare(const struct database *d, const char *name, const struct manifest_head *head,
		 struct strlist *lines, struct error *e);

#endif
