/* SPDX-License-Identifier: MIT */
#include "command/backup/backup.h"
#include "appliance/containers.h"
#include "appliance/database/migrations.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "command/backup/stage.h"
#include "appliance/pause.h"
#include "appliance/volume/whole.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/tree.h"

enum {
	PAUSE_MAX = 30,        /* seconds that the application may be paused */
	SNAPSHOT_S = 7 * 86400 /* after that a lost one may go by itself */
};

/* --- before anything begins --------------------------------------------------------------------- */

/* The target answers, and it is this machine's. */
static int look_at_repository(struct backup *b, struct error *e)
{
	const struct driver_point *newest;

	b->chain = (struct chain){
		.root = b->root, .repository = &b->repository, .adopt = b->adopt, .look = b->look};
	if (chain_open(&b->chain, &b->last, e) != 0)
		return -1;
	newest = chain_newest(&b->chain.points);
	b->newest = newest ? mem_dup(newest->id) : NULL;
	b->now.sequence = b->repository.driver.sequence;
	b->now.appliance = mem_dup(b->chain.owner.appliance);
	chain_compare_with(&b->chain, &b->last);
	return 0;
}

/* What other commands change. */
static int look_at_machine(struct backup *b, struct error *e)
{
	volumes_free(&b->volumes);
	appliance_free(&b->a);
	if (volumes_find(b->root, VOLUME_FILES, &b->volumes, e) != 0 ||
	    volumes_check(&b->volumes, VOLUME_FILES, e) != 0 || whole_check(backup_files(b), e) != 0)
		return -1;
	return appliance_open(b->root, b->env, &b->a, e) != 0 ? -1 : database_ready(&b->a.database, e);
}

int backup_open(const char *root, const struct env *env, struct backup *b, struct error *e)
{
	b->root = root;
	b->env = env;
	b->stage = path_root(root, NAME_STAGE);
	b->began = clock_ms();
	lastbackup_read(root, &b->last);
	if (look_at_machine(b, e) != 0 ||
	    repository_open(root, env, NULL, b->look ? REPOSITORY_LOOK : REPOSITORY_WRITE, &b->repository, e) != 0)
		return -1;
	return look_at_repository(b, e);
}

/* --- the first half ----------------------------------------------------------------------------- */

static int found_file(void *arg, const struct tree_item *item, struct error *e)
{
	bool *found = arg;

	if (!S_ISREG(item->st->st_mode))
		return 0;
	*found = true;
	return error_set(e, EXIT_FAILED, "one is enough");
}

static int assert_filled(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	CLEANUP(strlist_free) struct strlist skip = {0};
	bool found = false;
	int filled;

	strlist_add(&skip, NAME_RESTORE_FOLDER);
	strlist_add(&skip, NAME_SNAPSHOT_FOLDER);
	if (tree_walk(backup_files(b)->target, &skip, found_file, &found, e) != 0 && !found)
		return -1;
	if (!found)
		return error_set(e, EXIT_FAILED, "the vault '%s' is empty", backup_files(b)->target);
	filled = dump_filled(&b->a.database, e);
	if (filled < 0)
		return -1;
	return filled ? 0 : error_set(e, EXIT_FAILED, "the database '%s' is empty", b->a.database.name);
}

static int clear(void *ctx, struct error *e)
{
	struct backup *b = ctx;

	if (dump_stop(&b->a.database, e) != 0 || backup_remove_stage(b, e) != 0 || backup_remove_snapshot(b, e) != 0)
		return -1;
	return backup_files(b)->driver->room(backup_files(b), 0, e);
}

static int take_both(struct backup *b, struct error *e)
{
	const struct storage_volume *v = backup_files(b);

	b->now.when = clock_now();
	if (v->driver->create(v, BACKUP_SNAPSHOT, false, b->now.when + SNAPSHOT_S, e) != 0)
		return error_context(e, "snapshot of '%s'", v->name);
	return dump_begin(&b->dump, e);
}

