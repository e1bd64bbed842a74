/* SPDX-License-Identifier: MIT */
#include "appliance/database/dump.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/docker/docker.h"
#include "adapter/postgres.h"
#include "appliance/database/load.h"
#include "sys/file.h"
#include "sys/pipe.h"
#include "wrap/pg.h"

#define ADMIN "postgres"
#define DUMPER "ecs-backup" /* what pg_dump calls itself to the server */

enum { CONNECT_MS = 10000, QUICK_MS = 60000, COUNT_MS = 4 * 3600000 };

/* Name for people, name quoted for SQL. Foreign tables are not ours, parents of partitions hold nothing. */
static const char tables_sql[] =
	"SELECT n.nspname || '.' || c.relname, format('%I.%I', n.nspname, c.relname) "
	"FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
	"WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' "
	"AND n.nspname !~ '^pg_' ORDER BY (n.nspname || '.' || c.relname) COLLATE \"C\"";

/* --- the instant -------------------------------------------------------------------------------- */

int dump_begin(const struct database *d, struct dump *dump, struct error *e)
{
	*dump = (struct dump){.pg = pg_open(d->socket_dir, ADMIN, d->name, CONNECT_MS, e)};
	if (dump->pg == NULL)
		return -1;
	dump->major = pg_major(dump->pg);
	/* no setting of the server may end it while the dump reads */
	if (pg_exec(dump->pg,
		    "SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0; "
		    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", QUICK_MS, e) == 0)
		dump->snapshot = pg_value(dump->pg, "SELECT pg_export_snapshot()", NULL, QUICK_MS, e);
	if (dump->snapshot)
		dump->version = pg_value(dump->pg,
					 "SELECT split_part(current_setting('server_version'), ' ', 1)", NULL,
					 QUICK_MS, e);
	if (dump->version)
		return 0;
	dump_end(dump);
	return -1;
}

void dump_end(struct dump *dump)
{
	pg_close(dump->pg);
	free(dump->snapshot);
	free(dump->version);
	*dump = (struct dump){0};
}

/* --- rows --------------------------------------------------------------------------------------- */

static long long count_rows(struct pg *pg, const char *table, struct error *e)
{
	CLEANUP(mem_freep) char *sql = mem_format("SELECT count(*) FROM ONLY %s", table);
	CLEANUP(mem_freep) char *count = pg_value(pg, sql, NULL, COUNT_MS, e);

	return count ? atoll(count) : -1;
}

static int count_tables(struct pg *pg, struct manifest_head *head, struct error *e)
{
	CLEANUP(pg_table_free) struct pg_table t = {0};

	if (pg_query(pg, tables_sql, NULL, QUICK_MS, &t, e) != 0)
		return -1;
	for (size_t i = 0; i < t.rows; i++) {
		long long rows = count_rows(pg, t.cells.item[2 * i + 1], e);

		if (rows < 0)
			return error_context(e, "counting the rows of '%s'", t.cells.item[2 * i]);
		manifest_head_add(head, t.cells.item[2 * i], rows);
	}
	return 0;
}

int dump_count(struct dump *dump, struct manifest_head *head, struct error *e)
{
	CLEANUP(mem_freep) char *space =
		pg_value(dump->pg, "SELECT pg_database_size(current_database())", NULL, QUICK_MS, e);

	if (space == NULL)
		return -1;
	head->space = atoll(space);
	head->postgres = mem_dup(dump->version);
	head->major = dump->major;
	return count_tables(dump->pg, head, e);
}

/* What Django's migrate fills by itself: rows there are no data. */
static bool is_bookkeeping(const char *table)
{
	static const char *const names[] = {"django_migrations", "django_content_type", "auth_permission",
					    "django_site", "django_session"};
	const char *name = strchr(table, '.') + 1;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

int dump_filled(const struct database *d, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = pg_open(d->socket_dir, ADMIN, d->name, CONNECT_MS, e);
	CLEANUP(pg_table_free) struct pg_table t = {0};

	if (pg == NULL || pg_query(pg, tables_sql, NULL, QUICK_MS, &t, e) != 0)
		return -1;
	for (size_t i = 0; i < t.rows; i++) {
		CLEANUP(mem_freep) char *sql = mem_format("SELECT count(*) FROM (SELECT FROM %s LIMIT 1) x",
							  t.cells.item[2 * i + 1]);
		CLEANUP(mem_freep) char *any = NULL;

		if (is_bookkeeping(t.cells.item[2 * i]))
			continue;
		any = pg_value(pg, sql, NULL, QUICK_MS, e);
		if (any == NULL)
			return -1;
		if (strcmp(any, "1") == 0)
			return 1;
	}
	return 0;
}

static const struct manifest_table *find_table(const struct manifest_head *h, const char *name)
{
	for (size_t i = 0; i < h->tables; i++)
		if (strcmp(h->table[i].name, name) == 0)
			return &h->table[i];
	return NULL;
}

int dump_compare(const struct database *d, const char *name, const struct manifest_head *head,
		 struct strlist *lines, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = pg_open(d->socket_dir, ADMIN, name, CONNECT_MS, e);
	CLEANUP(manifest_head_free) struct manifest_head now = {0};

	if (pg == NULL || count_tables(pg, &now, e) != 0)
		return -1;
	for (size_t i = 0; i < head->tables; i++) {
		const struct manifest_table *want = &head->table[i], *got = find_table(&now, want->name);

		if (got == NULL)
			strlist_addf(lines, "%s: missing, %lld rows in the manifest", want->name, want->rows);
		else if (got->rows != want->rows)
			strlist_addf(lines, "%s: %lld rows, %lld in the manifest", want->name, got->rows,
				     want->rows);
	}
	for (size_t i = 0; i < now.tables; i++)
		if (find_table(head, now.table[i].name) == NULL)
			strlist_addf(lines, "%s: %lld rows, not in the manifest", now.table[i].name,
				     now.table[i].rows);
	return 0;
}

/* --- the dump ----------------------------------------------------------------------------------- */

int dump_write(const struct dump *dump, const struct database *d, const char *container, const char *path,
	       struct error *e)
{
	static const char *const pack[] = {"gzip", "--rsyncable", "--stdout", NULL};
	CLEANUP(strlist_free) struct strlist words = {0}, argv = {0};
	CLEANUP(file_closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_errno(e, EX_CANTCREAT, "cannot create '%s'", path);
	strlist_addv(&words, (const char *[]){"env", "PGAPPNAME=" DUMPER, "pg_dump", "--format=custom",
					      "--compress=0", "--no-password", NULL});
	strlist_addf(&words, "--snapshot=%s", dump->snapshot);
	strlist_addf(&words, "--dbname=%s", d->name);
	docker_exec_words(container, &words, &argv);
	if (pipe_run(&(struct run){.argv = strlist_argv(&argv), .reason = postgres_reason},
		     &(struct run){.argv = pack, .stdout_fd = fd}, 0, e) != 0)
		return -1;
	if (fsync(fd) != 0)
		return error_errno(e, EX_IOERR, "cannot flush '%s'", path);
	return 0;
}

int dump_load(const struct database *d, const char *container, const char *path, const char *name,
	      struct error *e)
{
	return load_dump(d, container, path, name, e);
}

int dump_stop(const struct database *d, struct error *e)
{
	CLEANUP(pg_closep) struct pg *pg = pg_open(d->socket_dir, ADMIN, ADMIN, CONNECT_MS, e);

	if (pg == NULL)
		return -1;
	return pg_exec(pg, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
			   "WHERE application_name = '" DUMPER "'", QUICK_MS, e);
}
