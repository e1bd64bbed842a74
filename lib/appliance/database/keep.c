/* SPDX-License-Identifier: MIT */
#include "appliance/database/keep.h"

#include <stdlib.h>
#include <string.h>

#include "appliance/database/database.h"
#include "base/log.h"
#include "wrap/pg.h"

enum { SHOWN = 160 /* bytes of a statement in a warning */ };

void keep_free(struct keep *k)
{
	strlist_free(&k->owners);
}

/* --- one statement ------------------------------------------------------------------------------ */

static int run_sql(struct keep *k, const char *sql, struct error *e)
{
	return pg_exec(k->pg, sql, DATABASE_QUICK_MS, e);
}

/* Runs FMT with the identifiers of NAME and OTHER (or NULL) at its %s. */
static int run_named(struct keep *k, const char *before, const char *name, const char *between, const char *other,
		     struct error *e)
{
	CLEANUP(mem_freep) char *first = pg_identifier(k->pg, name, e);
	CLEANUP(mem_freep) char *second = first ? pg_identifier(k->pg, other ? other : "-", e) : NULL;
	CLEANUP(mem_freep) char *sql = second ? mem_format("%s %s%s%s", before, first, between, other ? second : "")
					      : NULL;

	return sql ? run_sql(k, sql, e) : -1;
}

/* Runs SQL, one statement, as ROLE (NULL: the administrator). 1: done; 0: the server refused it, WHY says why; -1: error. */
static int attempt(struct keep *k, const char *role, const char *sql, struct error *why, struct error *e)
{
	struct pg_table none = {0};
	int r;

	if (run_sql(k, "SAVEPOINT one", e) != 0 || (role && run_named(k, "SET LOCAL ROLE", role, "", NULL, e) != 0))
		return -1;
	pg_forget_notice(k->pg);
	r = pg_query(k->pg, sql, NULL, DATABASE_QUICK_MS, &none, why);
	pg_table_free(&none);
	if (r == 0 && str_begins(pg_notice(k->pg), "WARNING:  no privileges"))
		r = error_set(why, EXIT_FAILED, "%s", pg_notice(k->pg) + strlen("WARNING:  "));
	if (r != 0)
		return run_sql(k, "ROLLBACK TO one", e) == 0 ? 0 : -1;
	return run_sql(k, "RESET ROLE; RELEASE one", e) == 0 ? 1 : -1;
}

static void say_left_out(const char *sql, const struct error *why)
{
	log_warn("left out: '%.*s%s': %s", SHOWN, sql, strlen(sql) > SHOWN ? "…" : "", why->text);
}

/* The same, with a warning if the server refuses it. */
static int keep_one(struct keep *k, const char *role, const char *sql, struct error *e)
{
	struct error why = {0};
	int r = attempt(k, role, sql, &why, e);

	if (r == 0)
		say_left_out(sql, &why);
	return r < 0 ? -1 : 0;
}

/* --- owners and privileges ---------------------------------------------------------------------- */

/* An owner needs the right to create in the schema; the privileges, which come later, say whether it keeps it. */
static int open_schemas(struct keep *k, const char *how, const char *whom, struct error *e)
{
	CLEANUP(pg_table_free) struct pg_table t = {0};

	if (pg_query(k->pg, "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND "
		     "nspname <> 'information_schema'", NULL, DATABASE_QUICK_MS, &t, e) != 0)
		return -1;
	for (size_t i = 0; i < t.rows; i++)
		if (run_named(k, how, t.cells.item[i], whom, NULL, e) != 0)
			return -1;
	return 0;
}

/* Publications and event triggers are not there yet. */
static int keep_owner(struct keep *k, struct statement *s, struct error *e)
{
	CLEANUP(mem_freep) char *owner = statement_name(s, roles_owner(s));

	if (statement_begins(s, "ALTER PUBLICATION") || statement_begins(s, "ALTER EVENT TRIGGER"))
		return 0;
	return strlist_has(&k->owners, owner) ? keep_one(k, k->login, s->text, e) : 0;
}

/* Word INDEX, where it is the name of who was the application's role, becomes that of ours. */
static int map_role(struct keep *k, struct statement *s, size_t index, struct error *e)
{
	CLEANUP(mem_freep) char *name = statement_name(s, index), *quoted = NULL;

	if (index >= s->word.count || strcmp(name, k->names.theirs) != 0 || strcmp(name, k->names.role) == 0)
		return 0;
	quoted = pg_identifier(k->pg, k->names.role, e);
	if (quoted == NULL)
		return -1;
	statement_replace(s, index, quoted);
	return 0;
}

static int name_database(struct keep *k, struct statement *s, size_t index, struct error *e)
{
	CLEANUP(mem_freep) char *quoted = pg_identifier(k->pg, k->name, e);

	if (quoted == NULL)
		return -1;
	if (index < s->word.count)
		statement_replace(s, index, quoted);
	return 0;
}

