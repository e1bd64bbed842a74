/* SPDX-License-Identifier: MIT */
/*
 * The active environment: what ROOT/run/ecs/env.yml (as found) and ROOT/run/ecs/env (flattened)
 * hold, both 0600, published only after the check. The last one that the appliance was healthy with
 * stays in ROOT/var/lib/ecs/env.yml.good, to start with when a new one is unusable.
 */
#ifndef ENV_PUBLISH_H
#define ENV_PUBLISH_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "env/env.h"

/* Which environment the machine starts with, and why. */
struct env_choice {
	struct env *env;
	const char *source; /* the source that won ("cidata"), or "good": the last good one */
	char *where;        /* its path, device or URL */
	char *fault;        /* "good": what is wrong with the new one, for people; else NULL */
};

/*
 * Looks for metadata, checks what it finds, and takes the last good environment where there is none
 * or it is unusable (FAULT then says why: print it loudly). Changes nothing. Neither: 66 nothing
 * was found, 69 a source that should answer did not, 78 what was found is unusable.
 */
int env_choose(const char *root, struct env_choice *choice, struct error *e);

/* Makes the choice the active environment. Can be run twice; each file is replaced whole. */
int env_publish(const char *root, const struct env_choice *choice, struct error *e);

/*
 * Records the choice as the last good one, where it is not: all that it asks for was done, and is healthy. One that asks
 * for standby is not recorded: a later broken env.yml would keep the site down.
 */
int env_record_good(const char *root, const struct env_choice *choice, struct error *e);

void env_choice_free(struct env_choice *choice); /* for CLEANUP too */

/*
 * Loads the active environment. None published yet, or not usable: 78. Its warnings were said when
 * it was published, and are not said again; but it warns where ROOT/app/env.yml was edited since.
 */
int env_active(const char *root, struct env **env, struct error *e);

#endif
