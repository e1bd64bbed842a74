/* SPDX-License-Identifier: MIT */
#include "appliance/database/database.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "wrap/pg.h"

enum {
	CONNECT_MS = 10000,
	CREATE_MS = 10 * 60000 /* CREATE and DROP DATABASE copy and flush files */
};

void database_free(struct database *d)
{
	free(d->socket_dir);
	free(d->name);
	*d = (struct database){0};
}

/*
 * What the database's owner may set for all sessions must not change what the administrator's statements mean. Not every
 * version has the settings of the second statement.
 */
static const char own_settings[] =
	"SET search_path = pg_catalog, pg_temp; SET role = none; SET statement_timeout = 0; SET lock_timeout = 0; "
	"SET idle_in_transaction_session_timeout = 0; SET default_transaction_read_only = off; "
	"SET standard_conforming_strings = on; SET transform_null_equals = off; SET quote_all_identifiers = off; "
	"SELECT set_config(s.name, w.value, false) FROM (VALUES ('transaction_timeout', '0'), "
	"('restrict_nonsystem_relation_kind', 'view, foreign-table')) w (name, value) JOIN pg_settings s ON s.name = w.name";

struct pg *database_admin(const struct database *d, const char *name, struct error *e)
{
	struct pg *pg = pg_open(d->socket_dir, DATABASE_ADMIN, name, CONNECT_MS, e);

	if (pg && pg_exec(pg, own_settings, DATABASE_QUICK_MS, e) != 0)
		pg_closep(&pg);
	return pg;
}

int database_ready(const struct database *d, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, DATABASE_ADMIN, e);

	return pg ? 0 : -1;
}

int database_major(const struct database *d, int *major, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, DATABASE_ADMIN, e);

	if (pg == NULL)
		return -1;
	*major = pg_major(pg);
	return 0;
}

/* --- looking ------------------------------------------------------------------------------------------ */

static int exists(struct pg *pg, const char *name, bool *there, struct error *e)
{
	CLEANUP(mem_freep) char *count =
		pg_value(pg, "SELECT count(*) FROM pg_database WHERE datname = $1",
			 (const char *[]){name, NULL}, DATABASE_QUICK_MS, e);

	if (count == NULL)
		return -1;
	*there = strcmp(count, "0") != 0;
	return 0;
}

/* Tables of every kind, and what else may hold data, in the database NAME. -1: error. */
static long count_tables(const struct database *d, const char *name, struct error *e)
{
	static const char sql[] = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
				  "WHERE c.relkind IN ('r', 'p', 'm', 'f', 'S') "
				  "AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'";
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, name, e);
	CLEANUP(mem_freep) char *count = NULL;
	unsigned long long value;

	if (pg == NULL)
		return -1;
	count = pg_value(pg, sql, NULL, DATABASE_QUICK_MS, e);
	if (count == NULL || !str_number(count, 1000000000, &value))
		return -1;
	return (long)value;
}

int database_look(const struct database *d, enum database_is *is, long *tables, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, DATABASE_ADMIN, e);
	bool there;
	long count;

	if (pg == NULL || exists(pg, d->name, &there, e) != 0)
		return -1;
	*is = DATABASE_MISSING;
	if (!there)
		return 0;
	count = count_tables(d, d->name, e);
	if (count < 0)
		return error_context(e, "database '%s'", d->name);
	*is = count ? DATABASE_FILLED : DATABASE_EMPTY;
	if (tables)
		*tables = count;
	return 0;
}

int database_ask_as_role(const struct database *d, const char *password, const char *sql, struct strlist *out,
			 struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = pg_login(&(struct pg_login){d->socket_dir, d->name, password, d->name},
						    CONNECT_MS, e);
	CLEANUP(pg_table_free) struct pg_table t = {0};

	if (pg == NULL || pg_exec(pg, "BEGIN READ ONLY", DATABASE_QUICK_MS, e) != 0 ||
	    pg_query(pg, sql, NULL, CREATE_MS, &t, e) != 0)
		return -1;
	for (size_t i = 0; i < t.rows; i++)
		strlist_add(out, t.cells.item[i * t.columns]);
	return 0;
}

