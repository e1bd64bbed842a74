/* SPDX-License-Identifier: MIT */
/* What may stand next on a command line, as the description has it: for the scripts of the shells (shells.h). */
#ifndef CMD_TOOL_COMPLETE_H
#define CMD_TOOL_COMPLETE_H

#include <stdio.h>

#include "cmd/tool/description.h"

/*
 * WORDS are those behind the tool's name, without quotes, up to the one that is being typed, which is the last and may be
 * empty; ends with NULL. Prints each word that can stand in its place, on a line, with a tabulator and what it does behind
 * it where that is known, or SHELLS_FILES. bash parts "--name=value" into three words. No lock, nothing is
 * written; what cannot be told prints nothing. stderr leads nowhere afterwards.
 */
void complete_print(const struct tool *tool, char **words, FILE *to);

#endif
