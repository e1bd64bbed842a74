/* SPDX-License-Identifier: MIT */
/* What a description says of a tool: usage, help, completion. */
#ifndef CMD_TOOL_USAGE_H
#define CMD_TOOL_USAGE_H

#include <stdio.h>

#include "cmd/tool/description.h"

/* "usage: TOOL …", one line a verb (of VERB alone where it is not NULL). */
void usage_synopsis(const struct tool *tool, const struct tool_verb *verb, FILE *to);

/* The synopsis of all verbs, then what each and its options do. */
void usage_help(const struct tool *tool, const struct tool_verb *verb, FILE *to);

/* A bash completion function for the tool (bash(1), "Programmable Completion"). */
void usage_completion(const struct tool *tool, FILE *to);

#endif
