/* SPDX-License-Identifier: MIT */
/* A tree of files in an order that is always the same: that of their paths, with "/" before all else. */
#ifndef SYS_TREE_H
#define SYS_TREE_H

#include <sys/stat.h>

#include "base/error.h"
#include "base/str.h"

struct tree_item {
	const char *path;      /* relative to the root of the walk */
	int dir;               /* descriptor of the folder it is in */
	const char *name;      /* its name there */
	const struct stat *st; /* of itself, no link followed */
};

/*
 * Calls FN for all beneath ROOT, a folder before what is in it, crossing mounts; not for the paths in
 * SKIP (or NULL) and what is beneath them. Ends with the first -1 that FN returns. What vanished since
 * its folder was read is left out. A tree that is too deep (sys/depth.h): 74.
 */
int tree_walk(const char *root, const struct strlist *skip,
	      int (*fn)(void *arg, const struct tree_item *item, struct error *e), void *arg,
	      struct error *e);

/* Compares two paths in that order: negative, 0 or positive. */
int tree_order(const char *a, const char *b);

#endif
