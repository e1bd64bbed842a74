/* SPDX-License-Identifier: MIT */
/*
 * What an env.yml may hold: keys that are names of variables, each once, of the types of
 * env/schema.h.
 */
#ifndef ENV_CHECK_H
#define ENV_CHECK_H

#include "base/error.h"
#include "base/str.h"

struct yv_node;

/*
 * Checks the document ROOT (NULL: an empty one) of the file FILE: its top level and our trees in
 * it; the rest is cloud-init's. The first fault sets 65 and "FILE:LINE:COLUMN: what"; what is only
 * odd is added to WARNINGS in the same form.
 */
int check_tree(const char *file, const struct yv_node *root, struct strlist *warnings,
	       struct error *e);

#endif
