/* SPDX-License-Identifier: MIT */
#include "appliance/database/load.h"

#include <string.h>

#include "appliance/database/contents.h"
#include "appliance/database/keep.h"
#include "base/log.h"
#include "sys/random.h"
#include "wrap/pg.h"

struct load {
	const struct database *d;
	const char *name;
	struct pg *pg; /* the administrator, in NAME */
	struct contents contents;
	struct strlist extensions; /* a statement for each that is made; */
	struct strlist as;         /* and who runs it: the role, quoted, or "" for the administrator */
	struct strlist missing;
};

static void load_free(struct load *l)
{
	pg_close(l->pg);
	contents_free(&l->contents);
	strlist_free(&l->extensions);
	strlist_free(&l->as);
	strlist_free(&l->missing);
}

/* Runs FMT, in which %s stands for NAME as an identifier. */
static int run_with(struct pg *pg, const char *before, const char *name, const char *after, struct error *e)
{
	CLEANUP(mem_freep) char *quoted = pg_identifier(pg, name, e);
	CLEANUP(mem_freep) char *sql = quoted ? mem_format("%s %s%s", before, quoted, after) : NULL;

	return sql ? pg_exec(pg, sql, DATABASE_QUICK_MS, e) : -1;
}

/* --- extensions --------------------------------------------------------------------------------- */

/* Those that only tell about the server: no object of an application depends on them. */
static bool holds_no_data(const char *extension)
{
	static const char *const names[] = {"pg_stat_statements", "pg_buffercache", "pg_freespacemap", "pgstattuple",
					    "pg_visibility", "pg_prewarm", "pageinspect", "pg_stat_kcache",
					    "pg_qualstats", "pg_wait_sampling", "auto_explain", "pgrowlocks",
					    "amcheck", "adminpack", "hypopg", "powa", "pg_walinspect"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], extension) == 0)
			return true;
	return false;
}

static void leave_extension_out(struct load *l, const char *extension)
{
	if (holds_no_data(extension))
		log_warn("the extension '%s' is left out: it is not installed in this PostgreSQL", extension);
	else
		strlist_add(&l->missing, extension);
}

/* A schema of an extension's own is there before it, and so is no longer the dump's to make. */
static int make_schema(struct load *l, const char *schema, struct error *e)
{
	CLEANUP(mem_freep) char *owner = pg_identifier(l->pg, l->d->name, e);
	CLEANUP(mem_freep) char *after = owner ? mem_format(" AUTHORIZATION %s", owner) : NULL;
	CLEANUP(mem_freep) char *start = mem_format("SCHEMA - %s ", schema);

	if (strcmp(schema, "public") == 0 || str_begins(schema, "pg_"))
		return 0;
	contents_leave_out(&l->contents, start);
	return after ? run_with(l->pg, "CREATE SCHEMA IF NOT EXISTS", schema, after, e) : -1;
}

/* CREATE EXTENSION IF NOT EXISTS name WITH SCHEMA schema */
static int plan_extension(struct load *l, const struct statement *s, struct error *e)
{
	CLEANUP(mem_freep) char *name = statement_name(s, 5), *schema = statement_name(s, 8);
	CLEANUP(mem_freep) char *first = pg_identifier(l->pg, name, e), *second = pg_identifier(l->pg, schema, e);
	CLEANUP(mem_freep) char *role = pg_identifier(l->pg, l->d->name, e);
	CLEANUP(pg_table_free) struct pg_table t = {0};

	if (!first || !second || !role ||
	    pg_query(l->pg, "SELECT pg_catalog.bool_or(trusted) FROM pg_catalog.pg_available_extension_versions "
		     "WHERE name = $1 HAVING pg_catalog.count(*) > 0", (const char *[]){name, NULL},
		     DATABASE_QUICK_MS, &t, e) != 0)
		return -1;
	if (t.rows == 0) {
		leave_extension_out(l, name);
		return 0;
	}
	strlist_add(&l->as, strcmp(t.cells.item[0], "t") == 0 ? role : "");
	strlist_addf(&l->extensions, "CREATE EXTENSION IF NOT EXISTS %s WITH SCHEMA %s", first, second);
	return make_schema(l, schema, e);
}

static int plan_extensions(struct load *l, struct error *e)
{
	CLEANUP(str_free) struct str names = {0};

	for (size_t i = 0; i < l->contents.all.count; i++) {
		const struct statement *s = &l->contents.all.item[i];

		if (statement_begins(s, "CREATE EXTENSION IF NOT EXISTS") && s->word.count == 9 &&
		    plan_extension(l, s, e) != 0)
			return -1;
	}
	for (size_t i = 0; i < l->missing.count; i++)
		str_addf(&names, "%s'%s'", i ? ", " : "", l->missing.item[i]);
	return names.len ? error_set(e, EXIT_FAILED, "the dump needs extensions of PostgreSQL that are not installed "
				     "here: %s", names.data) : 0;
}

/* While nothing of the dump is in the database: a script of an extension shall find nothing there but its own. */
static int make_extensions(struct load *l, struct error *e)
{
	for (size_t i = 0; i < l->extensions.count; i++) {
		CLEANUP(mem_freep) char *sql = l->as.item[i][0] ?
			mem_format("SET ROLE %s; %s; RESET ROLE", l->as.item[i], l->extensions.item[i]) :
			mem_dup(l->extensions.item[i]);

		if (pg_exec(l->pg, sql, DATABASE_QUICK_MS, e) != 0)
			return -1;
	}
	return 0;
}

