/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/log.h"
#include "cmd/tool/table.h"
#include "cmd/tool/tool.h"
#include "command/flows.h"
#include "command/status/json.h"
#include "command/status/metrics.h"
#include "command/status/text.h"

#define ONE(word, ...) {.record = word, .plain = true, .column = {{word, TABLE_TEXT}, __VA_ARGS__}}

/* The records of ecs-status(8), as a person sees them. */
static const struct table tables[] = {
	ONE("state", {"", TABLE_STATE}),
	ONE("revision", {"", TABLE_COMMIT}, {"", TABLE_TEXT}, {"", TABLE_MOMENT}),
	ONE("lock", {"", TABLE_TEXT}),
	ONE("unfinished", {"", TABLE_TEXT}, {"", TABLE_TEXT}, {"", TABLE_TEXT}),
	ONE("pending", {"", TABLE_TEXT}),
	{.record = "service", .column = {{"SERVICE", TABLE_TEXT}, {"STATE", TABLE_STATE}, {"HEALTH", TABLE_STATE}}},
	{.record = "oneoff", .column = {{"ONE-OFF", TABLE_TEXT}, {"STATE", TABLE_STATE}, {"HEALTH", TABLE_STATE}}},
	{.record = "volume",
	 .column = {{"VOLUME", TABLE_TEXT}, {"PATH", TABLE_TEXT}, {"STATE", TABLE_STATE}, {"FREE", TABLE_BYTES}, {"SIZE", TABLE_BYTES}}},
	{.record = "room",
	 .column = {{"ROOM OF", TABLE_TEXT}, {"DRIVER", TABLE_TEXT}, {"FREE", TABLE_BYTES}, {"SIZE", TABLE_BYTES},
		    {"METADATA", TABLE_PERCENT}}},
	{.record = "snapshot",
	 .column = {{"SNAPSHOT", TABLE_TEXT}, {"VOLUME", TABLE_TEXT}, {"STATE", TABLE_STATE}, {"TAKEN", TABLE_SPAN},
		    {"ENDS", TABLE_SPAN}}},
	{.record = "left",
	 .column = {{"LEFT BEHIND", TABLE_TEXT}, {"VOLUME", TABLE_TEXT}, {"WHAT", TABLE_TEXT}, {"SINCE", TABLE_SPAN},
		    {"WHY", TABLE_TEXT}}},
	{.record = NULL},
};

static const struct tool_option options[] = {
	{.name = "metrics", .help = "print it in Prometheus' text format"},
	{.name = NULL},
};

static int run_status(struct tool_call *call, struct error *e)
{
	CLEANUP(status_free) struct status s = {0};
	CLEANUP(str_free) struct str out = {0};
	bool metrics = tool_value(call, "metrics");

	if (metrics && call->json)
		return tool_misuse(e, "options '--metrics' and '--json' cannot be used together");
	status_look(call->root, flow_kinds, &s);
	if (metrics)
		status_metrics(&s, &out);
	else if (call->json)
		status_json(&s, &out);
	else
		status_text(&s, &out);
	if (metrics || call->json)
		fputs(out.data, stdout);
	else
		table_print(tables, &out);
	for (size_t i = 0; i < s.trouble.count; i++)
		log_error("%s", s.trouble.item[i]);
	return s.code;
}

static const struct tool_verb verbs[] = {
	{.options = options, .flags = TOOL_JSON, .run = run_status},
	{.run = NULL},
};

static const struct tool tool = {
	.name = "ecs-status",
	.help = "say what runs, what is unfinished, what is pending, how full",
	.verbs = verbs,
};

int main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}
