/* SPDX-License-Identifier: MIT */
#include "appliance/database/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/docker/docker.h"
#include "adapter/postgres.h"
#include "appliance/database/load.h"
#include "sys/file.h"
#include "sys/pipe.h"
#include "wrap/pg.h"

#define DUMPER "ecs-backup" /* what pg_dump calls itself to the server */

enum {
	COUNT_MS = 4 * 3600000,
	LOCK_MS = 5 * 60000, /* for all tables together; */
	WAIT_S = 30,         /* for each, while the application runs, */
	WAIT_PAUSED_S = 2,   /* and while it is paused */
	TRIES = 5,
	QUEUE_US = 100000 /* between two looks at the queue of pg_dump */
};

/*
 * Name for people, name quoted for SQL, kind, and the column that is the shortest to copy. Foreign tables hold nothing of ours,
 * parents of partitions hold no rows.
 */
static const char tables_sql[] =
	"SELECT n.nspname || '.' || c.relname, format('%I.%I', n.nspname, c.relname), c.relkind, "
	"(SELECT format('(%I)', a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND "
	"NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attlen < 0, a.attlen, a.attnum LIMIT 1) "
	"FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
	"WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' "
	"AND n.nspname !~ '^pg_' ORDER BY (n.nspname || '.' || c.relname) COLLATE \"C\"";

enum { SHOWN, QUOTED, KIND, COLUMN, COLUMNS };

static const char *cell(const struct pg_table *t, size_t row, int column)
{
	return t->cells.item[row * COLUMNS + (size_t)column];
}

/* --- locks -------------------------------------------------------------------------------------- */

/*
 * A table that is truncated or rewritten gives its new rows to every snapshot (there are no others any more), so a lock
 * that lets everything else pass, as pg_dump takes it, keeps all tables from it until the rows are counted.
 */
