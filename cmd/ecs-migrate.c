/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cmd/rollback.h"
#include "cmd/tool/table.h"
#include "cmd/tool/tool.h"
#include "command/snapshot/snapshot.h"
#include "command/update/migrate.h"
#include "command/update/migration.h"
#include "wrap/json.h"

static void print_pending(const struct change *c, bool json)
{
	CLEANUP(jv_deletep) struct json *j = jv_object();
	CLEANUP(str_free) struct str text = {0};
	struct json *list = jv_array();

	for (size_t i = 0; i < c->found.pending.count; i++) {
		jv_add_text(list, c->found.pending.item[i]);
		str_addf(&text, "%s\n", c->found.pending.item[i]);
	}
	jv_set_text(j, "revision", c->found.from);
	jv_set(j, "pending", list);
	if (json)
		table_json(j);
	else
		table_text(&text);
}

static int migrate(struct tool_call *call, struct error *e)
{
	CLEANUP(change_free) struct change c = {0};

	if (rollback_limit(call, &c.asked.limit_s, e) != 0 || migrate_prepare(call->root, &c, e) != 0)
		return -1;
	if (call->mode == NULL)
		return migrate_run(&c, call->dry_run, e);
	print_pending(&c, call->json);
	return c.found.pending.count ? 0 : EXIT_FAILED;
}

/* The week ends early: the snapshot is removed. */
static int commit_migration(const struct tool_call *call, struct error *e)
{
	CLEANUP(snapshot_free) struct snapshot s = {0};

	if (snapshot_open(call->root, MIGRATION_SNAPSHOT, VOLUME_DATABASE, false, &s, e) != 0)
		return -1;
	return snapshot_remove(&s, call->dry_run, e);
}

static int run(struct tool_call *call, struct error *e)
{
	bool commit = tool_value(call, "commit") != NULL, revert = tool_value(call, "revert") != NULL;

	if (commit + revert + (call->mode != NULL) > 1)
		return tool_misuse(e, "options '--check', '--revert' and '--commit' cannot be used together");
	if (call->json && call->mode == NULL)
		return tool_misuse(e, "option '--json' needs '--check'");
	if (tool_value(call, "lose-writes") && !revert)
		return tool_misuse(e, "option '--lose-writes' needs '--revert'");
	if (tool_value(call, "limit") && (commit || revert || call->mode))
		return tool_misuse(e, "option '--limit' is for a migration");
	if (commit)
		return commit_migration(call, e);
	if (revert)
		return rollback_revert(call, e);
	return migrate(call, e);
}

static const struct tool_option options[] = {
	{.name = "check", .help = "print what is pending: exit 0 if something is, 1 if nothing is", .mode = true},
	{.name = "revert", .help = "go back to the database as it was before, and to the version that ran on it"},
	{.name = "lose-writes", .help = "with --revert: do not ask; what was written since is lost"},
	{.name = "commit", .help = "end the week early: remove the snapshot"},
	{.name = "limit", .arg = "TIME", .help = "how long the migration may take (six hours)"},
	{.name = NULL},
};

static const struct tool_verb verbs[] = {
	{.options = options, .flags = TOOL_CHANGES | TOOL_LOCKS | TOOL_JSON | TOOL_ROOT, .run = run},
	{.run = NULL},
};

static const struct tool tool = {"ecs-migrate", "migrate the database, with a way back for a week", verbs};

int main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}
