/* SPDX-License-Identifier: MIT */
/* An env.yml made out of another one, with some keys changed. */
#ifndef ENV_DERIVE_H
#define ENV_DERIVE_H

#include "base/error.h"
#include "base/str.h"
#include "env/env.h"

struct env_change {
	const char *key;   /* "appliance.ports.http", or of a whole map: "appliance.backup"; NULL ends a list */
	const char *value; /* NULL: the key, and all beneath it, is left out */
};

/*
 * Appends the trees 'appliance' and 'ecs' of ENV with CHANGES as an env.yml. What is not ours (users, keys of ssh) is left
 * out. Its values are in JSON, which is also YAML.
 */
int env_derive(const struct env *env, const struct env_change *changes, struct str *out, struct error *e);

#endif