static int keep_privilege(struct keep *k, struct statement *s, struct error *e)
{
	CLEANUP(mem_freep) char *sql = NULL;
	size_t on = statement_last(s, "ON"), n = s->word.count;
	bool wrapper = statement_begins(s, "GRANT") && n == on + 7 &&
		       strcmp(s->word.item[on + 1], "FOREIGN") == 0 && strcmp(s->word.item[on + 2], "DATA") == 0;

	if (!roles_privilege(s) || on == n) /* without ON it is the membership in a role */
		return 0;
	if (map_role(k, s, roles_grantee(s), e) != 0 ||
	    (statement_begins(s, "ALTER DEFAULT PRIVILEGES FOR ROLE") && map_role(k, s, 5, e) != 0))
		return -1;
	if (on + 1 < n && strcmp(s->word.item[on + 1], "DATABASE") == 0 &&
	    name_database(k, s, on + 2, e) != 0)
		return -1;
	sql = statement_join(s, 0);
	return keep_one(k, wrapper ? NULL : k->login, sql, e);
}

/* Dumps before 10.3 name things without their schema. */
static bool is_search_path(const struct statement *s)
{
	return statement_begins(s, "SET search_path =");
}

/* Each statement of the dump by KEEP, in the search path that it was written for. */
static int keep_each(struct keep *k, int (*keep)(struct keep *k, struct statement *s, struct error *e), struct error *e)
{
	for (size_t i = 0; i < k->all->count; i++)
		if ((is_search_path(&k->all->item[i]) && keep_one(k, NULL, k->all->item[i].text, e) != 0) ||
		    keep(k, &k->all->item[i], e) != 0)
			return -1;
	return run_sql(k, "SET search_path = ''", e);
}

static int keep_owners(struct keep *k, struct error *e)
{
	for (size_t i = 0; i < k->owners.count; i++)
		if (run_named(k, "GRANT", k->owners.item[i], " TO ", k->login, e) != 0)
			return -1;
	if (k->owners.count == 0)
		return 0;
	if (open_schemas(k, "GRANT CREATE ON SCHEMA", " TO PUBLIC", e) != 0 || keep_each(k, keep_owner, e) != 0)
		return -1;
	return open_schemas(k, "REVOKE CREATE ON SCHEMA", " FROM PUBLIC", e);
}

static int return_wrappers(struct keep *k, struct error *e)
{
	CLEANUP(mem_freep) char *role = pg_identifier(k->pg, k->names.role, e);
	CLEANUP(mem_freep) char *after = role ? mem_format(" FROM %s", role) : NULL;
	CLEANUP(pg_table_free) struct pg_table t = {0};

	if (after == NULL || pg_query(k->pg, "SELECT fdwname FROM pg_catalog.pg_foreign_data_wrapper", NULL,
				      DATABASE_QUICK_MS, &t, e) != 0)
		return -1;
	for (size_t i = 0; i < t.rows; i++)
		if (run_named(k, "REVOKE USAGE ON FOREIGN DATA WRAPPER", t.cells.item[i], after, NULL, e) != 0)
			return -1;
	return 0;
}

/* --- the database itself ------------------------------------------------------------------------ */

/*
 * Whether the administrator may set it for others: what each may set, and what only tells more in the log. The search path is
 * the dump's meanwhile: it must not choose the operators.
 */
static int is_harmless(struct keep *k, const char *parameter, struct error *e)
{
	CLEANUP(mem_freep) char *count =
		pg_value(k->pg, "SELECT pg_catalog.count(*) FROM pg_catalog.pg_settings WHERE "
			 "pg_catalog.lower(name) OPERATOR(pg_catalog.=) pg_catalog.lower($1) AND "
			 "(context OPERATOR(pg_catalog.=) 'user' OR context OPERATOR(pg_catalog.=) 'superuser' AND "
			 "name OPERATOR(pg_catalog.~) '^(log|track)_')",
			 (const char *[]){parameter, NULL}, DATABASE_QUICK_MS, e);

	return count ? strcmp(count, "1") == 0 : -1;
}

/* One that the application may not make itself: WHY it was refused is said where PARAMETER is not harmless. */
static int keep_setting(struct keep *k, const char *sql, const char *parameter, struct error *why, struct error *e)
{
	int harmless = is_harmless(k, parameter, e);

	if (harmless < 0)
		return -1;
	if (harmless)
		return keep_one(k, NULL, sql, e);
	say_left_out(sql, why);
	return 0;
}

/* ALTER DATABASE name SET parameter TO …, ALTER DATABASE name CONNECTION LIMIT = … */
static int keep_property(struct keep *k, struct statement *s, struct error *e)
{
	CLEANUP(mem_freep) char *parameter = statement_name(s, 4), *sql = NULL;
	struct error why = {0};
	int r;

	if (s->word.count < 6 || (strcmp(s->word.item[3], "SET") != 0 && strcmp(s->word.item[3], "CONNECTION") != 0))
		return 0;
	if (name_database(k, s, 2, e) != 0)
		return -1;
	sql = statement_join(s, 0);
	r = attempt(k, k->login, sql, &why, e);
	return r == 0 ? keep_setting(k, sql, parameter, &why, e) : r < 0 ? -1 : 0;
}

