/* SPDX-License-Identifier: MIT */
/* What a description says of a tool: usage and help. */
#ifndef CMD_TOOL_USAGE_H
#define CMD_TOOL_USAGE_H

#include <stdio.h>

#include "cmd/tool/description.h"

/* One line for who mistyped: of VERB, or the verbs that there are where it is NULL. */
void usage_hint(const struct tool *tool, const struct tool_verb *verb, FILE *to);

/*
 * The synopsis ("usage: TOOL …"), then what it and its options do: of VERB alone where it is not NULL. At most
 * 80 columns wide.
 */
void usage_help(const struct tool *tool, const struct tool_verb *verb, FILE *to);

#endif
