/* SPDX-License-Identifier: MIT */
#include "command/restore/restore.h"

#include <stdlib.h>
#include <string.h>

#include "adapter/cron.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "appliance/backup/beside.h"
#include "appliance/containers.h"
#include "appliance/database/dump.h"
#include "appliance/database/migrations.h"
#include "appliance/volume/snapshot.h"
#include "appliance/volume/volumes.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/signals.h"

enum { KEEP_S = 7 * 86400 };

/* --- checks before anything is touched ---------------------------------------------------------- */

static int check_versions(const struct restore *r, struct error *e)
{
	int major = 0;

	if (r->fetched.database && (database_major(&r->a.database, &major, e) != 0 || fetch_check_major(&r->fetched, major, e) != 0))
		return -1;
	if (r->fetched.known && strcmp(r->fetched.head.revision, r->a.revision) != 0)
		log_warn("the backup was made by revision %.12s of the application, this machine runs %.12s",
			 r->fetched.head.revision, r->a.revision);
	return 0;
}

static int check_uncommitted(const struct restore *r, struct error *e)
{
	CLEANUP(fetched_free) struct fetched at = {.root = r->fetched.root};
	int before = database_has_before(&r->a.database, e), old;

	fetch_set_paths(&at);
	old = before < 0 ? -1 : beside_has(&at, BESIDE_OLD, e);
	if (old < 0)
		return -1;
	if (before || old)
		return error_set(e, EXIT_FAILED, "the state from before an earlier restore is still kept: run "
				 "'ecs-restore --commit' first");
	return 0;
}

static int find_application(struct restore *r, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};

	if (containers_list(r->fetched.root, &list, e) != 0)
		return -1;
	containers_pick(&list, COMPOSE_APPLICATION, true, &r->application);
	return 0;
}

/* What other commands change. */
static int look(struct restore *r, struct error *e)
{
	appliance_free(&r->a);
	strlist_free(&r->application);
	if (volumes_check_mounted(r->fetched.root, NULL, e) != 0 || appliance_open(r->fetched.root, r->env, &r->a, e) != 0)
		return -1;
	if (database_ready(&r->a.database, e) != 0)
		return error_append(e, r->a.state.database ? "run 'ecs-start' first"
							   : "an empty machine is restored by recover.from_backup in env.yml");
	return check_uncommitted(r, e) != 0 ? -1 : find_application(r, e);
}

int restore_open(struct restore *r, const struct env *env, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_root(r->fetched.root, NAME_RESTORE);
	struct error ignored = {0};

	r->env = env;
	if (look(r, e) != 0)
		return -1;
	if (fetch_choose(&r->fetched, env, dir, e) == 0 && fetch_check_rooms(&r->fetched, e) == 0 && check_versions(r, e) == 0)
		return 0;
	if (file_exists(dir) && file_remove_tree(dir, &ignored) != 0)
		log_detail("%s", ignored.text);
	return -1;
}

void restore_free(struct restore *r)
{
	appliance_free(&r->a);
	fetched_free(&r->fetched);
	strlist_free(&r->application);
	*r = (struct restore){0};
}

/* --- the flow ----------------------------------------------------------------------------------- */

static bool wants_files(const void *ctx)
{
	return ((const struct restore *)ctx)->fetched.files;
}

static bool wants_database(const void *ctx)
{
	return ((const struct restore *)ctx)->fetched.database;
}

static int restore_fetch_files(void *ctx, struct error *e)
{
	return beside_fetch(&((struct restore *)ctx)->fetched, e);
}

static int forget(void *ctx, struct error *e)
{
	return beside_forget(&((struct restore *)ctx)->fetched, e);
}

static int forget_dump(void *ctx, struct error *e)
{
	return fetch_forget_dump(&((struct restore *)ctx)->fetched, e);
}

static int restore_fetch_dump(void *ctx, struct error *e)
{
	return fetch_dump(&((struct restore *)ctx)->fetched, e);
}

static int load(void *ctx, struct error *e)
{
	struct restore *r = ctx;
	CLEANUP(mem_freep) char *container = containers_database(r->fetched.root, e), *dump = fetch_dump_path(&r->fetched);
	CLEANUP(mem_freep) char *name = database_new_name(&r->a.database);

	if (container == NULL || database_make(&r->a.database, e) != 0 ||
	    dump_load(&r->a.database, container, dump, name, e) != 0)
		return -1;
	return fetch_check_rows(&r->fetched, &r->a.database, name, e);
}

