/* SPDX-License-Identifier: MIT */
#include "appliance/database/roles.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "appliance/database/database.h"
#include "base/log.h"
#include "wrap/pg.h"

enum { SHOWN = 20 /* objects in a warning */ };

/* --- roles that are named ----------------------------------------------------------------------- */

/* The index of the role that becomes the owner; the number of words where S makes nobody one. */
size_t roles_owner(const struct statement *s)
{
	size_t n = s->word.count;

	return n > 5 && statement_begins(s, "ALTER") && !statement_begins(s, "ALTER DATABASE") &&
	       strcmp(s->word.item[n - 3], "OWNER") == 0 && strcmp(s->word.item[n - 2], "TO") == 0 ? n - 1 : n;
}

bool roles_privilege(const struct statement *s)
{
	return statement_begins(s, "GRANT") || statement_begins(s, "REVOKE") ||
	       statement_begins(s, "ALTER DEFAULT PRIVILEGES FOR ROLE");
}

/* The index of who is given a privilege, or loses it. */
size_t roles_grantee(const struct statement *s)
{
	size_t to = statement_last(s, "TO"), from = statement_last(s, "FROM"), n = s->word.count;
	size_t at = to < n ? to : from;

	return at + 1 < n ? at + 1 : n;
}

char *roles_find_theirs(const struct statements *all, const char *role)
{
	CLEANUP(strlist_free) struct strlist owners = {0};
	size_t best = 0, most = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct statement *s = &all->item[i];

		if (statement_begins(s, "ALTER TABLE") && roles_owner(s) < s->word.count)
			strlist_take(&owners, statement_name(s, roles_owner(s)));
	}
	if (owners.count == 0 || strlist_has(&owners, role))
		return mem_dup(role);
	strlist_sort(&owners);
	for (size_t i = 0, run = 0; i < owners.count; i++) {
		run = i && strcmp(owners.item[i], owners.item[i - 1]) == 0 ? run + 1 : 1;
		if (run > most) {
			most = run;
			best = i;
		}
	}
	return mem_dup(owners.item[best]);
}

static void add_role(const struct statement *s, size_t index, struct strlist *roles)
{
	CLEANUP(mem_freep) char *name = statement_name(s, index);

	if (*name && strcmp(name, "PUBLIC") != 0 && !strlist_has(roles, name))
		strlist_add(roles, name);
}

/* CREATE POLICY … TO one, two USING (…) */
static void add_of_policy(const struct statement *s, struct strlist *roles)
{
	size_t i = 0;

	while (i < s->word.count && strcmp(s->word.item[i], "TO") != 0 && strcmp(s->word.item[i], "(") != 0)
		i++;
	if (i == s->word.count || strcmp(s->word.item[i], "TO") != 0)
		return;
	do
		add_role(s, i + 1, roles);
	while ((i += 2) < s->word.count && strcmp(s->word.item[i], ",") == 0);
}

void roles_find_named(const struct statements *all, struct strlist *roles)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct statement *s = &all->item[i];

		add_role(s, roles_owner(s), roles);
		if (roles_privilege(s))
			add_role(s, roles_grantee(s), roles);
		if (statement_begins(s, "ALTER DEFAULT PRIVILEGES FOR ROLE"))
			add_role(s, 5, roles);
		else if (statement_begins(s, "CREATE USER MAPPING FOR"))
			add_role(s, 4, roles);
		else if (statement_begins(s, "ALTER ROLE") && s->word.count > 5 && statement_last(s, "IN") == 3)
			add_role(s, 2, roles);
		else if (statement_begins(s, "CREATE POLICY"))
			add_of_policy(s, roles);
	}
}

/* --- roles that may own ------------------------------------------------------------------------- */

/* Whatever the search path is: it may be the dump's. */
int roles_plain(struct pg *pg, const char *role, struct error *e)
{
	CLEANUP(mem_freep) char *plain =
		pg_value(pg, "SELECT (EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) "
			 "$1::pg_catalog.name) AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles p, pg_catalog.pg_roles r "
			 "WHERE r.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name AND "
			 "(p.rolsuper OR p.rolcreaterole OR p.rolreplication OR p.rolbypassrls OR "
			 "p.rolname OPERATOR(pg_catalog.~) '^pg_' AND "
			 "p.rolname OPERATOR(pg_catalog.<>) 'pg_database_owner') AND "
			 "pg_catalog.pg_has_role(r.oid, p.oid, 'MEMBER')))::pg_catalog.text",
			 (const char *[]){role, NULL}, DATABASE_QUICK_MS, e);

	return plain ? strcmp(plain, "true") == 0 : -1;
}

/* Adds "TABLE public.kept" of "ALTER TABLE public.kept OWNER TO postgres", one of those many that are SHOWN. */
static void add_object(const struct statement *s, size_t many, struct str *names)
{
	size_t begin = strlen("ALTER "), end = strlen(s->text) - strlen(" OWNER TO ") - strlen(s->word.item[roles_owner(s)]);

	if (many < SHOWN)
		str_addf(names, "%s%.*s", many ? ", " : "", (int)(end - begin), s->text + begin);
}

/* What belonged to OWNER is told by name. */
static void say_mapped(const struct statements *all, const char *owner, const char *role)
{
	CLEANUP(str_free) struct str names = {0};
	size_t many = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct statement *s = &all->item[i];
		CLEANUP(mem_freep) char *name = statement_name(s, roles_owner(s));

		if (strcmp(name, owner) == 0 && !statement_begins(s, "ALTER PUBLICATION") &&
		    !statement_begins(s, "ALTER EVENT TRIGGER"))
			add_object(s, many++, &names);
	}
	if (many > SHOWN)
		str_addf(&names, " and %zu more", many - SHOWN);
	if (many)
		log_warn("what belonged to the administrator '%s' belongs to '%s' now: %s", owner, role, names.data);
}

int roles_find_owners(struct pg *pg, const struct statements *all, const struct roles_names *names,
		      struct strlist *owners, struct error *e)
{
	CLEANUP(strlist_free) struct strlist seen = {0};

	for (size_t i = 0; i < all->count; i++) {
		CLEANUP(mem_freep) char *owner = statement_name(&all->item[i], roles_owner(&all->item[i]));
		int plain;

		if (*owner == '\0' || strcmp(owner, names->role) == 0 || strcmp(owner, names->theirs) == 0 ||
		    strlist_has(&seen, owner))
			continue;
		strlist_add(&seen, owner);
		plain = roles_plain(pg, owner, e);
		if (plain < 0)
			return -1;
		if (plain)
			strlist_add(owners, owner);
		else
			say_mapped(all, owner, names->role);
	}
	return 0;
}
