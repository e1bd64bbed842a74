/* SPDX-License-Identifier: MIT */
/*
 * Restoring from a backup, ours or the older appliance's: beside what is live, verified, then swapped.
 *
 * The files are fetched into the folder NAME_RESTORE_FOLDER of the vault itself, so that the swap is a few
 * renames: "new" there is what was fetched, "old" the state before. The dump is loaded into the database
 * NAME_new and renamed in one transaction; the one before stays as NAME_before. Until the last step all is
 * walked back, after a power cut too. The state before stays until it is committed.
 */
#ifndef COMMAND_RESTORE_RESTORE_H
#define COMMAND_RESTORE_RESTORE_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/error.h"
#include "appliance/appliance.h"
#include "appliance/backup/fetch.h"
#include "flow/flow.h"

struct restore {
	struct fetched fetched; /* asked: its root, from, time, files, database */

	/* found */
	const struct env *env; /* the caller's */
	struct appliance a;
	struct strlist application; /* ids of the application's containers that run */

	bool left; /* a commit could not remove all of the state before */
};

extern const struct flow restore_flow, restore_commit_flow;

/*
 * Looks at all that can be looked at before anything is touched: the key, the target, the point in time, the
 * manifest and its signature, room, PostgreSQL's version, that no earlier restore waits for its commit. The caller
 * holds the backup lock; R->fetched has what is asked. Enters mounts of its own. Frees R with restore_free() in any case.
 */
int restore_open(struct restore *r, const struct env *env, struct error *e);
void restore_free(struct restore *r);

/* Does it; the caller holds the appliance lock. Afterwards the application is to be started. */
int restore_run(struct restore *r, struct error *e);

/* Says what was restored, from when, and what of it could not be checked. */
void restore_say(const struct restore *r);

/* Removes the state before a restore; none is no error. The caller holds the appliance lock. */
int restore_commit(const char *root, const struct env *env, struct error *e);

/* For command/flows.c. */
void *restore_resume(const char *root, const struct flow_facts *facts, struct error *e);
void restore_delete(void *ctx);

#endif