static int lock_listed(struct pg *pg, const struct pg_table *tables, int wait_s, struct error *e)
{
	CLEANUP(str_free) struct str sql = {0};

	/* the first statement but LOCK takes the snapshot */
	str_addf(&sql, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = '%ds'", wait_s);
	for (size_t i = 0; i < tables->rows; i++)
		str_addf(&sql, "%s ONLY %s", i ? "," : "; LOCK TABLE", cell(tables, i, QUOTED));
	str_add(&sql, tables->rows ? " IN ACCESS SHARE MODE" : "");
	return pg_exec(pg, sql.data, LOCK_MS, e);
}

/* One may be dropped between the list and the lock, and two sessions may wait for each other: it tries again. */
static int lock_all(struct pg *pg, struct pg_table *tables, int wait_s, struct error *e)
{
	struct error ignored = {0};
	int r = -1;

	for (int i = 0; r != 0 && i < TRIES; i++) {
		pg_table_free(tables);
		if (i && (e->code > EXIT_SIGNAL || pg_exec(pg, "ROLLBACK", DATABASE_QUICK_MS, &ignored) != 0))
			return -1;
		if (pg_query(pg, tables_sql, NULL, DATABASE_QUICK_MS, tables, e) != 0)
			return -1;
		r = lock_listed(pg, tables, wait_s, e);
	}
	return r == 0 ? 0 : error_context(e, "cannot lock all tables");
}

static bool same_tables(const struct pg_table *one, const struct pg_table *two)
{
	if (one->cells.count != two->cells.count)
		return false;
	for (size_t i = 0; i < one->cells.count; i++)
		if (strcmp(one->cells.item[i], two->cells.item[i]) != 0)
			return false;
	return true;
}

/* --- the instant -------------------------------------------------------------------------------- */

static int lock_database(const struct database *d, const char *name, struct dump *dump, struct error *e)
{
	*dump = (struct dump){.pg = database_admin(d, name, e)};
	if (dump->pg == NULL)
		return -1;
	dump->major = pg_major(dump->pg);
	dump->version = pg_value(dump->pg, "SELECT split_part(current_setting('server_version'), ' ', 1)", NULL,
				 DATABASE_QUICK_MS, e);
	if (dump->version && lock_all(dump->pg, &dump->locked, WAIT_S, e) == 0)
		return 0;
	dump_end(dump);
	return -1;
}

int dump_lock(const struct database *d, struct dump *dump, struct error *e)
{
	return lock_database(d, d->name, dump, e);
}

/* 1: the snapshot sees the tables that are locked, and no other; 0: it does not. */
static int take_snapshot(struct dump *dump, struct error *e)
{
	CLEANUP(pg_table_free) struct pg_table seen = {0};

	free(dump->snapshot);
	dump->snapshot = pg_value(dump->pg, "SELECT pg_export_snapshot()", NULL, DATABASE_QUICK_MS, e);
	if (dump->snapshot == NULL || pg_query(dump->pg, tables_sql, NULL, DATABASE_QUICK_MS, &seen, e) != 0)
		return -1;
	return same_tables(&seen, &dump->locked);
}

int dump_begin(struct dump *dump, struct error *e)
{
	int same = take_snapshot(dump, e);

	for (int i = 0; same == 0 && i < TRIES; i++) /* a table was made since */
		if (pg_exec(dump->pg, "ROLLBACK", DATABASE_QUICK_MS, e) != 0 ||
		    lock_all(dump->pg, &dump->locked, WAIT_PAUSED_S, e) != 0)
			same = -1;
		else
			same = take_snapshot(dump, e);
	if (same == 1)
		return 0;
	return same == 0 ? error_set(e, EXIT_FAILED, "cannot dump the database: another session keeps creating tables") : -1;
}

void dump_end(struct dump *dump)
{
	pg_close(dump->pg);
	pg_table_free(&dump->locked);
	free(dump->snapshot);
	free(dump->version);
	*dump = (struct dump){0};
}

/* --- rows --------------------------------------------------------------------------------------- */

/* The rows of table I of T, MOST at most (0: all). A query would be planned: see pg_copy(). */
static long long count_rows(struct pg *pg, const struct pg_table *t, size_t i, long long most, struct error *e)
{
	CLEANUP(mem_freep) char *sql = mem_format("COPY %s %s TO STDOUT", cell(t, i, QUOTED), cell(t, i, COLUMN));
	long long rows = pg_copy(pg, sql, most, NULL, COUNT_MS, e);

	return rows < 0 ? error_context(e, "counting the rows of '%s'", cell(t, i, SHOWN)) : rows;
}

static int count_tables(struct pg *pg, const struct pg_table *t, struct manifest_head *head, struct error *e)
{
	for (size_t i = 0; i < t->rows; i++) {
		long long rows;

		if (*cell(t, i, KIND) != 'r')
			continue;
		rows = count_rows(pg, t, i, 0, e);
		if (rows < 0)
			return -1;
		manifest_head_add(head, cell(t, i, SHOWN), rows);
	}
	return 0;
}

int dump_count(struct dump *dump, struct manifest_head *head, struct error *e)
{
	CLEANUP(mem_freep) char *space =
		pg_value(dump->pg, "SELECT pg_database_size(current_database())", NULL, DATABASE_QUICK_MS, e);

	if (space == NULL)
		return -1;
	head->space = atoll(space);
	head->postgres = mem_dup(dump->version);
	head->major = dump->major;
	return count_tables(dump->pg, &dump->locked, head, e);
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

/* Whether one of T but bookkeeping holds a row. The connection may be of no use afterwards. */
static int any_rows(struct pg *pg, const struct pg_table *t, struct error *e)
{
	for (size_t i = 0; i < t->rows; i++) {
		long long rows;

		if (*cell(t, i, KIND) != 'r' || is_bookkeeping(cell(t, i, SHOWN)))
			continue;
		rows = count_rows(pg, t, i, 1, e);
		if (rows != 0)
			return rows < 0 ? -1 : 1;
	}
	return 0;
}

int dump_filled(const struct database *d, struct error *e)
{
	CLEANUP(dump_end) struct dump now = {0};

	if (dump_lock(d, &now, e) != 0 || dump_begin(&now, e) != 0)
		return -1;
	return any_rows(now.pg, &now.locked, e);
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
	CLEANUP(dump_end) struct dump instant = {0};
	CLEANUP(manifest_head_free) struct manifest_head now = {0};

	if (lock_database(d, name, &instant, e) != 0 || dump_begin(&instant, e) != 0 ||
	    count_tables(instant.pg, &instant.locked, &now, e) != 0)
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

/*
 * A TRUNCATE that waits for our locks stands before pg_dump in the queue of the table: pg_dump waits for it, it for us, and
 * we for pg_dump, which the server cannot see. So we wait for a lock of pg_dump's for a moment, which no one else needs: the
 * server finds the circle, and as pg_dump's lock goes well with ours, it lets pg_dump pass.
 */
static const char waits_sql[] = "SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid "
				"WHERE a.application_name = '" DUMPER "' AND a.datname = current_database() AND NOT l.granted";
static const char wait_sql[] = "SAVEPOINT queue; SET LOCAL deadlock_timeout = '10ms'; SET LOCAL lock_timeout = '100ms'; "
			       "LOCK TABLE pg_catalog.pg_extension IN ACCESS EXCLUSIVE MODE";

struct passer {
	struct pg *pg;
	atomic_bool done;
};

static void *pass_queue(void *arg)
{
	struct passer *p = arg;
	struct error e = {0};

	while (!p->done) {
		CLEANUP(mem_freep) char *waits = NULL;
		bool stays;

		/* what it says of others is the same for a whole transaction, unless it is cleared */
		if (pg_exec(p->pg, "SELECT pg_stat_clear_snapshot()", DATABASE_QUICK_MS, &e) == 0)
			waits = pg_value(p->pg, waits_sql, NULL, DATABASE_QUICK_MS, &e);
		if (waits == NULL)
			return NULL; /* counting the rows will say why */
		stays = strcmp(waits, "0") == 0;
		if (!stays) {
			/* it goes well where another one of that name waits, and kept would hold pg_dump up for ever */
			stays = pg_exec(p->pg, wait_sql, DATABASE_QUICK_MS, &e) == 0;
			if (pg_exec(p->pg, "ROLLBACK TO queue; RELEASE queue", DATABASE_QUICK_MS, &e) != 0)
				return NULL;
		}
		if (stays)
			usleep(QUEUE_US);
	}
	return NULL;
}

/* Runs pg_dump, ARGV, into FD. */
static int run_dump(const struct dump *dump, const char *const *argv, int fd, struct error *e)
{
	static const char *const pack[] = {"gzip", "--rsyncable", "--stdout", NULL};
	struct passer passer = {.pg = dump->pg};
	pthread_t thread;
	int r;

	errno = pthread_create(&thread, NULL, pass_queue, &passer);
	if (errno != 0)
		return error_errno(e, EX_OSERR, "cannot start a thread");
	r = pipe_run(&(struct run){.argv = argv, .reason = postgres_reason}, &(struct run){.argv = pack, .stdout_fd = fd}, 0, e);
	passer.done = true;
	pthread_join(thread, NULL);
	return r;
}

int dump_write(const struct dump *dump, const struct database *d, const char *container, const char *path,
	       struct error *e)
{
	CLEANUP(strlist_free) struct strlist words = {0}, argv = {0};
	CLEANUP(file_closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_errno(e, EX_CANTCREAT, "cannot create '%s'", path);
	strlist_addv(&words, (const char *[]){"env", "PGAPPNAME=" DUMPER, "pg_dump", "--format=custom",
					      "--compress=0", "--no-password", NULL});
	strlist_addf(&words, "--snapshot=%s", dump->snapshot);
	strlist_addf(&words, "--dbname=%s", d->name);
	docker_exec_words(container, &words, &argv);
	if (run_dump(dump, strlist_argv(&argv), fd, e) != 0)
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
	CLEANUP(pg_closep) struct pg *pg = database_admin(d, DATABASE_ADMIN, e);

	if (pg == NULL)
		return -1;
	return pg_exec(pg, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
			   "WHERE application_name = '" DUMPER "'", DATABASE_QUICK_MS, e);
}
