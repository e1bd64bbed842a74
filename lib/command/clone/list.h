/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_CLONE_LIST_H
#define COMMAND_CLONE_LIST_H

#include "base/error.h"

struct json;

/*
 * The clones of ROOT, in order of their names: an array of objects with name, revision, created, expires (null: its snapshots
 * are gone), url, root, healthy and containers (numbers, null where the engine does not answer) and state:
 *	serves    all of its containers are healthy
 *	stopped   none runs
 *	failing   some run
 *	lost      a snapshot of it is gone, or was full
 *	unknown   the engine does not answer, or its record cannot be read
 * The caller frees it.
 */
struct json *clone_list(const char *root, struct error *e);

#endif
