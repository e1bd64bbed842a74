/* SPDX-License-Identifier: MIT */
#include "command/start/database.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "appliance/containers.h"
#include "appliance/database/dump.h"
#include "appliance/secrets.h"
#include "command/start/data.h"
#include "flow/flow.h"
#include "appliance/volume/volumes.h"
#include "command/start/recover.h"
#include "appliance/backup/fetch.h"
#include "command/start/serve.h"
#include "sys/file.h"
#include "sys/signals.h"

enum {
	INITDB_MS = 10 * 60000,
	MIGRATE_MS = 6 * 3600000
};

/* --- PostgreSQL ------------------------------------------------------------------------------------------- */

static char *cluster_path(const struct start *s, const char *suffix)
{
	return mem_format("%s%s/%s%s", s->root, NAME_DATABASE, NAME_PGDATA, suffix);
}

int start_remove_unfinished_cluster(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(mem_freep) char *new = cluster_path(s, ".new");

	if (containers_remove_oneoffs(s->root, e) != 0)
		return -1;
	return file_remove_tree(new, e);
}

/* Made beside its place and renamed last: a cluster that is there is whole. */
int start_make_cluster(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(mem_freep) char *new = cluster_path(s, ".new"), *place = cluster_path(s, "");
	CLEANUP(strlist_free) struct strlist words = {0};
	const struct compose_job job = {.service = s->found.a.facts.postgres, .words = &words, .timeout_ms = INITDB_MS};

	if (start_remove_unfinished_cluster(s, e) != 0)
		return -1;
	strlist_addv(&words, (const char *[]){"initdb", NAME_DATABASE "/" NAME_PGDATA ".new", NULL});
	if (compose_run(&s->found.a.compose, &job, e) != 0)
		return -1;
	if (file_exists(place) && rmdir(place) != 0)
		return error_errno(e, 0, "'%s' is not empty: cannot put the new cluster there", place);
	if (file_rename(new, place, e) != 0)
		return -1;
	s->found.cluster = true;
	return 0;
}

bool start_must_make_cluster(const void *ctx)
{
	const struct start *s = ctx;

	return !s->found.cluster;
}

int start_postgres(void *ctx, struct error *e)
{
	struct start *s = ctx;

	if (!(s->found.same && s->found.postgres_runs) && start_group(s, COMPOSE_DATABASE, e) != 0)
		return -1;
	/* a recovery after a power cut takes as long as it takes: the end is the service's own start period */
	return containers_wait_for_database(s->root, &s->found.a.database,
					    compose_find(&s->found.a.facts, s->found.a.facts.postgres)->healthy_ms, e);
}

/* Where it answered already, and nothing changed, there is nothing to do. */
bool start_must_start_postgres(const void *ctx)
{
	const struct start *s = ctx;

	return !(s->found.same && s->found.postgres_runs && s->found.database == DATABASE_FILLED);
}

/* Stops it again if it did not run before. */
int start_stop_postgres(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (s->found.postgres_runs)
		return 0;
	if (containers_list(s->root, &list, e) != 0)
		return -1;
	containers_pick(&list, COMPOSE_DATABASE, true, &ids);
	return docker_stop(&ids, e);
}

/* --- the database ----------------------------------------------------------------------------------------- */

int start_ask_database(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(mem_freep) char *password = secrets_password(s->root, e);

	if (password == NULL || data_ask(s, e) != 0)
		return -1;
	/* what a killed run left is no database, and nobody's */
	if (database_drop_new(&s->found.a.database, e) != 0)
		return -1;
	return database_role(&s->found.a.database, password, e);
}

bool start_must_make(const void *ctx)
{
	const struct start *s = ctx;

	return s->done.made || s->found.database != DATABASE_FILLED;
}

/* They would hold connections to the empty one. */
int start_stop_application(void *ctx, struct error *e)
{
	struct start *s = ctx;

	return docker_stop(&s->found.application, e);
}

/* Only beside a database that runs: after a power cut nothing is started before volumes were looked at. */
int start_application_again(void *ctx, struct error *e)
{
	struct start *s = ctx;
	struct error no = {0};

	(void)e;
	if (containers_may_start(s->root, &s->found.a.database) &&
	    containers_start_again(s->root, &s->found.application, &no) != 0)
		log_warn("%s: run 'ecs-start' again", no.text);
	return 0;
}

bool start_must_stop_application(const void *ctx)
{
	const struct start *s = ctx;

	return start_must_make(s) && s->found.application.count > 0;
}

