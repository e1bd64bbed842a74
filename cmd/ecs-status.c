/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/log.h"
#include "cmd/tool/tool.h"
#include "command/flows.h"
#include "command/status/status.h"

static const struct tool_option options[] = {
	{"metrics", 0, NULL, "print it in Prometheus' text format", false},
	{NULL, 0, NULL, NULL, false},
};

static int run_status(struct tool_call *call, struct error *e)
{
	CLEANUP(status_free) struct status s = {0};
	CLEANUP(str_free) struct str out = {0};
	bool metrics = tool_value(call, "metrics");

	if (metrics && call->json)
		return tool_misuse(e, "options '--metrics' and '--json' exclude each other");
	status_look(call->root, flow_kinds, &s);
	if (metrics)
		status_metrics(&s, &out);
	else if (call->json)
		status_json(&s, &out);
	else
		status_text(&s, &out);
	fputs(out.data, stdout);
	for (size_t i = 0; i < s.trouble.count; i++)
		log_error("%s", s.trouble.item[i]);
	return s.code;
}

static const struct tool_verb verbs[] = {
	{NULL, NULL, 0, 0, NULL, options, TOOL_JSON, run_status},
	{NULL, NULL, 0, 0, NULL, NULL, 0, NULL},
};

static const struct tool tool = {
	"ecs-status", "say what runs, what is unfinished, what is pending, how full", verbs,
};

int main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}
