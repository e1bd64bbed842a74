/* SPDX-License-Identifier: MIT */
#include "appliance/database/migrations.h"

#include <stdlib.h>
#include <string.h>

#include "wrap/pg.h"

#define TABLE "public.django_migrations"

/*
 * What is there by that name. A view in its place would run as the administrator, and one without a number does not
 * tell what was applied last.
 */
static const char what_sql[] =
	"SELECT coalesce((SELECT CASE WHEN c.relkind <> 'r' THEN 'other' WHEN 2 > (SELECT count(*) FROM pg_attribute a "
	"WHERE a.attrelid = c.oid AND a.attname IN ('app', 'name')) THEN 'other' WHEN NOT EXISTS (SELECT FROM pg_attribute a "
	"WHERE a.attrelid = c.oid AND a.attname = 'id') THEN 'id' ELSE 'django' END FROM pg_class c JOIN pg_namespace n "
	"ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relname = 'django_migrations'), 'none')";

/* 1: Django's table is there; 0: none is; -1: error. */
static int find_table(struct pg *pg, struct error *e)
{
	CLEANUP(mem_freep) char *what = pg_value(pg, what_sql, NULL, DATABASE_QUICK_MS, e);

	if (what == NULL)
		return -1;
	if (strcmp(what, "other") == 0)
		return error_set(e, EXIT_FAILED, "'" TABLE "' is not the table that Django makes: the applied migrations cannot "
				 "be read; rename it if it is something else");
	if (strcmp(what, "id") == 0)
		return error_set(e, EXIT_FAILED, "'" TABLE "' has no column 'id', so the last migration of an app cannot be found: "
				 "add it with 'ALTER TABLE django_migrations ADD COLUMN id bigserial'");
	return strcmp(what, "django") == 0;
}

struct migration {
	long long id;
	char *app;  /* the line itself; */
	char *name; /* points into it */
};

struct migrations {
	struct migration *item;
	size_t count;
};

static void migrations_free(struct migrations *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->item[i].app);
	free(m->item);
	*m = (struct migrations){0};
}

/* "12<tab>core<tab>0001_initial": a name of Python's needs none of COPY's escapes. */
static int split_line(const char *line, struct migration *m, struct error *e)
{
	const char *app = strchr(line, '\t');

	m->id = atoll(line);
	m->app = app ? mem_dup(app + 1) : NULL;
	m->name = m->app ? strchr(m->app, '\t') : NULL;
	if (m->name == NULL) {
		free(m->app);
		return error_set(e, EX_SOFTWARE, "internal error: '" TABLE "' gave '%s'; please report it", line);
	}
	*m->name++ = '\0';
	return 0;
}

static int by_app_and_id(const void *a, const void *b)
{
	const struct migration *one = a, *two = b;
	int order = strcmp(one->app, two->app);

	return order ? order : (one->id > two->id) - (one->id < two->id);
}

static int read_lines(struct pg *pg, struct strlist *lines, struct error *e)
{
	static const char lock[] = "BEGIN READ ONLY; SET LOCAL lock_timeout = '30s'; "
				   "LOCK TABLE ONLY " TABLE " IN ACCESS SHARE MODE";
	int there = find_table(pg, e);

	if (there == 1) /* again under the lock, which keeps it what it is */
		there = pg_exec(pg, lock, DATABASE_QUICK_MS, e) == 0 ? find_table(pg, e) : -1;
	if (there == 1)
		return pg_copy(pg, "COPY " TABLE " (id, app, name) TO STDOUT", 0, lines, DATABASE_QUICK_MS, e) < 0 ? -1 : 0;
	return there;
}

/* All that are applied, by app and then by the order of applying. */
static int read_all(const struct database *d, struct migrations *m, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, d->name, e);
	CLEANUP(strlist_free) struct strlist lines = {0};

	if (pg == NULL || read_lines(pg, &lines, e) != 0)
		return -1;
	m->item = mem_alloc((lines.count + 1) * sizeof *m->item);
	for (; m->count < lines.count; m->count++)
		if (split_line(lines.item[m->count], &m->item[m->count], e) != 0)
			return -1;
	qsort(m->item, m->count, sizeof *m->item, by_app_and_id);
	return 0;
}

int migrations_heads(const struct database *d, struct strlist *heads, struct error *e)
{
	CLEANUP(migrations_free) struct migrations m = {0};

	if (read_all(d, &m, e) != 0)
		return -1;
	for (size_t i = 0; i < m.count; i++)
		if (i + 1 == m.count || strcmp(m.item[i].app, m.item[i + 1].app) != 0)
			strlist_addf(heads, "%s.%s", m.item[i].app, m.item[i].name);
	return 0;
}

int migrations_applied(const struct database *d, struct strlist *applied, struct error *e)
{
	CLEANUP(migrations_free) struct migrations m = {0};

	if (read_all(d, &m, e) != 0)
		return -1;
	for (size_t i = 0; i < m.count; i++)
		strlist_addf(applied, "%s.%s", m.item[i].app, m.item[i].name);
	strlist_sort(applied);
	return 0;
}
