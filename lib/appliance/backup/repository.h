/* SPDX-License-Identifier: MIT */
/*
 * Where the backups are, as the environment says (appliance.backup): the engine with its target, the file
 * system that has to be mounted for it, the key. One at a time: the caller holds the backup lock.
 */
#ifndef APPLIANCE_BACKUP_REPOSITORY_H
#define APPLIANCE_BACKUP_REPOSITORY_H

#include <stdbool.h>

#include "adapter/backup/driver.h"
#include "adapter/backup/gpg.h"
#include "base/error.h"
#include "env/env.h"

struct depot {
	struct engine engine;
	struct gpg key;    /* duplicity; home is NULL with restic */
	char *shown;       /* the target for people: without a password */
	char *id;          /* digest of the target, to know it again */
	bool readable;     /* what is stored can be read back here: the private key is there */
};

/* What is recorded of the last good backup (NAME_BACKUP_LAST), to compare the next one with. */
struct depot_last {
	time_t when;       /* the instant it is of; 0: there was none */
	char *target;      /* depot id */
	char *shown;
	char *engine;
	char *point;       /* what the engine calls it */
	long long files, bytes, rows, dump; /* dump: its bytes */
	long long read_back; /* files that were read back and compared */
	long long pause_ms, ms;
};

/*
 * Opens the depot at FROM (NULL: at appliance.backup.url). WRITE: a backup is to be made, so the key must be
 * able to encrypt, and a target that was never used is made ready; else an expired key will do. From here on
 * the process has mounts of its own (sys/namespace.h), among them what appliance.backup.mount names. What the
 * environment lacks or has wrong: 78; what does not answer: 69.
 */
int depot_open(const char *root, const struct env *env, const char *from, bool write, struct depot *d,
	       struct error *e);
void depot_close(struct depot *d); /* for CLEANUP too */

/* The last record; where there is none, or it cannot be read, WHEN is 0. */
void depot_last_read(const char *root, struct depot_last *last);
int depot_last_write(const char *root, const struct depot_last *last, struct error *e);
void depot_last_free(struct depot_last *last);

/* The lock of all that uses a depot; returns its descriptor, as lock_take(). */
int depot_lock(const char *root, const char *tool, long wait, struct error *e);

#endif
