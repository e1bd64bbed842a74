/* SPDX-License-Identifier: MIT */
#include "command/update/update.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "adapter/docker/image.h"
#include "adapter/git/git.h"
#include "appliance/containers.h"
#include "appliance/database/migrations.h"
#include "appliance/images.h"
#include "appliance/pending.h"
#include "appliance/volume/orphans.h"
#include "base/log.h"
#include "command/update/containers.h"
#include "command/update/migration.h"
#include "command/update/record.h"
#include "command/update/migrationfiles.h"
#include "command/update/cleanup.h"

enum { SPARE_MIB = 256 }; /* free beside the size of an image, or there is no build */

/* --- what the image says ---------------------------------------------------------------------------------- */

static void say_disagreement(const struct change *c)
{
	if (c->found.pending.count && c->found.files == 0)
		log_warn("git shows no changed migration file, but the image says that %zu migrations are pending: "
			 "applying them",
			 c->found.pending.count);
	if (c->found.pending.count == 0 && c->found.files)
		log_warn("git shows %zu changed migration files, but the image says that nothing is pending: not migrating",
			 c->found.files);
}

static int ask(void *ctx, struct error *e)
{
	struct change *c = ctx;

	if (images_check_volumes(&c->found.a, e) != 0 || pending_ask(&c->found.a, &c->found.pending, e) != 0)
		return -1;
	for (size_t i = 0; i < c->found.pending.count; i++)
		log_say("migration '%s' is pending", c->found.pending.item[i]);
	say_disagreement(c);
	c->done.migrates = c->found.pending.count > 0;
	if (!c->done.migrates)
		return 0;
	if (!c->asked.may_migrate)
		return error_set(e, EXIT_FAILED, "the update needs a migration, and ecs.migrate.auto is false: use '--migrate'");
	return migration_check(c, e) == 0 ? flow_note("migrates", "1", e) : -1;
}

/* --- the flow --------------------------------------------------------------------------------------------- */

static const struct flow_step steps[] = {
	{.name = "build the images", .act = containers_build, .undo = containers_unbuild, .undo_name = "remove them",
	 .when = containers_must_build},
	{.name = "ask the image what is pending", .act = ask},
	{.name = "make the new containers", .act = containers_make, .undo = containers_unmake,
	 .undo_name = "remove them"},

	{.name = "start them beside the old ones", .act = containers_start_beside, .undo = containers_stop_new,
	 .undo_name = "stop them", .when = change_migrates_not},
	{.name = "stop the old ones", .act = containers_stop_old, .undo = containers_start_old,
	 .undo_name = "start them again", .when = change_migrates_not},
	{.name = "start the schedulers", .act = containers_start_schedulers, .undo = containers_stop_schedulers,
	 .undo_name = "stop them", .when = containers_has_schedulers},

	{.name = "show the maintenance page", .act = change_show_page, .undo = change_hide_page,
	 .undo_name = "end it", .when = change_migrates},
	{.name = "stop the application", .act = containers_stop_old, .undo = containers_start_old,
	 .undo_name = "start it again", .when = change_migrates},
	{.name = "take the snapshot PRE_MIGRATE", .act = migration_snapshot, .undo = migration_unsnapshot,
	 .undo_name = "remove it", .when = change_migrates},
	{.name = "give it its name", .act = migration_name, .undo = migration_unname,
	 .undo_name = "give it to the former one", .when = change_migrates},
	{.name = "plan its end in one week", .act = migration_plan, .when = change_migrates},
	{.name = "migrate", .act = migration_run, .undo = migration_put_back,
	 .undo_name = "put the database back", .when = change_migrates},
	{.name = "start the new version", .act = containers_start_web, .undo = containers_stop_new,
	 .undo_name = "stop it", .when = change_migrates},

	{.name = "record the version", .act = record_version, .undo = record_version_before,
	 .undo_name = "record the one before"},
	{.name = "end the maintenance page", .act = change_end_page, .when = change_migrates, .turn = FLOW_ON},
	{.name = "remove the former snapshot", .act = migration_forget, .when = change_migrates, .turn = FLOW_ON},
	{.name = "remove the old containers", .act = containers_remove_old, .turn = FLOW_ON},
	{.name = "start the rest of the application", .act = containers_start_rest, .turn = FLOW_STAND},
	{.name = "remove old images", .act = cleanup_run, .turn = FLOW_STAND},
};

const struct flow update_flow = {"update", steps, sizeof steps / sizeof *steps};

void update_free(struct update *u)
{
	change_free(&u->c);
	target_free(&u->target);
}

/* --- looking ---------------------------------------------------------------------------------------------- */

/* Whether a migration of a file in M that is gone in the target is applied. */
static int find_applied(const struct change *c, const struct migrationfiles *m, char **found, struct error *e)
{
	CLEANUP(strlist_free) struct strlist applied = {0};

	if (migrations_applied(&c->found.database, &applied, e) != 0)
		return -1;
	for (size_t i = 0; i < m->count; i++) {
		CLEANUP(mem_freep) char *label = migrationfiles_label(m->item[i].path);

		if (m->item[i].status == 'D' && strlist_has(&applied, label)) {
			*found = mem_dup(label);
			return 0;
		}
	}
	return 0;
}

