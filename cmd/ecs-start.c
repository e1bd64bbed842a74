/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/log.h"
#include "cmd/tool/table.h"
#include "cmd/tool/tool.h"
#include "command/start/questions.h"
#include "command/start/rows.h"
#include "command/update/migrate.h"
#include "command/start/start.h"

/* Warns of what is odd in env.yml; env_choose() itself prints nothing. */
static void warn_of_environment(const struct env_choice *choice)
{
	const struct strlist *warnings = choice->env ? env_warnings(choice->env) : NULL;

	if (choice->fault)
		log_warn("the new environment is not usable; starting with the last good one: %s", choice->fault);
	for (size_t i = 0; warnings && i < warnings->count; i++)
		log_warn("%s", warnings->item[i]);
}

/* Migrates as ecs-migrate does, before the application runs. If that fails, the application serves with the old database. */
static int migrate(const char *root, struct error *e)
{
	CLEANUP(change_free) struct change c = {0};
	CLEANUP(start_free) struct start again = {.root = root};
	struct error why = {0};

	if (migrate_prepare(root, &c, &why) == 0 && migrate_run(&c, false, &why) == 0)
		return 0;
	if (why.code < EXIT_SIGNAL && (questions_ask(&again, e) != 0 || start_run(&again, e) != 0))
		log_error("%s", e->text);
	*e = why;
	return -1;
}

static void print_answers(const struct start *s, bool json)
{
	static const struct table table[] = {
		{.column = {{"QUESTION", TABLE_TEXT}, {"FOUND", TABLE_TEXT}, {"ACTION", TABLE_TEXT}}},
		{.record = NULL},
	};
	char *text = NULL;
	size_t len = 0;
	FILE *to = json ? stdout : table_begin(&text, &len);

	rows_print(s, json, to);
	if (!json)
		table_end(to, table, &text, &len);
}

static int run(struct tool_call *call, struct error *e)
{
	CLEANUP(start_free) struct start s = {
		.root = call->root,
		.asked = {.new_database = tool_value(call, "new-database") != NULL, .may_migrate = true},
	};
	bool explain = tool_value(call, "explain") != NULL;
	int r;

	if (call->json && !explain)
		return tool_misuse(e, "option '--json' needs '--explain'");
	r = questions_ask(&s, e);
	warn_of_environment(&s.found.choice);
	if (explain)
		print_answers(&s, call->json);
	if (r != 0 || explain)
		return r;
	if (call->dry_run) {
		if (!s.found.standby)
			flow_print(&start_flow, &s, stdout);
		return 0;
	}
	if (start_run(&s, e) != 0 || (s.done.migrates && migrate(call->root, e) != 0))
		return -1;
	/* the appliance serves; the start has not failed only because the copy could not be written */
	if (env_record_good(call->root, &s.found.choice, e) != 0)
		log_warn("the environment could not be kept as the last good one: %s", e->text);
	return 0;
}

static const struct tool_option options[] = {
	{.name = "explain", .help = "print what is found and what would be done, and do nothing", .mode = true},
	{.name = "new-database", .help = "make an empty database even where this machine once had one"},
	{.name = NULL},
};

static const struct tool_verb verbs[] = {
	{.options = options, .flags = TOOL_CHANGES | TOOL_LOCKS | TOOL_JSON | TOOL_ROOT, .run = run},
	{.run = NULL},
};

static const struct tool tool = {"ecs-start", "start the appliance, from metadata to a healthy application",
				 verbs};

int main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}
