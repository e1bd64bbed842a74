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

/* What the caller asks for: names of revisions, or NULL. */
struct target_asked {
	const char *from, *to;
	bool fetch; /* the source is asked even where TO is named, and known here */
};

/*
 * Finds what is ASKED for in the checkout of ROOT. A branch of the source comes before what the checkout itself calls so.
 * No FROM: what runs. No TO: env.yml's commit (ecs.git.commitid), else the tip of its branch (ecs.git.branch), else of
 * the branch that runs or is checked out. ENV may be NULL.
 * A checkout without a source has its own branches only. Where env.yml names another source (ecs.git.source), the checkout
 * follows it, if it holds FROM; else 78. 66: no such checkout, revision or branch; 69: the source
 * does not answer.
 */
int target_find(const char *root, const struct env *env, const struct target_asked *asked, struct target *t,
		struct error *e);
void target_free(struct target *t); /* for CLEANUP too */

#endif
