/* SPDX-License-Identifier: MIT */
/* Clones of the appliance, for trials; command/clone/clone.h has the rules. */
#include <stdio.h>
#include <string.h>

#include "cmd/tool/duration.h"
#include "cmd/tool/table.h"
#include "cmd/tool/tool.h"
#include "env/schema.h"
#include "command/clone/clone.h"
#include "command/clone/list.h"
#include "sys/clock.h"
#include "wrap/json.h"

static const struct tool_option create_options[] = {
	{.name = "expires", .arg = "TIME", .help = "end it after this time: 12h, 7d (3d)"},
	{.name = "http", .arg = "PORT", .help = "where it listens for HTTP (" CLONE_HTTP ")"},
	{.name = "https", .arg = "PORT", .help = "where it listens for HTTPS (" CLONE_HTTPS ")"},
	{0},
};

static const struct tool_option extend_options[] = {
	{.name = "expires", .arg = "TIME", .help = "end it after this time, from now: 12h, 7d (3d)"},
	{0},
};

static int open_it(struct tool_call *call, struct clone *c, struct error *e)
{
	struct error was = {0};

	if (clone_open(call->root, call->operands ? call->operand[0] : CLONE_NAME, c, &was) == 0)
		return 0;
	return tool_misuse(e, "%s", was.text);
}

static int read_end(const struct tool_call *call, time_t *when, struct error *e)
{
	const char *text = tool_value(call, "expires");

	*when = clock_now() + CLONE_KEEP_S;
	return text ? duration_read_end(text, when, e) : 0;
}

static int read_port(const struct tool_call *call, const char *option, const char *otherwise, const char **port,
		     struct error *e)
{
	const char *text = tool_value(call, option);

	*port = text ? text : otherwise;
	if (**port && schema_value_ok(SCHEMA_PORT, *port))
		return 0;
	return tool_misuse(e, "'--%s %s' is not %s", option, *port, schema_type_name(SCHEMA_PORT));
}

static int run_create(struct tool_call *call, struct error *e)
{
	CLEANUP(clone_free) struct clone c = {0};
	time_t expires;

	if (read_end(call, &expires, e) != 0 || read_port(call, "http", CLONE_HTTP, &c.http, e) != 0 ||
	    read_port(call, "https", CLONE_HTTPS, &c.https, e) != 0)
		return -1;
	if (strcmp(c.http, c.https) == 0)
		return tool_misuse(e, "'--http' and '--https' are the same");
	return open_it(call, &c, e) == 0 ? clone_create(&c, expires, call->dry_run, e) : -1;
}

static int run_start(struct tool_call *call, struct error *e)
{
	CLEANUP(clone_free) struct clone c = {0};

	return open_it(call, &c, e) == 0 ? clone_start(&c, call->dry_run, e) : -1;
}

static int run_extend(struct tool_call *call, struct error *e)
{
	CLEANUP(clone_free) struct clone c = {0};
	time_t expires;

	if (read_end(call, &expires, e) != 0 || open_it(call, &c, e) != 0)
		return -1;
	return clone_extend(&c, expires, call->dry_run, e);
}

static int run_expire(struct tool_call *call, struct error *e)
{
	CLEANUP(clone_free) struct clone c = {0};

	return open_it(call, &c, e) == 0 ? clone_expire(&c, call->dry_run, e) : -1;
}

static int run_destroy(struct tool_call *call, struct error *e)
{
	CLEANUP(clone_free) struct clone c = {0};

	return open_it(call, &c, e) == 0 ? clone_destroy(&c, call->dry_run, e) : -1;
}

/* --- list ------------------------------------------------------------------------------------------------- */

static const char *or_dash(const char *text)
{
	return text ? text : "-";
}

static const struct table table[] = {
	{.column = {{"CLONE", TABLE_TEXT}, {"STATE", TABLE_STATE}, {"ENDS", TABLE_SPAN}, {"REVISION", TABLE_TEXT}, {"ADDRESS", TABLE_TEXT}}},
	{.record = NULL},
};

static void add_record(const struct clone_entry *c, struct str *out)
{
	char text[CLOCK_TEXT] = "-";

	if (c->expires)
		clock_text(c->expires, text);
	str_addf(out, "%s\t%s\t%s\t%.12s\t%s\n", c->name, c->state, text, or_dash(c->revision), or_dash(c->url));
}

static struct json *clone_json(const struct clone_entry *c)
{
	struct json *j = jv_object();

	jv_set_text(j, "name", c->name);
	jv_set_text(j, "revision", c->revision);
	jv_set_known(j, "created", c->created, c->created);
	jv_set_known(j, "expires", c->expires, c->expires);
	jv_set_text(j, "url", c->url);
	jv_set_text(j, "root", c->root);
	jv_set_known(j, "containers", c->containers, c->containers >= 0);
	jv_set_known(j, "healthy", c->healthy, c->healthy >= 0);
	jv_set_text(j, "state", c->state);
	return j;
}

static int run_list(struct tool_call *call, struct error *e)
{
	CLEANUP(clone_listing_free) struct clone_listing l = {0};
	CLEANUP(jv_deletep) struct json *all = jv_array();
	CLEANUP(str_free) struct str records = {0};

	if (clone_list(call->root, &l, e) != 0)
		return -1;
	for (size_t i = 0; i < l.count; i++) {
		jv_add(all, clone_json(&l.item[i]));
		add_record(&l.item[i], &records);
	}
	if (call->json)
		table_json(all);
	else
		table_print(table, &records);
	return 0;
}

enum { CHANGING = TOOL_CHANGES | TOOL_LOCKS | TOOL_ROOT };

static const struct tool_verb verbs[] = {
	{.name = "create", .operands = "[NAME]", .most = 1,
	 .help = "make one of the appliance as it is now, beside it", .options = create_options,
	 .flags = CHANGING, .run = run_create},
	{.name = "list", .help = "state, end, version and address of each", .flags = TOOL_JSON | TOOL_ROOT,
	 .run = run_list},
	{.name = "start", .operands = "[NAME]", .most = 1, .help = "start one again after a boot",
	 .flags = CHANGING, .run = run_start, .values = TOOL_CLONES},
	{.name = "extend", .operands = "[NAME]", .most = 1, .help = "change when one ends",
	 .options = extend_options, .flags = CHANGING, .run = run_extend, .values = TOOL_CLONES},
	{.name = "expire", .operands = "[NAME]", .most = 1, .help = "end it if its time is over",
	 .flags = CHANGING, .run = run_expire, .values = TOOL_CLONES},
	{.name = "destroy", .operands = "[NAME]", .most = 1, .help = "end it now", .flags = CHANGING,
	 .run = run_destroy, .values = TOOL_CLONES},
	{0},
};

static const struct tool tool = {"ecs-clone", "a copy of the appliance beside it, for trials", verbs};

int main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}
