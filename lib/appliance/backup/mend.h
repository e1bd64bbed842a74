/* SPDX-License-Identifier: MIT */
/* What a manifest says of an entry beside its content, set on the entry that was restored. */
#ifndef APPLIANCE_BACKUP_MEND_H
#define APPLIANCE_BACKUP_MEND_H

#include <stddef.h>

#include "appliance/backup/entry.h"
#include "base/error.h"
#include "sys/tree.h"

/* Sets target, owner, mode, attributes and time of ITEM, which looks like GOT, as WANT has them. */
int mend_entry(const struct tree_item *item, const struct manifest_entry *want, const struct manifest_entry *got,
	       struct error *e);

/* Sets the time of the folder ITEM: after all that is in it was mended. */
int mend_folder_time(const struct tree_item *item, const struct manifest_entry *want, struct error *e);

/* The first names of files that have several. */
struct mend_links {
	struct mend_link *item;
	size_t count, room;
};

void mend_links_free(struct mend_links *l);

/*
 * Makes the file ITEM of the folder TREE, which WANT says has several names, a name of the first one that was seen of
 * the same inode; both have the same content. Returns 1 where it was not yet, 0 where it is; -1 on failure.
 */
int mend_link(struct mend_links *l, const char *tree, const struct tree_item *item, const struct manifest_entry *want,
	      struct error *e);

#endif