/* Servers are the dump's, and the application's to make, where the wrapper is an extension's. */
static int lend_wrappers(struct load *l, struct error *e)
{
	CLEANUP(mem_freep) char *role = pg_identifier(l->pg, l->d->name, e);
	CLEANUP(mem_freep) char *after = role ? mem_format(" TO %s", role) : NULL;
	CLEANUP(pg_table_free) struct pg_table t = {0};

	if (after == NULL || pg_query(l->pg, "SELECT fdwname FROM pg_catalog.pg_foreign_data_wrapper", NULL,
				      DATABASE_QUICK_MS, &t, e) != 0)
		return -1;
	for (size_t i = 0; i < t.rows; i++)
		if (run_with(l->pg, "GRANT USAGE ON FOREIGN DATA WRAPPER", t.cells.item[i], after, e) != 0)
			return -1;
	return 0;
}

/* --- roles -------------------------------------------------------------------------------------- */

static int make_role(struct load *l, const char *role, struct error *e)
{
	CLEANUP(mem_freep) char *count =
		pg_value(l->pg, "SELECT pg_catalog.count(*) FROM pg_catalog.pg_roles WHERE rolname = $1",
			 (const char *[]){role, NULL}, DATABASE_QUICK_MS, e);
	struct error why = {0};

	if (count == NULL)
		return -1;
	if (strcmp(count, "0") != 0)
		return 0;
	if (run_with(l->pg, "CREATE ROLE", role, " NOLOGIN", &why) != 0)
		log_warn("the role '%s' is left out: %s", role, why.text);
	else
		log_warn("the role '%s' of the dump is created without login and without members", role);
	return 0;
}

static int make_roles(struct load *l, const char *theirs, struct error *e)
{
	CLEANUP(strlist_free) struct strlist roles = {0};

	roles_find_named(&l->contents.all, &roles);
	for (size_t i = 0; i < roles.count; i++)
		if (strcmp(roles.item[i], theirs) != 0 && make_role(l, roles.item[i], e) != 0)
			return -1;
	return 0;
}

/* The login of this load, of the same name as the database: both are dropped together. */
static int make_login(struct load *l, struct str *password, struct error *e)
{
	CLEANUP(mem_freep) char *login = pg_identifier(l->pg, l->name, e), *role = pg_identifier(l->pg, l->d->name, e);
	CLEANUP(mem_freep) char *verifier = NULL, *literal = NULL, *sql = NULL;

	if (!login || !role || random_secret(24, password, e) != 0)
		return -1;
	verifier = pg_verifier(l->pg, l->name, str_get(password), e);
	literal = verifier ? pg_literal(l->pg, verifier, e) : NULL;
	if (literal == NULL)
		return -1;
	sql = mem_format("DROP ROLE IF EXISTS %s; CREATE ROLE %s LOGIN PASSWORD %s; GRANT %s TO %s", login, login,
			 literal, role, login);
	return pg_exec(l->pg, sql, DATABASE_QUICK_MS, e);
}

/* --- all of it ---------------------------------------------------------------------------------- */

static int load_rows(struct load *l, struct error *e)
{
	static const char *const not_the_roles[] = {"EXTENSION ", "COMMENT - EXTENSION ", "EVENT TRIGGER ",
						    "COMMENT - EVENT TRIGGER ", "COMMENT - PUBLICATION ",
						    "COMMENT - SUBSCRIPTION ", "DATABASE ", "COMMENT - DATABASE ",
						    "ACL - DATABASE "};
	CLEANUP(str_free) struct str password = {0};
	struct contents_login login = {.user = l->name, .as = l->d->name};

	for (size_t i = 0; i < sizeof not_the_roles / sizeof *not_the_roles; i++)
		contents_leave_out(&l->contents, not_the_roles[i]);
	if (make_login(l, &password, e) != 0)
		return -1;
	login.password = str_get(&password);
	return contents_load(&l->contents, &login, l->name, e);
}

static int load_all(struct load *l, struct error *e)
{
	CLEANUP(mem_freep) char *theirs = roles_find_theirs(&l->contents.all, l->d->name);
	CLEANUP(keep_free) struct keep keep = {.pg = l->pg, .name = l->name, .names = {l->d->name, theirs},
					       .login = l->name, .all = &l->contents.all};

	if (plan_extensions(l, e) != 0 || make_extensions(l, e) != 0 || make_roles(l, theirs, e) != 0 ||
	    lend_wrappers(l, e) != 0 || load_rows(l, e) != 0)
		return -1;
	return roles_find_owners(l->pg, keep.all, &keep.names, &keep.owners, e) == 0 ? keep_apply(&keep, e) : -1;
}

int load_dump(const struct database *d, const char *container, const char *path, const char *name, struct error *e)
{
	CLEANUP(load_free) struct load l = {.d = d, .name = name, .pg = database_admin(d, name, e)};

	if (l.pg == NULL || contents_read(container, path, &l.contents, e) != 0)
		return -1;
	return load_all(&l, e);
}