/* Where the server does not run, the next start drops it. */
static int drop_new(void *ctx, struct error *e)
{
	struct restore *r = ctx;
	struct error gone = {0};

	return database_ready(&r->a.database, &gone) == 0 ? database_drop_new(&r->a.database, e) : 0;
}

static int stop_application(void *ctx, struct error *e)
{
	return docker_stop(&((struct restore *)ctx)->application, e);
}

/* Only beside a database that runs: after a power cut nothing is started before volumes were looked at. */
static int start_application(void *ctx, struct error *e)
{
	struct restore *r = ctx;

	return containers_may_start(r->fetched.root, &r->a.database) ? containers_start_again(r->fetched.root, &r->application, e) : 0;
}

static int set_aside(void *ctx, struct error *e)
{
	return beside_move_out(&((struct restore *)ctx)->fetched, BESIDE_OLD, e);
}

static int put_back(void *ctx, struct error *e)
{
	return beside_put_back(&((struct restore *)ctx)->fetched, BESIDE_OLD, e);
}

static int move_in(void *ctx, struct error *e)
{
	return beside_move_in(&((struct restore *)ctx)->fetched, BESIDE_NEW, e);
}

/* All live files were set aside before: what is in the vault is what was moved in. */
static int move_out(void *ctx, struct error *e)
{
	return beside_move_out(&((struct restore *)ctx)->fetched, BESIDE_NEW, e);
}

static int swap(void *ctx, struct error *e)
{
	struct restore *r = ctx;

	return database_disconnect(&r->a.database, e) != 0 ? -1 : database_swap(&r->a.database, e);
}

/* Without a server nobody knows whether it was swapped; after a power cut none runs yet. */
static int unswap(void *ctx, struct error *e)
{
	struct restore *r = ctx;

	if (containers_wake_database(r->fetched.root, &r->a.database, e) != 0)
		return -1;
	return database_disconnect(&r->a.database, e) != 0 ? -1 : database_unswap(&r->a.database, e);
}

static int plan_commit(void *ctx, struct error *e)
{
	struct restore *r = ctx;

	return cron_put_call(r->fetched.root, SNAPSHOT_RESTORE, "ecs-restore", "--commit", clock_now() + KEEP_S, e);
}

static int unplan_commit(void *ctx, struct error *e)
{
	return cron_remove(((struct restore *)ctx)->fetched.root, SNAPSHOT_RESTORE, e);
}

/* The migrations that are applied now are others: the next start asks which are pending. */
static int record(void *ctx, struct error *e)
{
	struct restore *r = ctx;

	if (!r->fetched.database)
		return 0;
	r->a.state.asked = false;
	strlist_free(&r->a.state.pending);
	strlist_free(&r->a.state.heads);
	if (migrations_heads(&r->a.database, &r->a.state.heads, e) != 0)
		return -1;
	return state_write(r->fetched.root, &r->a.state, e);
}

static const struct flow_step steps[] = {
	{.name = "fetch the files beside the live ones, and compare them", .act = restore_fetch_files, .undo = forget,
	 .undo_name = "remove them", .when = wants_files},
	{.name = "fetch the dump", .act = restore_fetch_dump, .undo = forget_dump, .undo_name = "remove it",
	 .when = wants_database},
	{.name = "load it into a new database, and count", .act = load, .undo = drop_new,
	 .undo_name = "drop that", .when = wants_database},
	{.name = "stop the application", .act = stop_application, .undo = start_application,
	 .undo_name = "start it again"},
	{.name = "set the live files aside", .act = set_aside, .undo = put_back, .undo_name = "put them back",
	 .when = wants_files},
	{.name = "move the restored files in", .act = move_in, .undo = move_out, .undo_name = "move them out",
	 .when = wants_files},
	{.name = "swap the databases", .act = swap, .undo = unswap, .undo_name = "swap them back",
	 .when = wants_database},
	{.name = "plan the end of the state before in one week", .act = plan_commit, .undo = unplan_commit,
	 .undo_name = "remove the cron entry"},
	{.name = "record the migrations", .act = record},
	{.name = "tidy up", .act = forget, .turn = FLOW_ON},
};

const struct flow restore_flow = {"restore", steps, sizeof steps / sizeof *steps};

static void set_facts(const struct restore *r, struct flow_facts *facts)
{
	flow_facts_set(facts, "database", r->a.database.name);
	flow_facts_set_list(facts, "application", &r->application);
	flow_facts_set(facts, "parts", r->fetched.files ? r->fetched.database ? "both" : "files" : "database");
}

