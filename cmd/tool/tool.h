/* SPDX-License-Identifier: MIT */
/*
 * The one shape of all tools: a description, and a run function for each verb. Parsing, --help,
 * --version, completion, exit codes, metrics, the audit line and the locks come from here.
 *
 * A tool's SYNOPSIS in its manual page equals what --help prints first; both follow the description.
 */
#ifndef CMD_TOOL_TOOL_H
#define CMD_TOOL_TOOL_H

#include "base/error.h"
#include "base/str.h"
#include "cmd/tool/description.h"
#include "cmd/tool/misuse.h"

/* The value of the verb's own option: NULL where it was not given, "" where it has none. */
const char *tool_value(const struct tool_call *call, const char *name);

/*
 * Takes the appliance lock into CALL->lock_fd and resolves an unfinished flow: for a run function that does
 * something else first. The run function may close it early.
 */
int tool_lock(struct tool_call *call, struct error *e);

/* What --wait says, as lock_take() wants it. */
long tool_wait(const struct tool_call *call);

/* Whole main(): parses, checks, runs, prints the error, writes the metrics. */
int tool_main(const struct tool *tool, int argc, char **argv);

#endif
