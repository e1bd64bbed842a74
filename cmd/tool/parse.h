/* SPDX-License-Identifier: MIT */
/* The arguments of one call, taken apart and checked against the tool's description. */
#ifndef CMD_TOOL_PARSE_H
#define CMD_TOOL_PARSE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "cmd/tool/description.h"

struct parsed {
	const struct tool *tool;
	const struct tool_verb *verb; /* NULL only where parse_is_about() */
	const char *mode;             /* name of the mode option given, or NULL */
	bool help, version;
	const char *completion; /* the shell to print a completion for, or NULL */
	bool quiet, verbose, dry_run, json;
	const char *root;         /* as it was given, or NULL */
	const char *wait;         /* NULL: not given; "": forever; else as duration_read() has it */
	struct strlist operands;
	const char *value[TOOL_OPTIONS_MAX]; /* of the verb's own options, in their order */
};

/*
 * Reads ARGV (ends with NULL; the first is skipped) into P, which keeps pointers into it. What is misuse is
 * said by tool_misuse(). The caller frees P in any case.
 */
int parse_arguments(const struct tool *tool, char **argv, struct parsed *p, struct error *e);

/* Whether the call asks about the tool, and runs nothing. */
bool parse_is_about(const struct parsed *p);

void parse_free(struct parsed *p);

/* The seconds to wait for the lock, as lock_take() wants them: 0 not at all, negative forever. */
long parse_wait(const struct parsed *p);

#endif
