/* SPDX-License-Identifier: MIT */
/* One file, folder, link or pipe of a tree, as a manifest records it. */
#ifndef APPLIANCE_BACKUP_ENTRY_H
#define APPLIANCE_BACKUP_ENTRY_H

#include <sys/types.h>
#include <time.h>

#include "base/error.h"
#include "sys/tree.h"
#include "wrap/digest.h"

struct manifest_entry {
	char type; /* f d l p */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct timespec mtime, ctime;
	long long size;
	unsigned long long inode;
	unsigned long long links; /* names of the file; 0: not recorded, as attributes are not then */
	char digest[DIGEST_TEXT];
	char *path, *target, *attributes; /* owned; the last two may be NULL */
};

void manifest_entry_free(struct manifest_entry *m);

/* The entry of ITEM of a tree, all but its digest; its type is 0 where it is not recorded. The caller frees it. */
int manifest_look(const struct tree_item *item, struct manifest_entry *m, struct error *e);

/* The type of MODE in a manifest; 0: not recorded. */
char manifest_type(mode_t mode);

/* The SHA-256 and size of the file ITEM of a tree. */
int manifest_digest_item(const struct tree_item *item, char digest[DIGEST_TEXT], long long *size,
			 struct error *e);

/* The SHA-256 and size of the file PATH. */
int manifest_digest(const char *path, char digest[DIGEST_TEXT], long long *size, struct error *e);

#endif
