/* SPDX-License-Identifier: MIT */
#include "appliance/database/activity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wrap/pg.h"

enum { CHECKPOINT_MS = 30 * 60000 };

int activity_checkpoint(const struct database *d, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, d->name, e);

	return pg ? pg_exec(pg, "CHECKPOINT", CHECKPOINT_MS, e) : -1;
}

int activity_blockers(const struct database *d, struct strlist *out, struct error *e)
{
	static const char sql[] =
		"SELECT DISTINCT format('session %s (''%s'' of ''%s'', %s for %s: %s)', b.pid, "
		"coalesce(nullif(b.application_name, ''), b.backend_type), b.usename, coalesce(b.state, 'busy'), "
		"date_trunc('second', now() - coalesce(b.xact_start, b.backend_start)), "
		"left(regexp_replace(b.query, '\\s+', ' ', 'g'), 80)) "
		"FROM pg_stat_activity a, unnest(pg_blocking_pids(a.pid)) AS by "
		"JOIN pg_stat_activity b ON b.pid = by "
		"WHERE a.datname = current_database() AND cardinality(pg_blocking_pids(b.pid)) = 0";
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, d->name, e);
	CLEANUP(pg_table_free) struct pg_table t = {0};

	if (pg == NULL || pg_query(pg, sql, NULL, DATABASE_QUICK_MS, &t, e) != 0)
		return -1;
	for (size_t i = 0; i < t.rows; i++)
		strlist_add(out, t.cells.item[i]);
	return 0;
}

/* --- counters --------------------------------------------------------------------------------------------- */

int activity_count(const struct database *d, struct state_before *b, struct error *e)
{
	/* a crash resets all counters; the times of the reset show it */
	static const char since[] = "SELECT concat_ws(' ', (SELECT stats_reset FROM pg_stat_wal), "
				    "(SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()))";
	static const char rows[] = "SELECT n_tup_ins || ' ' || n_tup_upd || ' ' || n_tup_del || ' ' || "
				   "schemaname || '.' || relname FROM pg_stat_user_tables ORDER BY relid";
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, d->name, e);
	CLEANUP(mem_freep) char *counted = NULL;
	CLEANUP(pg_table_free) struct pg_table t = {0};

	if (pg == NULL)
		return -1;
	counted = pg_value(pg, since, NULL, DATABASE_QUICK_MS, e);
	if (counted == NULL || pg_query(pg, rows, NULL, DATABASE_QUICK_MS, &t, e) != 0)
		return -1;
	state_set(&b->counted, counted);
	strlist_free(&b->writes);
	for (size_t i = 0; i < t.rows; i++)
		strlist_add(&b->writes, t.cells.item[i]);
	return 0;
}

/* Reads one line of counters; TABLE points into it. False: it is not such a line. */
static bool read_line(const char *line, struct activity_loss *l, const char **table)
{
	int at = 0;

	if (sscanf(line, "%lld %lld %lld %n", &l->added, &l->changed, &l->deleted, &at) != 3 || at == 0)
		return false;
	*table = line + at;
	return true;
}

/* What TABLE had been written to in the list BEFORE; zeros where it is not there. */
static struct activity_loss written(const struct strlist *before, const char *table)
{
	for (size_t i = 0; i < before->count; i++) {
		struct activity_loss l = {0};
		const char *name;

		if (read_line(before->item[i], &l, &name) && strcmp(name, table) == 0)
			return l;
	}
	return (struct activity_loss){0};
}

static void compare(const struct strlist *before, const struct strlist *now, struct activity_losses *l)
{
	for (size_t i = 0; i < now->count; i++) {
		struct activity_loss after = {0}, was;
		const char *table;

		if (!read_line(now->item[i], &after, &table))
			continue;
		was = written(before, table);
		after.added -= was.added;
		after.changed -= was.changed;
		after.deleted -= was.deleted;
		if (after.added < 0 || after.changed < 0 || after.deleted < 0)
			l->known = false;
		if (after.added == 0 && after.changed == 0 && after.deleted == 0)
			continue;
		after.table = mem_dup(table);
		l->item = mem_grow(l->item, (l->count + 1) * sizeof *l->item);
		l->item[l->count++] = after;
	}
}

int activity_lost(const struct database *d, const struct state_before *b, struct activity_losses *l,
		  struct error *e)
{
	struct state_before now = {0};
	int r = activity_count(d, &now, e);

	*l = (struct activity_losses){0};
	if (r == 0) {
		l->known = b->counted && strcmp(b->counted, now.counted) == 0;
		if (l->known)
			compare(&b->writes, &now.writes, l);
	}
	free(now.counted);
	strlist_free(&now.writes);
	return r;
}

void activity_losses_free(struct activity_losses *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->item[i].table);
	free(l->item);
	*l = (struct activity_losses){0};
}
