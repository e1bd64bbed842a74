/* SPDX-License-Identifier: MIT */
/* The deepest tree of folders that we walk: each level takes a descriptor and a piece of the stack. */
#ifndef SYS_DEPTH_H
#define SYS_DEPTH_H

#include "base/error.h"

enum { DEPTH_MAX = 4000 };

/*
 * To be called with each LEVEL of a walk. Lets this process open as many files as the kernel allows it (the hard limit of
 * RLIMIT_NOFILE) where a tree is deep. More than DEPTH_MAX: 74, with the beginning of PATH.
 */
int depth_check(int level, const char *path, struct error *e);

#endif
