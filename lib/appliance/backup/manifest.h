/* SPDX-License-Identifier: MIT */
/*
 * The manifest of a backup: what it must hold, written last. It is written and read as a stream, however many files there
 * are; its form stands in appliance/backup/manifestfile.h.
 */
#ifndef APPLIANCE_BACKUP_MANIFEST_H
#define APPLIANCE_BACKUP_MANIFEST_H

#include <stddef.h>

#include "appliance/backup/manifestfile.h"
#include "base/error.h"
#include "base/str.h"

/* The parts of a backup, by their paths in it. */
#define BACKUP_VAULT "ecs-storage-vault"
#define BACKUP_DUMP "ecs-pgdump/ecs.pgdump.gz"
#define BACKUP_ENV "env.yml"
#define MANIFEST_NAME "manifest"
#define MANIFEST_SIGNATURE "manifest.sig"

/* The longest path in a backup: PATH_MAX, less the folder that it is restored to. */
enum { MANIFEST_PATH = 3840 };

/* What a manifest is written of. */
struct manifest_source {
	const char *tree;           /* the folder */
	const struct strlist *skip; /* paths to leave out */
	const char *last;           /* the manifest of an earlier state, or NULL */
};

/*
 * Writes the manifest of SOURCE as the file PATH (which may lie in the folder: it leaves itself and its signature out),
 * flushed. A file with the same path, size, inode and times as in the earlier manifest keeps its digest, unless it was changed
 * so shortly before that state that it could have been changed again within the same tick. A path longer than MANIFEST_PATH
 * fails (1).
 */
int manifest_write(const char *path, const struct manifest_head *head, const struct manifest_source *source,
		   struct manifest_totals *totals, struct error *e);

/* Reads the head, and the totals from the last line. Not whole, or none of ours: 65. */
int manifest_read(const char *path, struct manifest_head *head, struct manifest_totals *totals,
		  struct error *e);

/* What manifest_sample() takes: files of the folder PART, of at most MAX bytes each. */
struct manifest_sample {
	const char *part;
	long long max;
	size_t count; /* so many by chance, of all */
	size_t odd;   /* and so many of those whose name a backup program could stumble over: not UTF-8, escapes, very long */
};

/* Fills OUT, which has room for count + odd entries; the caller frees those FOUND. No file is taken twice. */
int manifest_sample(const char *path, const struct manifest_sample *s, struct manifest_entry *out, size_t *found,
		    struct error *e);

/* The entry of the file NAME; none: 66. The caller frees it. */
int manifest_find(const char *path, const char *name, struct manifest_entry *out, struct error *e);

#endif