/* --- making ------------------------------------------------------------------------------------------- */

/* One statement out of FMT, with the names quoted; each %s of FMT takes one. */
static int statement(struct pg *pg, struct error *e, const char *fmt, const char *one, const char *two)
{
	CLEANUP(mem_freep) char *first = pg_identifier(pg, one, e);
	CLEANUP(mem_freep) char *second = first ? pg_identifier(pg, two ? two : one, e) : NULL;
	CLEANUP(str_free) struct str sql = {0};
	const char *names[] = {first, second};
	size_t used = 0;

	if (second == NULL)
		return -1;
	for (const char *p = fmt; *p; p++) {
		if (p[0] == '%' && p[1] == 's' && used < 2) {
			str_add(&sql, names[used++]);
			p++;
		} else {
			str_addc(&sql, *p);
		}
	}
	return pg_exec(pg, sql.data, CREATE_MS, e);
}

int database_role(const struct database *d, const char *password, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, DATABASE_ADMIN, e);
	CLEANUP(mem_freep) char *count = NULL, *verifier = NULL, *literal = NULL, *sql = NULL;

	if (pg == NULL)
		return -1;
	count = pg_value(pg, "SELECT count(*) FROM pg_roles WHERE rolname = $1",
			 (const char *[]){d->name, NULL}, DATABASE_QUICK_MS, e);
	if (count == NULL)
		return -1;
	if (strcmp(count, "0") == 0 && statement(pg, e, "CREATE ROLE %s LOGIN", d->name, NULL) != 0)
		return -1;
	verifier = pg_verifier(pg, d->name, password, e);
	literal = verifier ? pg_literal(pg, verifier, e) : NULL;
	if (literal == NULL)
		return -1;
	sql = mem_format("ALTER ROLE %%s LOGIN PASSWORD %s", literal);
	return statement(pg, e, sql, d->name, NULL);
}

char *database_new_name(const struct database *d)
{
	return mem_format("%s_new", d->name);
}

static char *old_name(const struct database *d)
{
	return mem_format("%s_old", d->name);
}

int database_drop_new(const struct database *d, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, DATABASE_ADMIN, e);
	CLEANUP(mem_freep) char *name = database_new_name(d);

	if (pg == NULL || statement(pg, e, "DROP DATABASE IF EXISTS %s WITH (FORCE)", name, NULL) != 0)
		return -1;
	return statement(pg, e, "DROP ROLE IF EXISTS %s", name, NULL); /* that a load cut off left: load.c */
}

int database_make(const struct database *d, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, DATABASE_ADMIN, e);
	CLEANUP(mem_freep) char *name = database_new_name(d);

	if (pg == NULL || database_drop_new(d, e) != 0)
		return -1;
	return statement(pg, e, "CREATE DATABASE %s OWNER %s", name, d->name);
}

/* What stepped aside is dropped only if it still holds nothing. */
static int drop_old(const struct database *d, struct pg *pg, struct error *e)
{
	CLEANUP(mem_freep) char *old = old_name(d);
	bool there;
	long count;

	if (exists(pg, old, &there, e) != 0)
		return -1;
	if (!there)
		return 0;
	count = count_tables(d, old, e);
	if (count < 0)
		return -1;
	if (count)
		return error_set(e, EXIT_FAILED, "the database '%s' holds tables, so it is not dropped", old);
	return statement(pg, e, "DROP DATABASE %s", old, NULL);
}

