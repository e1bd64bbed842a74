/* SPDX-License-Identifier: MIT */
/*
 * What a dump holds, by pg_restore in the database's container: its list of entries, and its statements without the
 * rows. And how pg_restore is told what to load, and who it is.
 */
#ifndef APPLIANCE_DATABASE_CONTENTS_H
#define APPLIANCE_DATABASE_CONTENTS_H

#include <stdbool.h>

#include "appliance/database/statements.h"
#include "base/error.h"
#include "base/str.h"

struct contents {
	const char *container; /* its id */
	const char *path;      /* of the dump on the host, packed or not; both stay the caller's */
	struct strlist list;   /* "215; 1259 16389 TABLE public kept ecs", in the dump's order */
	struct statements all;
};

/* Reads both. No dump of pg_dump -Fc, or a damaged one: pg_restore's reason. The caller frees C in any case. */
int contents_read(const char *container, const char *path, struct contents *c, struct error *e);
void contents_free(struct contents *c); /* for CLEANUP too */

/* Takes the entries out of the list that begin with START behind their numbers: "EVENT TRIGGER ". */
void contents_leave_out(struct contents *c, const char *start);

/* Who pg_restore is. */
struct contents_login {
	const char *user, *password;
	const char *as; /* the role that it takes on */
};

/*
 * Loads what is in the list into the database NAME, in one transaction: no owners, no privileges. The login goes there
 * by a password, so that nothing in the dump can become more than it may.
 */
int contents_load(const struct contents *c, const struct contents_login *login, const char *name, struct error *e);

#endif
