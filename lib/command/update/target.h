/* SPDX-License-Identifier: MIT */
/* From which revision of the application an update goes, and to which one. */
#ifndef COMMAND_UPDATE_TARGET_H
#define COMMAND_UPDATE_TARGET_H

#include <stdbool.h>

#include "base/error.h"
#include "env/env.h"

struct target {
	const char *root; /* the caller's */
	char *dir;    /* the checkout */
	char *from;   /* commit that runs, as recorded; else what is checked out */
	char *to;     /* commit to go to */
	char *branch; /* the branch that TO is the tip of; "" where it was named otherwise */
	bool named;   /* the caller named TO */
};

enum target_fetch {
	TARGET_FETCH_IF_NEEDED, /* the source is asked where TO is not named, or not known here */
	TARGET_FETCH_ALWAYS
};

/*
 * Finds both in the checkout of ROOT; FROM and TO are names of revisions, or NULL. A branch of the source comes
 * before what the checkout itself calls so. TO NULL: env.yml's commit (ecs.git.commitid), else the tip of its
 * branch (ecs.git.branch), else of the branch that runs or is checked out. ENV may be NULL.
 * A checkout without a source has its own branches only. Where env.yml names another source (ecs.git.source), the checkout
 * follows it, if it holds FROM; else 78. 66: no such checkout, revision or branch; 69: the source
 * does not answer.
 */
int target_find(const char *root, const struct env *env, const char *from, const char *to,
		enum target_fetch fetch, struct target *t, struct error *e);
void target_free(struct target *t); /* for CLEANUP too */

#endif
