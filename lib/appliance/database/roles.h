/* SPDX-License-Identifier: MIT */
/* The roles in the statements of a dump, and which of them may own restored objects. */
#ifndef APPLIANCE_DATABASE_ROLES_H
#define APPLIANCE_DATABASE_ROLES_H

#include <stdbool.h>
#include <stddef.h>

#include "appliance/database/statements.h"
#include "base/error.h"
#include "base/str.h"

struct pg;

struct roles_names {
	const char *role;   /* the application's */
	const char *theirs; /* the one that was it where the dump was made */
};

/* ALTER … OWNER TO role: the index of that word, else the number of words. */
size_t roles_owner(const struct statement *s);

/* Whether S gives or takes privileges; then the index of the role that gets or loses them, else as above. */
bool roles_privilege(const struct statement *s);
size_t roles_grantee(const struct statement *s);

/* Who was the application's role: ROLE where it owned a table, else the owner of most. The caller frees it. */
char *roles_find_theirs(const struct statements *all, const char *role);

/* Adds to NAMES each role that ALL names. */
void roles_find_named(const struct statements *all, struct strlist *names);

/* Whether ROLE exists and neither is an administrator nor can become one: 1 or 0; -1: error. */
int roles_plain(struct pg *pg, const char *role, struct error *e);

/*
 * Adds to OWNERS the plain roles, other than NAMES, that owned something there. A warning names what belonged to roles that
 * are not plain.
 */
int roles_find_owners(struct pg *pg, const struct statements *all, const struct roles_names *names,
		      struct strlist *owners, struct error *e);

#endif
