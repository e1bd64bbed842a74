/* SPDX-License-Identifier: MIT */
/*
 * ecs-update: another revision of the application (seed: "update-ecs"). It is built while the old one serves; then the
 * new image is asked what is pending. With a migration: 503, stop, migrate, start, healthy, commit. Without: the new
 * containers start beside the old, become healthy, nginx takes them, the old ones drain and stop: no request fails.
 */
#ifndef COMMAND_UPDATE_UPDATE_H
#define COMMAND_UPDATE_UPDATE_H

#include <stdbool.h>

#include "base/error.h"
#include "command/update/change.h"
#include "flow/flow.h"
#include "command/update/target.h"

struct update {
	struct change c;
	struct target target;
	bool nothing; /* there is nothing to update */
};

void update_free(struct update *u); /* for CLEANUP too */

extern const struct flow update_flow;

/*
 * Looks before anything begins; changes nothing but what the source is known to have. TO NULL: as target_find() says.
 * U->c.asked.limit_s and may_migrate are the caller's. Refuses (65) a branch that was rewritten, a revision without
 * migrations that are applied, submodules; (66, 69, 78) what target_find() and change_open() refuse; (73) too little
 * space.
 */
int update_prepare(const char *root, const char *to, bool dry, struct update *u, struct error *e);

/*
 * The same for the revision that ran before (66: there is none). *MIGRATED: there was a migration in between, so that the way
 * back is command/update/revert.h's, and nothing else was looked at; 66 where its snapshot is gone.
 */
int update_prepare_rollback(const char *root, struct update *u, bool *migrated, struct error *e);

/* Does what was looked at. DRY prints the steps. */
int update_run(struct update *u, bool dry, struct error *e);

#endif
