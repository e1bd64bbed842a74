/* SPDX-License-Identifier: MIT */
/*
 * Back to what PRE_MIGRATE holds: the database and the version that ran on it, as one. What was written since is lost,
 * so it is counted and told first. The present state is kept until the commit.
 */
#ifndef COMMAND_UPDATE_REVERT_H
#define COMMAND_UPDATE_REVERT_H

#include <stdbool.h>

#include "base/error.h"
#include "appliance/database/activity.h"
#include "command/update/change.h"
#include "flow/flow.h"

extern const struct flow revert_flow;

/*
 * Looks, and fills C and what would be lost; changes nothing. 66: there is no snapshot. The caller frees C with
 * change_free() and LOST with activity_losses_free() in any case.
 */
int revert_prepare(const char *root, struct change *c, struct activity_losses *lost, struct error *e);

/* Tells by log_say() what is lost. */
void revert_say(const struct change *c, const struct activity_losses *lost);

/* Does it. DRY prints the steps. */
int revert_run(struct change *c, bool dry, struct error *e);

#endif
