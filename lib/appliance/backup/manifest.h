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

/*
 * Writes the manifest of the folder SOURCE as the file PATH (which may lie in SOURCE: it leaves itself and
 * its signature out), flushed. SKIP are paths to leave out. LAST is the manifest of an earlier
 * state, or NULL: a file with the same path, size, inode and times as there keeps its digest, unless it
 * was changed so shortly before that state that it could have been changed again within the same tick. A longer path than MANIFEST_PATH fails (1).
 */
int manifest_write(const char *path, const struct manifest_head *head, const char *source,
		   const struct strlist *skip, const char *last, struct manifest_totals *totals,
		   struct error *e);

/* Reads the head, and the totals from the last line. Not whole, or none of ours: 65. */
int manifest_read(const char *path, struct manifest_head *head, struct manifest_totals *totals,
		  struct error *e);

/* Up to COUNT files of the folder PART, of at most MAX bytes each, taken by chance. */
int manifest_sample(const char *path, const char *part, size_t count, long long max,
		    struct manifest_entry *out, size_t *found, struct error *e);

/* The entry of the file NAME; none: 66. The caller frees it. */
int manifest_find(const char *path, const char *name, struct manifest_entry *out, struct error *e);

#endif
