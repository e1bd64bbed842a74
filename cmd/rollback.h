/* SPDX-License-Identifier: MIT */
/* What ecs-migrate and ecs-update have in common: the time limit, and the way back that loses what was written. */
#ifndef CMD_ROLLBACK_H
#define CMD_ROLLBACK_H

#include "base/error.h"
#include "cmd/tool/tool.h"

/* The value of --limit in seconds, 0 where it was not given; misuse if it is not a valid number. */
int rollback_limit(const struct tool_call *call, long *seconds, struct error *e);

/*
 * Back to PRE_MIGRATE. Tells what would be lost; goes where the option --lose-writes was given, or a person at the
 * terminal says yes. Neither: 64.
 */
int rollback_revert(const struct tool_call *call, struct error *e);

#endif
