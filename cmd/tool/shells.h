/* SPDX-License-Identifier: MIT */
/*
 * Completion for the shells: each gets a script that asks the tool itself, as "TOOL --complete WORDS…" (complete.h), and
 * shows what it answers.
 */
#ifndef CMD_TOOL_SHELLS_H
#define CMD_TOOL_SHELLS_H

#include <stdbool.h>
#include <stdio.h>

#define SHELLS_NAMES "bash|zsh|fish"
#define SHELLS_ASK "--complete"    /* what the scripts ask by */
#define SHELLS_FILES ":files"      /* the answer that asks the shell for names of files */

bool shells_known(const char *shell);

/* Prints the script of SHELL, which is known, for the program TOOL. */
void shells_print(const char *shell, const char *tool, FILE *to);

#endif