int restore_run(struct restore *r, struct error *e)
{
	CLEANUP(flow_facts_free) struct flow_facts facts = {0};

	if (look(r, e) != 0) /* again: there was no lock then */
		return -1;
	set_facts(r, &facts);
	return flow_run(&restore_flow, r, r->fetched.root, &facts, e);
}

void *restore_resume(const char *root, const struct flow_facts *facts, struct error *e)
{
	const char *name = flow_facts_get(facts, "database"), *ids = flow_facts_get(facts, "application");
	const char *parts = flow_facts_get(facts, "parts");
	struct restore *r;

	if (!name) {
		error_set(e, EX_SOFTWARE, "internal error: the journal is incomplete; please report it");
		return NULL;
	}
	if (volumes_check_mounted(root, NULL, e) != 0) /* nothing of a volume that is not there could be put back */
		return NULL;
	r = mem_alloc(sizeof *r);
	r->fetched.root = root;
	r->fetched.files = !parts || strcmp(parts, "database") != 0;
	r->fetched.database = !parts || strcmp(parts, "files") != 0;
	fetch_set_paths(&r->fetched);
	appliance_database(root, name, &r->a.database);
	if (ids)
		strlist_lines(&r->application, ids);
	return r;
}

void restore_delete(void *ctx)
{
	restore_free(ctx);
	free(ctx);
}

void restore_say(const struct restore *r)
{
	fetch_say(&r->fetched);
	log_say("the previous state is kept for a week, or until 'ecs-restore --commit'");
}

static int drop_files_before(void *ctx, struct error *e)
{
	struct restore *r = ctx;
	struct error why = {0};

	r->left = beside_discard(&r->fetched, BESIDE_OLD, &why) != 0; /* which is said below */
	return beside_forget(&r->fetched, e);
}

/* At a boot no server runs yet. One that cannot be asked keeps nothing from working: cron tries again. */
static int drop_database_before(void *ctx, struct error *e)
{
	struct restore *r = ctx;
	struct error why = {0};

	if (containers_wake_database(r->fetched.root, &r->a.database, &why) == 0 &&
	    database_drop_before(&r->a.database, &why) == 0)
		return 0;
	if (signals_pending())
		return signals_error(e);
	log_warn("the previous database is still there: %s: run 'ecs-restore --commit' again", why.text);
	r->left = true;
	return 0;
}

/* Looked at, not remembered: a power cut may have come between. What cannot be told counts as there. */
static bool is_left(const struct restore *r)
{
	struct error why = {0};

	return beside_has(&r->fetched, BESIDE_OLD, &why) != 0 || database_has_before(&r->a.database, &why) != 0;
}

/* The cron entry stays as long as there is something for it to do. */
static int end_plan(void *ctx, struct error *e)
{
	struct restore *r = ctx;
	struct error why = {0};

	(void)e;
	if (!r->left && is_left(r)) {
		log_warn("the state from before the restore may still be there: run 'ecs-restore --commit' again");
		r->left = true;
	}
	if (!r->left && unplan_commit(r, &why) != 0)
		log_warn("%s", why.text);
	return 0;
}

static const struct flow_step commit_steps[] = {
	{.name = "remove the files before the restore", .act = drop_files_before, .turn = FLOW_ON},
	{.name = "drop the database before the restore", .act = drop_database_before, .turn = FLOW_ON},
	{.name = "remove the cron entry", .act = end_plan, .turn = FLOW_ON},
};

const struct flow restore_commit_flow = {"restore-commit", commit_steps,
					 sizeof commit_steps / sizeof *commit_steps};

int restore_commit(const char *root, const struct env *env, struct error *e)
{
	CLEANUP(restore_free) struct restore r = {.fetched.root = root};
	CLEANUP(flow_facts_free) struct flow_facts facts = {0};

	fetch_set_paths(&r.fetched);
	appliance_database(root, env_text(env, "ecs.database"), &r.a.database);
	if (volumes_check_mounted(root, NULL, e) != 0 || database_ready(&r.a.database, e) != 0)
		return error_append(e, "run 'ecs-start' first");
	flow_facts_set(&facts, "database", r.a.database.name);
	if (flow_run(&restore_commit_flow, &r, root, &facts, e) != 0)
		return -1;
	return r.left ? error_set(e, EXIT_HALFWAY, "the state from before the restore is not removed yet") : 0;
}