int start_make_database(void *ctx, struct error *e)
{
	struct start *s = ctx;

	s->done.made = true;
	return database_make(&s->found.a.database, e);
}

/* Where ecs-postgres does not run, the next start drops it. */
int start_drop_database(void *ctx, struct error *e)
{
	struct start *s = ctx;
	struct error ignored = {0};

	if (containers_remove_oneoffs(s->root, e) != 0)
		return -1;
	return database_ready(&s->found.a.database, &ignored) == 0 ? database_drop_new(&s->found.a.database, e) : 0;
}

bool start_must_recover(const void *ctx)
{
	const struct start *s = ctx;

	return start_must_make(s) && s->found.recover;
}

/* Beside the vault, which is empty; what a killed start left there is removed first. */
int start_fetch_backup(void *ctx, struct error *e)
{
	struct start *s = ctx;

	s->done.recovery = mem_alloc(sizeof *s->done.recovery);
	s->done.recovery->root = s->root;
	if (recover_fetch(s->done.recovery, s->found.choice.env, s->found.a.facts.major, e) != 0)
		return -1;
	free(s->found.dump);
	s->found.dump = fetch_dump_path(s->done.recovery);
	return 0;
}

int start_forget_backup(void *ctx, struct error *e)
{
	const struct start *s = ctx;

	if (s->done.named && recover_inherit(s->root, e) != 0) /* what was recovered stays */
		return -1;
	return recover_forget(s->root, e);
}

int start_fill_vault(void *ctx, struct error *e)
{
	return recover_fill(((struct start *)ctx)->root, e);
}

/* An unmounted volume looks as if there were nothing to move out. */
int start_empty_vault(void *ctx, struct error *e)
{
	struct start *s = ctx;

	if (s->done.named)
		return 0;
	return volumes_check_mounted(s->root, NULL, e) == 0 ? recover_empty(s->root, e) : -1;
}

int start_restore_dump(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(mem_freep) char *name = database_new_name(&s->found.a.database);
	CLEANUP(mem_freep) char *container = containers_database(s->root, e);

	if (container == NULL || dump_load(&s->found.a.database, container, s->found.dump, name, e) != 0)
		return -1;
	return s->done.recovery ? fetch_check_rows(s->done.recovery, &s->found.a.database, name, e) : 0;
}

bool start_must_restore(const void *ctx)
{
	const struct start *s = ctx;

	return start_must_make(s) && s->found.dump;
}

int start_migrate(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(mem_freep) char *name = database_new_name(&s->found.a.database);
	CLEANUP(mem_freep) char *url = appliance_database_url(&s->found.a, name, e);
	CLEANUP(strlist_free) struct strlist env = {0};
	const struct compose_job job = {.service = s->found.a.facts.web, .words = &s->found.a.facts.migrate, .env = &env,
					.timeout_ms = MIGRATE_MS};

	if (url == NULL)
		return -1;
	strlist_addf(&env, "DATABASE_URL=%s", url);
	return compose_run(&s->found.a.compose, &job, e);
}

int start_stop_migration(void *ctx, struct error *e)
{
	struct start *s = ctx;

	return containers_remove_oneoffs(s->root, e);
}

int start_name_database(void *ctx, struct error *e)
{
	struct start *s = ctx;

	if (database_publish(&s->found.a.database, e) != 0)
		return -1;
	s->found.database = DATABASE_FILLED;
	return 0;
}

/*
 * Cut off within the renaming, nobody but the server knows whether it was done. Then vault and database are what the
 * backup holds, and the next start goes on from there: taken back, the vault would be empty beside a full database.
 */
int start_ask_whether_named(void *ctx, struct error *e)
{
	struct start *s = ctx;

	if (!s->found.recover)
		return 0;
	if (volumes_check_mounted(s->root, NULL, e) != 0 ||
	    containers_wake_database(s->root, &s->found.a.database, e) != 0 ||
	    database_published(&s->found.a.database, &s->done.named, e) != 0)
		return -1;
	return s->done.named ? flow_note("named", "yes", e) : 0;
}

int start_tidy_recovery(void *ctx, struct error *e)
{
	struct start *s = ctx;

	if (recover_inherit(s->root, e) != 0 || recover_forget(s->root, e) != 0)
		return -1;
	if (s->done.recovery)
		fetch_say(s->done.recovery);
	return 0;
}

bool start_must_tidy(const void *ctx)
{
	const struct start *s = ctx;

	return s->found.recovered || start_must_recover(ctx);
}
