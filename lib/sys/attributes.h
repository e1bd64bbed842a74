/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes that belong to a file's meaning: user.*, access lists, capabilities (xattr(7)). As text they are
 * "NAME=HEX,NAME=HEX", sorted, with all but letters, digits, ".", "-" and "_" of a name as %XX. Labels of SELinux and what
 * file systems keep for themselves are left alone.
 */
#ifndef SYS_ATTRIBUTES_H
#define SYS_ATTRIBUTES_H

#include "base/error.h"
#include "sys/tree.h"

/* Those of ITEM as text, which the caller frees; NULL without an error: none. -1 on failure. */
int attributes_read(const struct tree_item *item, char **text, struct error *e);

/* Sets the attributes in TEXT (or NULL: none) on ITEM, except capabilities, and removes all others of these kinds. */
int attributes_write(const struct tree_item *item, const char *text, struct error *e);

/* Takes the capabilities (capabilities(7)) of the file ITEM away: 1, or 0 where it has none; -1 on failure. */
int attributes_remove_capability(const struct tree_item *item, struct error *e);

/* Removes the capabilities from TEXT (or NULL), in place. */
void attributes_drop_capability(char *text);

#endif
