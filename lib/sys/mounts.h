/* SPDX-License-Identifier: MIT */
/* What is mounted (/proc/self/mountinfo) and what should be (fstab(5)). */
#ifndef SYS_MOUNTS_H
#define SYS_MOUNTS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

struct mounts_entry {
	char *source;  /* device or what stands in its place */
	char *target;  /* mount point */
	char *type;    /* file system type */
	char *options; /* comma separated: per mount, then per super block; an fstab line's own */
	char *subroot; /* the folder of the file system that is mounted, "/" for all of it; NULL from fstab */
	char *peers;   /* "shared:1 master:2": what is unmounted elsewhere with it; NULL from fstab */
};

struct mounts_table {
	struct mounts_entry *entry;
	size_t count;
};

/* The mounts of this process, in order (a later one covers an earlier one at the same place). */
int mounts_read(struct mounts_table *t, struct error *e);

/* The mounts that the process PID sees; one that has ended, or has none, adds nothing. */
int mounts_read_of(long pid, struct mounts_table *t, struct error *e);

/* The entries of PATH in fstab(5) form that have a mount point; a missing file has none. */
int mounts_read_fstab(const char *path, struct mounts_table *t, struct error *e);

void mounts_free(struct mounts_table *t);

/* PATH with all links followed, as the table of mounts has it; unchanged where it does not exist. The caller frees it. */
char *mounts_resolve(const char *path);

/* The last entry mounted exactly at TARGET (an absolute path, in which there may be links), or NULL. */
const struct mounts_entry *mounts_at(const struct mounts_table *t, const char *target);

/* Whether OPTIONS (comma separated) hold NAME, with or without "=value". */
bool mounts_option(const char *options, const char *name);

#endif
