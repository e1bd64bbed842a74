/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cmd/tool/tool.h"
#include "command/stop/stop.h"

static int run(struct tool_call *call, struct error *e)
{
	struct stop s = {.root = call->root, .maintenance = tool_value(call, "maintenance") != NULL};

	if (!call->dry_run)
		return stop_run(&s, e);
	flow_print(&stop_flow, &s, stdout);
	return 0;
}

static const struct tool_option options[] = {
	{.name = "maintenance", .help = "leave nginx running, with a page that says so (503)"},
	{.name = NULL},
};

static const struct tool_verb verbs[] = {
	{.options = options, .flags = TOOL_CHANGES | TOOL_LOCKS | TOOL_ROOT, .run = run},
	{.run = NULL},
};

static const struct tool tool = {"ecs-stop", "stop the appliance", verbs};

int main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}