static int take(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	struct pause_site site = pause_containers(b->root);
	struct pause guard;

	volumes_flush(backup_files(b));
	if (dump_lock(&b->a.database, &b->dump, e) != 0 || pause_begin(&guard, &site, PAUSE_MAX, e) != 0)
		return -1;
	return pause_end(&guard, take_both(b, e), &b->now.pause_ms, e);
}

static int untake(void *ctx, struct error *e)
{
	struct backup *b = ctx;

	dump_end(&b->dump);
	return backup_remove_snapshot(b, e);
}

static int dump_database(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	CLEANUP(mem_freep) char *container = containers_database(b->root, e);
	CLEANUP(mem_freep) char *path = backup_staged(b, BACKUP_DUMP);
	CLEANUP(mem_freep) char *dir = path_dir(path);
	struct stat st;

	if (container == NULL || file_mkdirs(dir, 0700, e) != 0 ||
	    dump_write(&b->dump, &b->a.database, container, path, e) != 0)
		return -1;
	if (stat(path, &st) != 0)
		return error_errno(e, EX_IOERR, "'%s'", path);
	b->now.dump = st.st_size;
	return 0;
}

/* Where the server does not run any more, nothing of ours runs in it. */
static int undump(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	struct error gone = {0};

	if (database_ready(&b->a.database, &gone) == 0 && dump_stop(&b->a.database, e) != 0)
		return -1;
	return backup_remove_stage(b, e);
}

static int count(void *ctx, struct error *e)
{
	struct backup *b = ctx;

	b->head.when = b->now.when;
	b->head.appliance = mem_dup(b->chain.owner.appliance);
	b->head.machine = mem_dup(b->chain.owner.machine);
	b->head.domain = mem_dup(env_text(b->env, "appliance.domain"));
	b->head.sequence = b->now.sequence;
	b->head.suite = mem_dup(ECS_VERSION);
	b->head.revision = mem_dup(b->a.revision);
	b->head.branch = mem_dup(b->a.branch);
	b->head.database = mem_dup(b->a.database.name);
	b->head.dump = mem_dup(BACKUP_DUMP);
	if (migrations_heads(&b->a.database, &b->head.heads, e) != 0 ||
	    dump_count(&b->dump, &b->head, e) != 0)
		return -1;
	dump_end(&b->dump);
	return 0;
}

static const struct flow_step take_steps[] = {
	{.name = "assert that vault and database are not empty", .act = assert_filled},
	{.name = "remove what a killed backup left", .act = clear},
	{.name = "take files and rows of one instant", .act = take, .undo = untake,
	 .undo_name = "remove the snapshot " BACKUP_SNAPSHOT},
	{.name = "dump the database", .act = dump_database, .undo = undump,
	 .undo_name = "end the dump and remove it"},
	{.name = "count the rows", .act = count},
};

const struct flow backup_flow = {"backup", take_steps, sizeof take_steps / sizeof *take_steps};

int backup_take(struct backup *b, struct error *e)
{
	struct flow_facts facts = {0};
	CLEANUP(mem_freep) char *volumes = NULL;
	int r;

	if (look_at_machine(b, e) != 0) /* again: there was no lock then */
		return -1;
	volumes = volumes_save(&b->volumes);
	flow_facts_set(&facts, "volumes", volumes);
	flow_facts_set(&facts, "database", b->a.database.name);
	r = flow_run(&backup_flow, b, b->root, &facts, e);
	flow_facts_free(&facts);
	return r;
}

void *backup_resume(const char *root, const struct flow_facts *facts, struct error *e)
{
	const char *volumes = flow_facts_get(facts, "volumes"), *name = flow_facts_get(facts, "database");
	struct backup *b = mem_alloc(sizeof *b);

	b->root = root;
	b->stage = path_root(root, NAME_STAGE);
	if (volumes && name) {
		appliance_database(root, name, &b->a.database);
		if (volumes_load(root, volumes, &b->volumes, e) == 0)
			return b;
	} else {
		error_set(e, EX_SOFTWARE, "internal error: the journal is incomplete; please report it");
	}
	backup_delete(b);
	return NULL;
}

void backup_delete(void *ctx)
{
	backup_free(ctx);
	free(ctx);
}
