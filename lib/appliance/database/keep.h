/* SPDX-License-Identifier: MIT */
/*
 * What a restored database keeps beside its rows: owners, privileges, default privileges, settings, publications and
 * event triggers.
 *
 * The statements are those of the dump, so each runs as a role that may do no more than all owners together, and only
 * where it begins as one of those (see keep_other()). No role with special rights becomes an owner: what belonged to an
 * administrator belongs to the application now, and event triggers are disabled. A statement that the server refuses is left
 * out, with a warning.
 */
#ifndef APPLIANCE_DATABASE_KEEP_H
#define APPLIANCE_DATABASE_KEEP_H

#include "appliance/database/roles.h"
#include "appliance/database/statements.h"
#include "base/error.h"
#include "base/str.h"

struct pg;

struct keep {
	struct pg *pg;              /* the administrator, in the restored database */
	const char *name;           /* of that */
	struct roles_names names;
	const char *login;          /* a role that is a member of the application's, and of no other */
	struct strlist owners;      /* the other roles that may own */
	struct statements *all;     /* of the dump */
};

/* Applies all in one transaction, and drops the login. */
int keep_apply(struct keep *k, struct error *e);

void keep_free(struct keep *k);

#endif
