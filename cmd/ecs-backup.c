/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cmd/tool/table.h"
#include "cmd/tool/tool.h"
#include "env/publish.h"
#include "command/backup/backup.h"
#include "command/restore/drill.h"
#include "sys/file.h"

/* The appliance lock is released as soon as the dump is done, so that an update need not wait for the upload. */
static int make(struct tool_call *call, struct backup *b, struct error *e)
{
	int r;

	if (tool_lock(call, e) != 0)
		return -1;
	r = backup_take(b, e);
	file_closep(&call->lock_fd);
	if (r != 0 || backup_store(b, e) != 0)
		return -1;
	backup_say(b);
	return 0;
}

static int back_up(struct tool_call *call, const struct env *env, struct error *e)
{
	CLEANUP(backup_free) struct backup b = {
		.accept_shrink = tool_value(call, "accept-shrink") != NULL,
		.adopt = tool_value(call, "adopt") != NULL,
		.look = call->dry_run,
	};

	if (backup_open(call->root, env, &b, e) != 0)
		return -1;
	if (!call->dry_run)
		return make(call, &b, e);
	backup_print(&b, stdout);
	return 0;
}

static int list(const struct tool_call *call, const struct env *env, struct error *e)
{
	static const struct table table[] = {
		{.column = {{"TAKEN", TABLE_MOMENT}, {"KIND", TABLE_TEXT}, {"ID", TABLE_TEXT}, {"NUMBER", TABLE_TEXT},
			    {"APPLIANCE", TABLE_TEXT}}},
		{.record = NULL},
	};
	char *text = NULL;
	size_t len = 0;
	FILE *to = call->json ? stdout : table_begin(&text, &len);
	int r = backup_list(call->root, env, call->json, to, e);

	if (!call->json)
		table_end(to, table, &text, &len);
	return r;
}

static int run(struct tool_call *call, struct error *e)
{
	CLEANUP(env_deletep) struct env *env = NULL;
	CLEANUP(file_closep) int lock = -1;

	if (env_active(call->root, &env, e) != 0)
		return -1;
	lock = repository_lock(call->root, call->tool->name, tool_wait(call), e);
	if (lock < 0)
		return -1;
	if (tool_value(call, "check"))
		return backup_check(call->root, env, e);
	if (tool_value(call, "list"))
		return list(call, env, e);
	if (!call->dry_run && drill_clear(call->root, e) != 0)
		return -1;
	return back_up(call, env, e);
}

static const struct tool_option options[] = {
	{.name = "accept-shrink", .help = "accept a backup that is much smaller than the last one"},
	{.name = "adopt", .help = "go on with the backups at the target, whoever made them"},
	{.name = "check", .help = "check that the last backup is recent, whole and read back: exit 0 if it is", .mode = TOOL_JOB},
	{.name = "list", .help = "list the backups at the target", .mode = true},
	{.name = NULL},
};

static const struct tool_verb verbs[] = {
	{.options = options,
	 .flags = TOOL_CHANGES | TOOL_LOCKS | TOOL_LATER | TOOL_JSON | TOOL_ROOT,
	 .run = run},
	{.run = NULL},
};

static const struct tool tool = {"ecs-backup", "back the appliance up: vault, database, environment", verbs};

int main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}
