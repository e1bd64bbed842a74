/* SPDX-License-Identifier: MIT */
/* The names that there are now, for completion. */
#ifndef CMD_TOOL_VALUES_H
#define CMD_TOOL_VALUES_H

#include "base/str.h"
#include "cmd/tool/description.h"

/*
 * Adds the names of KIND beneath ROOT (as it was given; NULL: the machine's), sorted. Takes no lock, writes nothing, and
 * mounts nothing; what cannot be told, and a name with anything in it that a shell could take otherwise, is left out.
 */
void values_add(enum tool_values kind, const char *root, struct strlist *names);

#endif