int database_publish(const struct database *d, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, DATABASE_ADMIN, e);
	CLEANUP(mem_freep) char *new = database_new_name(d), *old = old_name(d);
	enum database_is is;

	if (pg == NULL || drop_old(d, pg, e) != 0 || database_look(d, &is, NULL, e) != 0)
		return -1;
	if (is == DATABASE_FILLED)
		return error_set(e, EXIT_FAILED, "the database '%s' holds tables now, so it is not replaced",
				 d->name);
	if (is == DATABASE_MISSING)
		return statement(pg, e, "ALTER DATABASE %s RENAME TO %s", new, d->name);
	if (pg_exec(pg, "BEGIN", DATABASE_QUICK_MS, e) != 0 ||
	    statement(pg, e, "ALTER DATABASE %s RENAME TO %s", d->name, old) != 0 ||
	    statement(pg, e, "ALTER DATABASE %s RENAME TO %s", new, d->name) != 0 ||
	    pg_exec(pg, "COMMIT", DATABASE_QUICK_MS, e) != 0)
		return -1; /* the connection ends, and the transaction with it */
	/* what is asked for is done: an empty leftover is no reason to take it back */
	if (drop_old(d, pg, e) != 0)
		log_warn("%s", e->text);
	return 0;
}

int database_published(const struct database *d, bool *published, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, DATABASE_ADMIN, e);
	CLEANUP(mem_freep) char *new = database_new_name(d);
	enum database_is is;
	bool left;

	if (pg == NULL || exists(pg, new, &left, e) != 0 || database_look(d, &is, NULL, e) != 0)
		return -1;
	*published = !left && is == DATABASE_FILLED;
	return 0;
}

/* --- two states ----------------------------------------------------------------------------------------- */

static char *before_name(const struct database *d)
{
	return mem_format("%s_before", d->name);
}

int database_disconnect(const struct database *d, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, DATABASE_ADMIN, e);
	CLEANUP(mem_freep) char *new = database_new_name(d);
	CLEANUP(pg_table_free) struct pg_table t = {0};

	return pg ? pg_query(pg, "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
			     "WHERE datname IN ($1, $2) AND pid <> pg_backend_pid()",
			     (const char *[]){d->name, new, NULL}, DATABASE_QUICK_MS, &t, e) : -1;
}

/* Two renames in one transaction; without COMMIT the end of the connection takes both back. */
static int rename_both(struct pg *pg, const char *one, const char *one_to, const char *two, const char *two_to,
		       struct error *e)
{
	if (pg_exec(pg, "BEGIN", DATABASE_QUICK_MS, e) != 0 ||
	    statement(pg, e, "ALTER DATABASE %s RENAME TO %s", one, one_to) != 0 ||
	    statement(pg, e, "ALTER DATABASE %s RENAME TO %s", two, two_to) != 0)
		return -1;
	return pg_exec(pg, "COMMIT", DATABASE_QUICK_MS, e);
}

int database_swap(const struct database *d, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, DATABASE_ADMIN, e);
	CLEANUP(mem_freep) char *new = database_new_name(d), *before = before_name(d);

	return pg ? rename_both(pg, d->name, before, new, d->name, e) : -1;
}

int database_unswap(const struct database *d, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, DATABASE_ADMIN, e);
	CLEANUP(mem_freep) char *new = database_new_name(d), *before = before_name(d);
	bool there;

	if (pg == NULL || exists(pg, before, &there, e) != 0)
		return -1;
	return there ? rename_both(pg, d->name, new, before, d->name, e) : 0;
}

int database_has_before(const struct database *d, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, DATABASE_ADMIN, e);
	CLEANUP(mem_freep) char *before = before_name(d);
	bool there;

	if (pg == NULL || exists(pg, before, &there, e) != 0)
		return -1;
	return there;
}

int database_drop_before(const struct database *d, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, DATABASE_ADMIN, e);
	CLEANUP(mem_freep) char *before = before_name(d);

	return pg ? statement(pg, e, "DROP DATABASE IF EXISTS %s WITH (FORCE)", before, NULL) : -1;
}
