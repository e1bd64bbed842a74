/* SPDX-License-Identifier: MIT */
/*
 * The file of a manifest, entry by entry: what appliance/backup/manifest.c and appliance/backup/verify.c write and read it with.
 * Its form stands in appliance/backup/manifest.h.
 */
#ifndef APPLIANCE_BACKUP_MANIFESTFILE_H
#define APPLIANCE_BACKUP_MANIFESTFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "base/str.h"
#include "appliance/backup/manifest.h"
#include "sys/tree.h"
#include "wrap/digest.h"

/* Adds the lines that a manifest begins with, and those of an entry. */
void manifest_format_head(const struct manifest_head *h, struct str *out);
void manifest_format(const struct manifest_entry *m, struct str *out);

/* Adds NAME as it stands in comments and reports: escaped. */
void manifest_format_name(struct str *out, const char *name);

/* A manifest that is read; free it with manifest_reader_free(), opened or not. */
struct manifest_reader {
	FILE *file;
	const char *name; /* for messages */
	char *line;       /* the last one, without its newline */
	size_t cap;
	long number;
	bool ended;       /* the last line of a whole manifest was read */
	struct manifest_totals totals; /* once it was */
	struct manifest_head head;
};

/* Opens PATH (which must live as long) and reads the head. None of ours, or damaged: 65. */
int manifest_reader_open(struct manifest_reader *r, const char *path, struct error *e);

/* The next entry: 1, or 0 behind the last one of a whole manifest; damaged: 65. The caller frees it. */
int manifest_reader_next(struct manifest_reader *r, struct manifest_entry *m, struct error *e);
void manifest_reader_free(struct manifest_reader *r); /* for CLEANUP too */

/* The entry of ITEM of a tree, all but its digest; its type is 0 where it is not recorded. The caller frees it. */
int manifest_look(const struct tree_item *item, struct manifest_entry *m, struct error *e);

/* The type of MODE in a manifest; 0: not recorded. */
char manifest_type(mode_t mode);

/* The SHA-256 and size of the file ITEM of a tree. */
int manifest_digest_item(const struct tree_item *item, char digest[DIGEST_TEXT], long long *size, struct error *e);

/* PATH relative to the folder PART (NULL: itself), or NULL where it does not lie in it. */
const char *manifest_inside(const char *path, const char *part);

#endif
