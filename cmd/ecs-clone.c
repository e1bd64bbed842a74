/* SPDX-License-Identifier: MIT */
/* Clones of the appliance, for trials; command/clone/clone.h has the rules. */
#include <stdio.h>
#include <string.h>

#include "cmd/tool/duration.h"
#include "cmd/tool/tool.h"
#include "env/schema.h"
#include "command/clone/clone.h"
#include "command/clone/list.h"
#include "sys/clock.h"
#include "wrap/json.h"

static const struct tool_option create_options[] = {
	{"expires", 0, "TIME", "end it after so long: 12h, 7d (3d)", false},
	{"http", 0, "PORT", "where it listens for HTTP (" CLONE_HTTP ")", false},
	{"https", 0, "PORT", "where it listens for HTTPS (" CLONE_HTTPS ")", false},
	{NULL, 0, NULL, NULL, false},
};

static const struct tool_option extend_options[] = {
	{"expires", 0, "TIME", "end it after so long from now: 12h, 7d (3d)", false},
	{NULL, 0, NULL, NULL, false},
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

static void print_clone(const struct json *j)
{
	long long expires = jv_number(jv_get(j, "expires"), 0);
	const char *revision = jv_get_text(j, "revision");
	char text[CLOCK_TEXT] = "-";

	if (expires)
		clock_text((time_t)expires, text);
	printf("%s\t%s\t%s\t%.12s\t%s\n", jv_get_text(j, "name"), jv_get_text(j, "state"), text, or_dash(revision),
	       or_dash(jv_get_text(j, "url")));
}

static int run_list(struct tool_call *call, struct error *e)
{
	CLEANUP(jv_freep) struct json *all = clone_list(call->root, e);
	CLEANUP(str_free) struct str text = {0};

	if (all == NULL)
		return -1;
	if (call->json) {
		jv_write(all, 1, &text);
		puts(str_get(&text));
		return 0;
	}
	for (size_t i = 0; i < jv_count(all); i++)
		print_clone(jv_at(all, i));
	return 0;
}

enum { CHANGING = TOOL_CHANGES | TOOL_LOCKS | TOOL_ROOT };

static const struct tool_verb verbs[] = {
	{"create", "[NAME]", 0, 1, "make one of the appliance as it is, beside it", create_options, CHANGING, run_create},
	{"list", NULL, 0, 0, "state, end, version and address of each", NULL, TOOL_JSON | TOOL_ROOT, run_list},
	{"start", "[NAME]", 0, 1, "bring one up again, after a boot", NULL, CHANGING, run_start},
	{"extend", "[NAME]", 0, 1, "let one end later", extend_options, CHANGING, run_extend},
	{"expire", "[NAME]", 0, 1, "end it if its time is over", NULL, CHANGING, run_expire},
	{"destroy", "[NAME]", 0, 1, "end it now", NULL, CHANGING, run_destroy},
	{NULL, NULL, 0, 0, NULL, NULL, 0, NULL},
};

static const struct tool tool = {"ecs-clone", "a copy of the appliance beside it, for trials", verbs};

int main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}
