/* SPDX-License-Identifier: MIT */
/* The names that there are now, for the shells' completion: quiet, without a lock, and nothing is written. */
#ifndef CMD_TOOL_COMPLETE_H
#define CMD_TOOL_COMPLETE_H

#include "cmd/tool/description.h"

/* The word that a completion script asks by ("--complete snapshots"); NULL for TOOL_ANY. */
const char *complete_word(enum tool_values kind);

/*
 * Prints each name that WHAT asks for, beneath ROOT (as it was given; NULL: the machine's), on a line of stdout. What
 * cannot be told, and a WHAT that is unknown, print nothing. stderr leads nowhere afterwards.
 */
void complete_print(const char *what, const char *root);

#endif
