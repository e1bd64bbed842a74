/* SPDX-License-Identifier: MIT */
#include "cmd/tool/tool.h"
#include "command/manage/manage.h"

static int run(struct tool_call *call, struct error *e)
{
	CLEANUP(strlist_free) struct strlist words = {0};

	strlist_addv(&words, call->operand);
	return manage_run(call->root, &words, e);
}

static const struct tool_verb verbs[] = {
	{.operands = "COMMAND [ARG…]", .least = 1, .most = -1, .flags = TOOL_CHANGES | TOOL_ROOT, .run = run},
	{.run = NULL},
};

static const struct tool tool = {"ecs-manage", "run a Django management command in ecs.web", verbs};

int main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}
