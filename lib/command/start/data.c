/* SPDX-License-Identifier: MIT */
#include "command/start/data.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance/backup/chain.h"
#include "appliance/volume/vault.h"
#include "appliance/volume/volumes.h"
#include "base/names.h"
#include "base/path.h"
#include "command/start/recover.h"
#include "command/start/rows.h"
#include "sys/clock.h"
#include "sys/file.h"

static char *data_folder(const struct start *s)
{
	const struct volumes_known *volume = &volumes_known[VOLUMES_DATABASE];

	return mem_format("%s%s/%s", s->root, s->found.seed[VOLUMES_DATABASE] ? volume->seed : volume->target, NAME_PGDATA);
}

/* What lies in the volume beside our own folder: the older appliance's data stood right in it. */
static int check_older(const struct start *s, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_root(s->root, volumes_known[VOLUMES_DATABASE].seed);

	if (!s->found.seed[VOLUMES_DATABASE] || file_dir_empty(dir, e) != 0)
		return 0;
	return error_set(e, EX_CONFIG,
			 "'%s' holds the data of an older appliance, in another layout: restore its backup or dump "
			 "instead, and move them away",
			 dir);
}

/* The major version that made the data folder, 0 where there is none. */
static int cluster_version(const struct start *s, unsigned long long *major, struct error *e)
{
	CLEANUP(mem_freep) char *dir = data_folder(s), *path = path_join(dir, "PG_VERSION");
	CLEANUP(str_free) struct str text = {0};
	int empty;

	*major = 0;
	if (file_exists(path)) {
		if (file_read(path, 64, &text, e) != 0)
			return -1;
		str_trim(&text);
		if (!str_number(str_get(&text), 1000, major))
			return error_set(e, EX_CONFIG, "'%s' does not contain a version number: '%s'", path, str_get(&text));
		return 0;
	}
	empty = file_dir_empty(dir, e);
	if (empty == 0)
		return error_set(e, EX_CONFIG, "'%s' is not empty, but holds no PostgreSQL data: move it away", dir);
	return empty < 0 ? -1 : 0;
}

int data_look_at_cluster(struct start *s, struct error *e)
{
	unsigned long long major;
	const struct docker_container *c = docker_service(&s->found.containers, s->found.a.facts.postgres);

	s->found.postgres_runs = c && c->state == DOCKER_RUNNING;
	if (cluster_version(s, &major, e) != 0)
		return rows_refuse(s, "postgres data", e);
	s->found.cluster = major != 0;
	if (!s->found.cluster && check_older(s, e) != 0)
		return rows_refuse(s, "postgres data", e);
	if (s->found.cluster && (int)major != s->found.a.facts.major) {
		error_set(e, EX_CONFIG,
			  "the data are from PostgreSQL %llu, but ecs-postgres is version %d: convert them with "
			  "pg_dump and pg_restore, or install the release of this suite with PostgreSQL %llu",
			  major, s->found.a.facts.major, major);
		return rows_refuse(s, "postgres data", e);
	}
	if (s->found.cluster)
		rows_add(s, "postgres data", s->found.postgres_runs ? "nothing" : "start ecs-postgres", "version %llu, %s",
		    major, s->found.postgres_runs ? "ecs-postgres runs" : "ecs-postgres does not run");
	else
		rows_add(s, "postgres data", "make a new cluster", "none");
	return 0;
}

/* The path of the dump that env.yml asks for. */
static char *dump_path(const struct start *s)
{
	const char *name = env_text(s->found.choice.env, "ecs.recover.dump_filename");

	if (*name == '\0')
		return path_root(s->root, NAME_DUMP);
	return *name == '/' ? path_root(s->root, name) : mem_format("%s/data/ecs-pgdump/%s", s->root, name);
}

/* Files that are there already would be mixed with those of the backup. */
static int judge_recovery(const struct start *s, struct error *e)
{
	const struct volumes_known *files = &volumes_known[VOLUMES_FILES];
	CLEANUP(mem_freep) char *vault = path_root(s->root, s->found.seed[VOLUMES_FILES] ? files->seed : files->target);
	int empty = vault_is_empty(vault, e);

	if (empty < 0)
		return -1;
	if (!empty)
		return error_set(e, EX_CONFIG, "recover.from_backup is set, but the vault '%s' is not empty: "
				 "move its files away, or remove that setting", vault);
	if (!env_given(s->found.choice.env, "appliance.backup.url"))
		return error_set(e, EX_CONFIG, "recover.from_backup is set, but appliance.backup.url is not: "
				 "set it to where the backup is");
	return 0;
}

/* Behind the reason why nobody knows whether there are backups. */
#define SURVEY_ADVICE "nobody knows whether there are backups, so this machine does not start empty: make the target answer, " \
	"or give --new-database"

