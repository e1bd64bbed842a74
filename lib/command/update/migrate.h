/* SPDX-License-Identifier: MIT */
/*
 * ecs-migrate: the database brought up to the application that runs (seed: "database-migrate"), what that left
 * behind ended early, or taken back.
 */
#ifndef COMMAND_UPDATE_MIGRATE_H
#define COMMAND_UPDATE_MIGRATE_H

#include <stdbool.h>

#include "base/error.h"
#include "command/update/change.h"
#include "flow/flow.h"

extern const struct flow migrate_flow;

/* Opens C for the revision that runs, and asks its image what is pending (C->found.pending). */
int migrate_prepare(const char *root, struct change *c, struct error *e);

/* Migrates what migrate_prepare() found; nothing pending: does nothing. DRY prints the steps. */
int migrate_run(struct change *c, bool dry, struct error *e);

#endif
