/* SPDX-License-Identifier: MIT */
#include "command/update/revert.h"

#include <stdio.h>
#include <string.h>

#include "appliance/volume/orphans.h"
#include "base/log.h"
#include "command/update/containers.h"
#include "command/update/migration.h"
#include "command/update/record.h"
#include "command/update/cleanup.h"

/* --- the flow --------------------------------------------------------------------------------------------- */

/* The state that was kept until now, and the snapshot, which holds what runs. */
static int settle(void *ctx, struct error *e)
{
	struct change *c = ctx;

	if (snapshot_settle(&c->done.snapshot, e) != 0 || snapshot_drop(&c->done.snapshot, e) != 0)
		return -1;
	return snapshot_replan(&c->done.snapshot, e);
}

static const struct flow_step steps[] = {
	{.name = "build the images", .act = containers_build, .undo = containers_unbuild, .undo_name = "remove them",
	 .when = containers_must_build},
	{.name = "make the containers of the version before", .act = containers_make, .undo = containers_unmake,
	 .undo_name = "remove them", .when = change_exchanges},
	{.name = "show the maintenance page", .act = change_show_page, .undo = change_hide_page,
	 .undo_name = "end it"},
	{.name = "stop the application", .act = containers_stop_old, .undo = containers_start_old,
	 .undo_name = "start it again"},
	{.name = "stop ecs-postgres", .act = migration_stop_postgres, .undo = migration_start_postgres,
	 .undo_name = "start it again"},
	{.name = "put the snapshot PRE_MIGRATE in its place", .act = migration_swap, .undo = migration_unswap,
	 .undo_name = "put the present state back"},
	{.name = "start ecs-postgres", .act = migration_start_postgres, .undo = migration_stop_postgres,
	 .undo_name = "stop it"},
	{.name = "start the version before", .act = containers_start_web, .undo = containers_stop_new,
	 .undo_name = "stop it"},
	{.name = "record the version", .act = record_version, .undo = record_version_before,
	 .undo_name = "record the one after"},
	{.name = "end the maintenance page", .act = change_end_page, .turn = FLOW_ON},
	{.name = "remove what was put aside", .act = settle, .turn = FLOW_ON},
	{.name = "remove the old containers", .act = containers_remove_old, .when = change_exchanges,
	 .turn = FLOW_ON},
	{.name = "start the rest of the application", .act = containers_start_rest, .turn = FLOW_STAND},
	{.name = "remove old images", .act = cleanup_run, .when = change_exchanges, .turn = FLOW_STAND},
};

const struct flow revert_flow = {"revert", steps, sizeof steps / sizeof *steps};

/* --- looking ---------------------------------------------------------------------------------------------- */

int revert_prepare(const char *root, struct change *c, struct activity_losses *lost, struct error *e)
{
	const struct state_before *b = &c->found.a.state.before;

	if (change_open(root, c, e) != 0 ||
	    snapshot_open(root, MIGRATION_SNAPSHOT, VOLUME_DATABASE, false, &c->done.snapshot, e) != 0)
		return -1;
	c->done.has_snapshot = true;
	c->done.snapshot.keep = true;
	c->done.migrates = true;
	c->asked.back = true;
	if (activity_lost(&c->found.database, b, lost, e) != 0)
		return -1;
	return change_aim(c, b->revision ? b->revision : c->found.from,
			  b->revision && b->branch ? b->branch : c->found.a.branch, e);
}

void revert_say(const struct change *c, const struct activity_losses *lost)
{
	const struct state_before *b = &c->found.a.state.before;

	log_say("going back to '%.12s' with the database of %s", c->asked.to, b->taken ? b->taken : "an unknown time");
	if (!lost->known)
		log_say("what was written since is lost; how much is unknown, because PostgreSQL's counters were reset");
	else if (lost->count == 0)
		log_say("nothing was written since");
	for (size_t i = 0; lost->known && i < lost->count; i++) {
		const struct activity_loss *l = &lost->item[i];

		log_say("lost in '%s': %lld rows added, %lld changed, %lld deleted", l->table, l->added,
			l->changed, l->deleted);
	}
}

int revert_run(struct change *c, bool dry, struct error *e)
{
	CLEANUP(flow_facts_free) struct flow_facts facts = {0};

	if (dry) {
		flow_print(&revert_flow, c, stdout);
		return 0;
	}
	change_save(c, &facts);
	if (flow_run(&revert_flow, c, c->root, &facts, e) != 0)
		return -1;
	log_say("'%.12s' runs, with the database as it was before", c->asked.to);
	orphans_tell(&c->found.a);
	return 0;
}