/* ALTER ROLE role IN DATABASE name SET parameter TO … */
static int keep_role_setting(struct keep *k, struct statement *s, struct error *e)
{
	CLEANUP(mem_freep) char *role = NULL, *parameter = statement_name(s, 7), *sql = NULL;
	struct error why = {0};

	if (s->word.count < 9 || strcmp(s->word.item[3], "IN") != 0 || strcmp(s->word.item[6], "SET") != 0)
		return 0;
	if (map_role(k, s, 2, e) != 0 || name_database(k, s, 5, e) != 0)
		return -1;
	role = statement_name(s, 2);
	sql = statement_join(s, 0);
	if (strcmp(role, k->names.role) == 0)
		return keep_one(k, role, sql, e);
	error_set(&why, EXIT_FAILED, "only the administrator may set it");
	if (strlist_has(&k->owners, role) || roles_plain(k->pg, role, e) == 1)
		return keep_setting(k, sql, parameter, &why, e);
	say_left_out(sql, &why);
	return 0;
}

/* COMMENT ON kind name IS text: of what the administrator has made */
static int keep_comment(struct keep *k, struct statement *s, struct error *e)
{
	bool database = statement_begins(s, "COMMENT ON DATABASE") && s->word.count == 6;
	bool other = (statement_begins(s, "COMMENT ON EXTENSION") || statement_begins(s, "COMMENT ON PUBLICATION")) ?
		     s->word.count == 6 : statement_begins(s, "COMMENT ON EVENT TRIGGER") && s->word.count == 7;
	CLEANUP(mem_freep) char *sql = NULL;

	if (!database && !other)
		return 0;
	if (database && name_database(k, s, 3, e) != 0)
		return -1;
	sql = statement_join(s, 0);
	return keep_one(k, database ? k->login : NULL, sql, e);
}

/* --- what only an administrator may make ---------------------------------------------------------- */

/* As the application; for all tables, or those of a schema, as the administrator. */
static int keep_publication(struct keep *k, struct statement *s, struct error *e)
{
	bool whole = statement_last(s, "ALL") == 4 || (statement_last(s, "SCHEMA") == 6 && s->word.count == 8);

	return keep_one(k, whole ? NULL : k->names.role, s->text, e);
}

/* Its function is the application's now, and would run as whoever changes a table. */
static int keep_event_trigger(struct keep *k, struct statement *s, struct error *e)
{
	CLEANUP(mem_freep) char *name = statement_name(s, 3);
	struct error why = {0};
	int r = attempt(k, NULL, s->text, &why, e);

	if (r < 0)
		return -1;
	if (r == 0) {
		say_left_out(s->text, &why);
		return 0;
	}
	log_warn("the event trigger '%s' is disabled: look at its function, then run 'ALTER EVENT TRIGGER … ENABLE'", name);
	return run_named(k, "ALTER EVENT TRIGGER", name, " DISABLE", NULL, e);
}

static int keep_other(struct keep *k, struct statement *s, struct error *e)
{
	if (statement_begins(s, "CREATE SUBSCRIPTION"))
		log_warn("left out: '%s %s %s': create it again if this machine needs it", s->word.item[0],
			 s->word.item[1], s->word.count > 2 ? s->word.item[2] : "");
	if (statement_begins(s, "CREATE PUBLICATION") ||
	    (statement_begins(s, "ALTER PUBLICATION") && statement_last(s, "ADD") == 3))
		return keep_publication(k, s, e);
	if (statement_begins(s, "CREATE EVENT TRIGGER"))
		return keep_event_trigger(k, s, e);
	if (statement_begins(s, "ALTER DATABASE"))
		return keep_property(k, s, e);
	if (statement_begins(s, "ALTER ROLE"))
		return keep_role_setting(k, s, e);
	return statement_begins(s, "COMMENT ON") ? keep_comment(k, s, e) : 0;
}

/* --- all of it ---------------------------------------------------------------------------------- */

static int end_login(struct keep *k, struct error *e)
{
	if (run_named(k, "REASSIGN OWNED BY", k->login, " TO ", k->names.role, e) != 0 ||
	    run_named(k, "DROP OWNED BY", k->login, "", NULL, e) != 0)
		return -1;
	return run_named(k, "DROP ROLE", k->login, "", NULL, e);
}

int keep_apply(struct keep *k, struct error *e)
{
	if (run_sql(k, "BEGIN", e) != 0 || return_wrappers(k, e) != 0 || keep_owners(k, e) != 0 ||
	    keep_each(k, keep_privilege, e) != 0 || keep_each(k, keep_other, e) != 0 || end_login(k, e) != 0)
		return -1;
	return run_sql(k, "COMMIT", e);
}
