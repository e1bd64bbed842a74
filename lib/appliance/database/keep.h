/* SPDX-License-Identifier: MIT */
/*
 * What a restored database keeps beside its rows: owners, privileges, default privileges, settings, publications and
 * event triggers.
 *
 * The statements are those of the dump, so each runs as a role that may do no more than all owners together, and only
 * where it begins as one of those (keep.c has the table). No owner is a role that may more than others, as the
 * administrator: what belonged to one belongs to the application, and event triggers are switched off. Each that the
 * server refuses is left out with a warning.
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
