/* SPDX-License-Identifier: MIT */
/* A tree of files that is thrown away as a whole, whatever somebody did in it to keep it. */
#ifndef SYS_DISCARD_H
#define SYS_DISCARD_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Removes PATH and all beneath it, however deep, following no link. What must not be changed (chattr +i, +a) loses that
 * flag; with SUBVOLUMES the subvolumes of btrfs in it go too, read-only ones as well. A mount point or another file system
 * stays, with the folders above it; everything else goes all the same, and the call fails (74) with the first reason. A
 * signal ends it (128 + n). A missing PATH is no error.
 */
int discard_tree(const char *path, bool subvolumes, struct error *e);

/* The same of NAME in the folder DIR, which is open; PATH stands in messages. */
int discard_at(int dir, const char *name, const char *path, bool subvolumes, struct error *e);

#endif
