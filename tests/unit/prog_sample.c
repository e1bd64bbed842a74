/* SPDX-License-Identifier: MIT */
/*
 * Two tools for test_tool.c, told apart by their name: ecs-sample takes verbs, ecs-single has none. What
 * they do is named by their first operand.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/tool/tool.h"
#include "sys/signals.h"

static int print_call(const struct tool_call *call)
{
	const char *to = tool_value(call, "to"), *depth = tool_value(call, "depth");

	printf("verb=%s root=%s dry=%d json=%d locked=%d mode=%s to=%s depth=%s force=%d:", call->verb->name ? call->verb->name : "-",
	       *call->root ? call->root : "/", call->dry_run, call->json, call->lock_fd >= 0,
	       call->mode ? call->mode : "-", to ? to : "-", depth ? depth : "-",
	       tool_value(call, "force") != NULL);
	for (int i = 0; i < call->operands; i++)
		printf(" [%s]", call->operand[i]);
	puts(call->operand[call->operands] ? " not ended" : "");
	return 0;
}

/* Says that it is at work, and goes on when stdin tells or ends. */
static int hold(void)
{
	char c;

	puts("at work");
	fflush(stdout);
	return read(0, &c, 1) >= 0 ? 0 : EXIT_FAILED;
}

static int run(struct tool_call *call, struct error *e)
{
	const char *what = call->operands ? call->operand[0] : "";

	if (strcmp(what, "fail") == 0)
		return error_set(e, EXIT_FAILED, "volume '%s' is full", "x");
	if (strcmp(what, "misuse") == 0)
		return tool_misuse(e, "'%s' is no word", what);
	if (strcmp(what, "bug") == 0)
		return -1; /* without an error set */
	if (strcmp(what, "no") == 0)
		return EXIT_FAILED; /* a status without an error */
	if (strcmp(what, "hold") == 0)
		return hold();
	if (strcmp(what, "signal") == 0) {
		raise(SIGTERM);
		return signals_error(e);
	}
	if (strcmp(what, "say") == 0) {
		log_detail("detail");
		log_say("said");
		log_warn("warned");
	}
	for (int i = 0; strcmp(what, "flood") == 0 && i < 100000; i++)
		puts("a line of data");
	return print_call(call);
}

static const struct tool_option change_options[] = {
	{.name = "check", .letter = 'c', .help = "say whether there is something to do", .mode = TOOL_JOB},
	{.name = "list", .help = "list what there is", .mode = true},
	{.name = "to", .letter = 't', .arg = "REV", .help = "the revision to bring"},
	{.name = "depth", .arg = "[N]", .help = "how deep, all the way or N"},
	{.name = "force", .letter = 'f', .help = "do it all the same"},
	{.name = NULL},
};

static const struct tool_option other_options[] = {
	{.name = "tail", .letter = 't', .help = "what -t says elsewhere is another thing"},
	{.name = NULL},
};

static const struct tool_verb sample_verbs[] = {
	{.name = "change", .operands = "NAME [NAME]", .least = 1, .most = 2, .help = "change what NAME is",
	 .options = change_options, .flags = TOOL_CHANGES | TOOL_LOCKS | TOOL_ROOT, .run = run},
	{.name = "data", .operands = "[NAME]", .most = 1, .help = "print data", .flags = TOOL_JSON, .run = run},
	{.name = "plan", .help = "print a plan, or make it", .flags = TOOL_DRY | TOOL_CHANGES, .run = run},
	{.name = "exec", .operands = "CMD…", .least = 1, .most = -1, .help = "run a command",
	 .options = change_options, .run = run},
	{.name = "other", .operands = "[NAME]", .most = 1, .help = "do another thing",
	 .options = other_options, .run = run},
	{.run = NULL},
};
static const struct tool sample = {"ecs-sample", "a tool to try", sample_verbs};

static const struct tool_verb single_verbs[] = {
	{.operands = "[NAME]", .most = 1, .options = change_options,
	 .flags = TOOL_CHANGES | TOOL_LOCKS | TOOL_JSON, .run = run},
	{.run = NULL},
};
static const struct tool single = {"ecs-single", "a tool that its verb names", single_verbs};

int main(int argc, char **argv)
{
	return tool_main(strstr(argv[0], "ecs-single") ? &single : &sample, argc, argv);
}
