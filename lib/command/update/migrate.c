/* SPDX-License-Identifier: MIT */
#include "command/update/migrate.h"

#include <stdio.h>

#include "appliance/pending.h"
#include "base/log.h"
#include "command/update/containers.h"
#include "command/update/migration.h"
#include "command/update/record.h"

static const struct flow_step steps[] = {
	{.name = "show the maintenance page", .act = change_show_page, .undo = change_hide_page,
	 .undo_name = "end it"},
	{.name = "stop the application", .act = containers_stop_old, .undo = containers_start_old,
	 .undo_name = "start it again"},
	{.name = "take the snapshot PRE_MIGRATE", .act = migration_snapshot, .undo = migration_unsnapshot,
	 .undo_name = "remove it"},
	{.name = "give it its name", .act = migration_name, .undo = migration_unname,
	 .undo_name = "give it to the former one"},
	{.name = "plan its end in one week", .act = migration_plan},
	{.name = "migrate", .act = migration_run, .undo = migration_put_back,
	 .undo_name = "put the database back"},
	{.name = "start the application", .act = containers_start_web, .undo = containers_stop_new,
	 .undo_name = "stop it"},
	{.name = "record the version", .act = record_version, .undo = record_version_before,
	 .undo_name = "record the one before"},
	{.name = "end the maintenance page", .act = change_end_page, .turn = FLOW_ON},
	{.name = "remove the former snapshot", .act = migration_forget, .turn = FLOW_ON},
	{.name = "start the rest of the application", .act = containers_start_rest, .turn = FLOW_STAND},
};

const struct flow migrate_flow = {"migrate", steps, sizeof steps / sizeof *steps};

int migrate_prepare(const char *root, struct change *c, struct error *e)
{
	if (change_open(root, c, e) != 0 ||
	    change_aim(c, c->found.from, c->found.a.state.branch ? c->found.a.state.branch : "", e) != 0)
		return -1;
	if (c->found.unbuilt.count)
		return error_set(e, EX_NOINPUT, "the image of '%s' is missing: run 'ecs-start'",
				 c->found.unbuilt.item[0]);
	return pending_ask(&c->found.a, &c->found.pending, e);
}

int migrate_run(struct change *c, bool dry, struct error *e)
{
	CLEANUP(flow_facts_free) struct flow_facts facts = {0};

	if (c->found.pending.count == 0) {
		log_say("no migration is pending");
		return 0;
	}
	for (size_t i = 0; i < c->found.pending.count; i++)
		log_say("migration '%s' is pending", c->found.pending.item[i]);
	migration_find_snapshot(c);
	if (migration_check(c, e) != 0)
		return -1;
	c->done.migrates = true;
	if (dry) {
		flow_print(&migrate_flow, c, stdout);
		return 0;
	}
	change_save(c, &facts);
	if (flow_run(&migrate_flow, c, c->root, &facts, e) != 0)
		return -1;
	log_say("migrated; for %d days '" MIGRATION_SNAPSHOT "' holds the database as it was before",
		MIGRATION_KEEP_DAYS);
	return 0;
}
