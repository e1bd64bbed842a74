/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cmd/tool/duration.h"
#include "cmd/tool/tool.h"
#include "env/publish.h"
#include "command/restore/drill.h"
#include "command/start/questions.h"
#include "command/restore/restore.h"
#include "command/start/start.h"
#include "sys/file.h"

/* A start follows: the application was stopped, and the restored database may need migrations. */
static int start(const char *root, struct error *e)
{
	struct start s = {.root = root};
	int r = questions_ask(&s, e);

	if (r == 0)
		r = start_run(&s, e);
	start_free(&s);
	if (r == 0)
		return 0;
	if (e->code < EXIT_SIGNAL)
		e->code = EXIT_HALFWAY;
	return error_context(e, "the backup is restored, but the appliance did not start: run 'ecs-start'");
}

static int restore(struct tool_call *call, const struct env *env, struct restore *r, struct error *e)
{
	if (restore_open(r, env, e) != 0 || tool_lock(call, e) != 0 ||
	    restore_run(r, e) != 0 || start(call->root, e) != 0)
		return -1;
	restore_say(r);
	return 0;
}

static int commit(struct tool_call *call, const struct env *env, struct error *e)
{
	if (tool_lock(call, e) != 0)
		return -1;
	return restore_commit(call->root, env, e);
}

/* Reads what is asked into F. */
static int read_options(const struct tool_call *call, struct fetched *f, struct error *e)
{
	const char *time = tool_value(call, "time"), *only = tool_value(call, "only");

	f->root = call->root;
	f->from = tool_value(call, "from");
	if (time && !duration_read_moment(time, &f->time))
		return tool_misuse(e, "'--time %s' is not a valid time: give 2026-01-02, 2026-01-02T03:04:05Z, 12h or 3d", time);
	if (only && strcmp(only, "files") != 0 && strcmp(only, "database") != 0)
		return tool_misuse(e, "'--only %s' is not valid: give files or database", only);
	f->accept = tool_value(call, "accept-differences") != NULL;
	f->files = !only || strcmp(only, "files") == 0;
	f->database = !only || strcmp(only, "database") == 0;
	if (tool_value(call, "commit") && (time || only || f->from || f->accept || call->mode))
		return tool_misuse(e, "'--commit' takes no other option");
	if (call->mode && f->accept)
		return tool_misuse(e, "'--drill' accepts no differences: leave '--accept-differences' out");
	if (call->mode && only)
		return tool_misuse(e, "'--drill' proves both parts: leave '--only %s' out", only);
	return 0;
}

static int run(struct tool_call *call, struct error *e)
{
	CLEANUP(restore_free) struct restore r = {0};
	CLEANUP(env_deletep) struct env *env = NULL;
	CLEANUP(file_closep) int lock = -1;
	bool ends = tool_value(call, "commit") != NULL, drills = tool_value(call, "drill") != NULL;

	if (read_options(call, &r.fetched, e) != 0)
		return -1;
	if (call->dry_run && drills) {
		drill_print(stdout);
		return 0;
	}
	if (call->dry_run) {
		flow_print(ends ? &restore_commit_flow : &restore_flow, &r, stdout);
		return 0;
	}
	if (env_active(call->root, &env, e) != 0)
		return -1;
	lock = repository_lock(call->root, call->tool->name, tool_wait(call), e);
	if (lock < 0 || drill_clear(call->root, e) != 0)
		return -1;
	if (drills)
		return drill_run(&r.fetched, env, e);
	return ends ? commit(call, env, e) : restore(call, env, &r, e);
}

static const struct tool_option options[] = {
	{.name = "time", .arg = "TIME", .help = "take the last backup up to this time: 2026-01-02, 2026-01-02T03:04:05Z, 12h or 3d ago"},
	{.name = "from", .arg = "URL", .help = "restore from URL instead of appliance.backup.url"},
	{.name = "only", .arg = "PART", .help = "restore only this part: files or database", .values = TOOL_PARTS},
	{.name = "accept-differences", .help = "restore even a backup that differs from its manifest; a list names each difference"},
	{.name = "drill", .help = "prove that the backup can be restored, in a temporary place; nothing changes", .mode = TOOL_JOB},
	{.name = "commit", .help = "remove the state from before the last restore"},
	{.name = NULL},
};

static const struct tool_verb verbs[] = {
	{.options = options, .flags = TOOL_CHANGES | TOOL_LOCKS | TOOL_LATER | TOOL_ROOT, .run = run},
	{.run = NULL},
};

static const struct tool tool = {"ecs-restore", "restore vault and database from a backup", verbs};

int main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}