/* A target that does not follow from what runs: rewritten by the source, or gone back to by name. */
static int check_history(const struct update *u, const struct migrationfiles *m, struct error *e)
{
	const struct target *t = &u->target;
	CLEANUP(mem_freep) char *applied = NULL;
	int in = git_is_in(t->dir, t->from, t->to, e);

	if (in != 0)
		return in < 0 ? -1 : 0;
	if (!t->named)
		return error_set(e, EX_DATAERR,
				 "the branch '%s' of the source does not contain the running version (%.12s): it was "
				 "rewritten, or it is another branch; to go there anyway, give '--to %.12s'",
				 t->branch, t->from, t->to);
	if (find_applied(&u->c, m, &applied, e) != 0)
		return -1;
	if (applied)
		return error_set(e, EX_DATAERR,
				 "the migration '%s' is applied, and '%.12s' does not have it: to go back with the "
				 "database, see 'ecs-update --rollback'",
				 applied, t->to);
	log_warn("'%.12s' is not a descendant of the running version (%.12s)", t->to, t->from);
	return 0;
}

/* Room for one more image of the size that the one of today has. */
static int check_space(const struct change *c, struct error *e)
{
	CLEANUP(mem_freep) char *dir = docker_data(e);
	const struct state_service *now = state_find(&c->found.a.state, c->found.a.facts.web);
	long long size = !dir ? -1 : now ? docker_image_size(now->image, e) : 0, free_bytes;
	struct statvfs f;

	if (size < 0)
		return -1;
	if (statvfs(dir, &f) != 0) /* another machine's engine */
		return 0;
	free_bytes = (long long)f.f_bavail * (long long)f.f_frsize;
	if (free_bytes >> 20 >= (size >> 20) + SPARE_MIB)
		return 0;
	return error_set(e, EX_CANTCREAT, "no room to build: '%s' has %lld MiB left, and %lld are needed: see "
			 "'docker system df'", dir, free_bytes >> 20, (size >> 20) + SPARE_MIB);
}

static int compare(struct update *u, struct error *e)
{
	CLEANUP(migrationfiles_free) struct migrationfiles m = {0};

	if (migrationfiles_compare(u->target.dir, u->target.from, u->target.to, &m, e) != 0)
		return -1;
	u->c.found.files = m.count;
	for (size_t i = 0; i < m.count; i++) {
		CLEANUP(mem_freep) char *path = migrationfiles_path_text(m.item[i].path, true);

		log_say("migration file %c %s", m.item[i].status, path);
	}
	return check_history(u, &m, e);
}

/* A version that does not serve may be what the update mends; walking back brings it back as it is. */
static void warn_unserved(const struct change *c)
{
	struct error e = {0};

	if (containers_check_served(c->root, &e) != 0)
		log_warn("'%.12s' is not serving now: %s", c->found.from, e.text);
}

/* U->target is found: all that can be refused is refused here. */
static int check_target(struct update *u, struct error *e)
{
	struct change *c = &u->c;

	u->nothing = strcmp(u->target.from, u->target.to) == 0;
	if (u->nothing)
		return 0;
	warn_unserved(c);
	if (compare(u, e) != 0 || git_check_whole(u->target.dir, u->target.to, e) != 0 ||
	    change_aim(c, u->target.to, u->target.branch, e) != 0)
		return -1;
	c->asked.may_migrate = c->asked.may_migrate || env_bool(c->found.env, "ecs.migrate.auto");
	migration_find_snapshot(c);
	/* told before the build, where it can be foreseen */
	c->done.migrates = c->found.files > 0 && !c->asked.back;
	if (c->done.migrates && migration_check(c, e) != 0)
		return -1;
	return c->found.unbuilt.count ? check_space(c, e) : 0;
}

int update_prepare(const char *root, const char *to, bool dry, struct update *u, struct error *e)
{
	const struct target_asked asked = {.to = to, .fetch = !dry};

	if (change_open(root, &u->c, e) != 0 || target_find(root, u->c.found.env, &asked, &u->target, e) != 0)
		return -1;
	return check_target(u, e);
}

int update_prepare_rollback(const char *root, struct update *u, bool *migrated, struct error *e)
{
	const struct state *s = &u->c.found.a.state;

	if (change_open(root, &u->c, e) != 0)
		return -1;
	if (s->previous == NULL)
		return error_set(e, EX_NOINPUT, "no version before '%.12s' is recorded", s->revision);
	*migrated = s->migrated != NULL;
	if (*migrated && (s->before.revision == NULL || strcmp(s->before.revision, s->previous) != 0 ||
			  !cleanup_has_snapshot(&u->c)))
		return error_set(e, EX_NOINPUT,
				 "there was a migration between '%.12s' and '%.12s', and the snapshot from before it is gone: "
				 "see ecs-restore(8)",
				 s->previous, s->revision);
	if (*migrated)
		return 0;
	if (target_find(root, NULL, &(struct target_asked){.to = s->previous}, &u->target, e) != 0)
		return -1;
	free(u->target.branch);
	u->target.branch = mem_dup(s->previous_branch ? s->previous_branch : "");
	u->c.asked.back = true;
	return check_target(u, e);
}

int update_run(struct update *u, bool dry, struct error *e)
{
	CLEANUP(flow_facts_free) struct flow_facts facts = {0};
	struct change *c = &u->c;

	if (u->nothing) {
		if (containers_check_served(c->root, e) != 0)
			return error_context(e, "there is nothing to update, but '%.12s' is not serving", u->target.from);
		log_say("'%.12s' is up to date", u->target.from);
		return 0;
	}
	if (dry) {
		flow_print(&update_flow, c, stdout);
		return 0;
	}
	c->done.migrates = false; /* until the image was asked */
	change_save(c, &facts);
	if (flow_run(&update_flow, c, c->root, &facts, e) != 0)
		return -1;
	log_say("'%.12s' runs%s; '%.12s' ran before", c->asked.to, c->done.migrates ? ", and the database is migrated" : "",
		c->found.from);
	if (c->asked.back)
		orphans_tell(&c->found.a);
	return 0;
}
