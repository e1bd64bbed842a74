/* SPDX-License-Identifier: MIT */
#include "cmd/tool/commons.h"

#include <stddef.h>

#include "cmd/tool/shells.h"

const struct common commons[] = {
	{TOOL_LOCKS | TOOL_DRY,
	 {.name = "dry-run", .letter = 'n', .help = "print the steps it would take, and change nothing"}},
	{0, {.name = "quiet", .letter = 'q', .help = "print only errors and warnings"}},
	{0, {.name = "verbose", .letter = 'v', .help = "print each step, and how long it took"}},
	{TOOL_JSON, {.name = "json", .help = "print the data as JSON"}},
	{0, {.name = "root", .arg = "DIR", .help = "use DIR as the root of every built-in path"}},
	{TOOL_LOCKS,
	 {.name = "wait", .arg = "[TIME]", .help = "wait for the other command to end, forever or up to TIME: 90, 30m, 12h"}},
	{0, {.name = "help", .letter = 'h', .help = "print this"}},
	{0, {.name = "version", .help = "print the version"}},
	/* for the shell, not for people: without a line in --help */
	{0, {.name = "completion", .arg = SHELLS_NAMES}},
	{0, {.name = NULL}},
};

bool common_fits(const struct common *c, const struct tool_verb *v)
{
	return c->flag == 0 || (v->flags & c->flag);
}

bool common_fits_any(const struct common *c, const struct tool *tool)
{
	for (const struct tool_verb *v = tool->verbs; v->run; v++)
		if (common_fits(c, v))
			return true;
	return false;
}