/*
 * A machine that never had a database, and is asked for none: are there backups that it should have been recovered from?
 * If it began anew, its own backups would be strangers among them.
 */
static int look_at_backups(struct start *s, struct error *e)
{
	struct survey found;
	char when[CLOCK_TEXT];
	int r = chain_survey(s->root, s->found.choice.env, "ecs-start", &found, e);

	if (r != 0)
		error_append(e, SURVEY_ADVICE);
	else if (found.count)
		r = error_set(e, EX_CONFIG, "'%s' holds %zu backups, the newest from %s: set recover.from_backup, or give "
			      "--new-database", found.shown, found.count, clock_text(found.newest, when));
	else
		rows_add(s, "backups", "go on", "none at '%s'", found.shown);
	free(found.shown);
	s->found.surveyed = r == 0;
	return r;
}

static bool must_survey(const struct start *s)
{
	return !s->asked.new_database && !s->found.recover && !s->found.dump && !s->found.surveyed &&
	       env_given(s->found.choice.env, "appliance.backup.url");
}

/* There is no database: may one be made, and out of what? Sets 66, 69 or 78 where not. */
static int judge_missing(struct start *s, struct error *e)
{
	if (s->found.a.state.database && !s->asked.new_database)
		return error_set(e, EX_CONFIG,
				 "there is no database '%s', but this machine had one (%s): is a volume not "
				 "mounted ('mount -a')? to %s, give '--new-database'",
				 s->found.a.database.name, s->found.a.state.database,
				 s->found.recover ? "recover from the backup"
				 : s->found.dump  ? "restore the dump"
						  : "start with an empty one");
	if (s->found.recover)
		return judge_recovery(s, e);
	if (s->found.dump && access(s->found.dump, R_OK) != 0)
		return error_errno(e, EX_NOINPUT, "cannot read the dump '%s'", s->found.dump);
	return must_survey(s) ? look_at_backups(s, e) : 0;
}

/* The rows of a database that has to be made. */
static void explain_missing(struct start *s, const char *found)
{
	rows_add(s, "database", "make it", "%s", found);
	if (s->found.recover)
		rows_add(s, "recover from backup", "restore vault and database", "asked for");
	else
		rows_add(s, "recover from backup", "go on", "not asked for");
	if (s->found.recover)
		rows_add(s, "restore from dump", "restore that of the backup", "asked for");
	else if (s->found.dump)
		rows_add(s, "restore from dump", "restore it", "%s", s->found.dump);
	else
		rows_add(s, "restore from dump", "create an empty database", "not asked for");
	rows_add(s, "migrations", "migrate", "database is new");
}

static int judge(struct start *s, struct error *e)
{
	if (s->found.database == DATABASE_FILLED)
		return 0;
	return judge_missing(s, e);
}

int data_ask(struct start *s, struct error *e)
{
	if (database_look(&s->found.a.database, &s->found.database, NULL, e) != 0)
		return -1;
	if (judge(s, e) != 0) {
		s->done.refused = e->code;
		return -1;
	}
	return 0;
}

int data_look_early(struct start *s, struct error *e)
{
	long tables = 0;

	s->found.recover = env_bool(s->found.choice.env, "ecs.recover.from_backup");
	s->found.recovered = recover_is_left(s->root);
	if (env_bool(s->found.choice.env, "ecs.recover.from_dump"))
		s->found.dump = dump_path(s);
	if (s->found.postgres_runs && database_look(&s->found.a.database, &s->found.database, &tables, e) != 0) {
		/* it runs and does not answer: the flow waits for it */
		s->found.database = DATABASE_UNKNOWN;
		*e = (struct error){0};
	}
	if (!s->found.cluster)
		s->found.database = DATABASE_MISSING;
	if (s->found.database == DATABASE_UNKNOWN) {
		rows_add(s, "database", "look when ecs-postgres runs", "not known yet");
		return 0;
	}
	if (judge(s, e) != 0)
		return rows_refuse(s, "database", e);
	if (s->found.database == DATABASE_FILLED)
		rows_add(s, "database", "keep it", "'%s' with %ld tables", s->found.a.database.name, tables);
	else
		explain_missing(s, s->found.database == DATABASE_EMPTY ? "exists, but is empty" : "missing");
	return 0;
}

void data_look_at_pending(struct start *s)
{
	const struct state *state = &s->found.a.state;

	/* what was pending may have been migrated by hand since; while nothing ran, the database may be another one */
	s->found.pending_known = s->found.healthy && state->asked && state->pending.count == 0;
	if (s->found.database == DATABASE_MISSING || s->found.database == DATABASE_EMPTY)
		return; /* explained already */
	if (s->found.pending_known)
		rows_add(s, "migrations", "nothing", "none pending");
	else
		rows_add(s, "migrations", "ask the application; migrate or report", "not known");
}
