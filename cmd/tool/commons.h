/* SPDX-License-Identifier: MIT */
/* The options that every tool has, or every tool with a flag. */
#ifndef CMD_TOOL_COMMONS_H
#define CMD_TOOL_COMMONS_H

#include <stdbool.h>

#include "cmd/tool/description.h"

struct common {
	unsigned flag; /* TOOL_…, one of them is enough; 0: all */
	struct tool_option option;
};

/* In the order of --help; ends with an entry whose name is NULL. */
extern const struct common commons[];

bool common_fits(const struct common *c, const struct tool_verb *v);

/* Whether it fits one of the tool's verbs. */
bool common_fits_any(const struct common *c, const struct tool *tool);

#endif
