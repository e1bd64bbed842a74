/* SPDX-License-Identifier: MIT */
/*
 * Where the backups are, as the environment says (appliance.backup): the driver with its target, the file
 * system that has to be mounted for it, the key. One at a time: the caller holds the backup lock.
 */
#ifndef APPLIANCE_BACKUP_REPOSITORY_H
#define APPLIANCE_BACKUP_REPOSITORY_H

#include <stdbool.h>

#include "adapter/backup/driver.h"
#include "adapter/backup/gpg.h"
#include "base/error.h"
#include "env/env.h"

struct repository {
	struct driver driver;
	struct gpg key;    /* duplicity; home is NULL with restic */
	char *shown;       /* the target for people: without a password */
	char *id;          /* digest of the target, to know it again */
	bool readable;     /* what is stored can be read back here: the private key is there */
};

enum repository_use {
	REPOSITORY_READ,  /* backups are read: an expired key will do */
	REPOSITORY_COUNT, /* they are only listed: any key will do */
	REPOSITORY_WRITE, /* one is made: the key must be able to encrypt, and a target that was never used is made ready */
	REPOSITORY_LOOK   /* as if one were made, and nothing is changed */
};

/*
 * Opens the repository at FROM (NULL: at appliance.backup.url). From here on the process has mounts of its own
 * (sys/namespace.h), among them what appliance.backup.mount names. What the environment lacks or has wrong: 78; what
 * does not answer: 69.
 */
int repository_open(const char *root, const struct env *env, const char *from, enum repository_use use,
		    struct repository *d, struct error *e);
void repository_free(struct repository *d); /* for CLEANUP too */

/* The lock of all that uses a repository; returns its descriptor, as lock_take(). */
int repository_lock(const char *root, const char *tool, long wait, struct error *e);

#endif
