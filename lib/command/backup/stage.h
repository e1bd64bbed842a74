/* SPDX-License-Identifier: MIT */
/* What both halves of command/backup/backup.h share: the snapshot, and the folder where the parts are laid side by side. */
#ifndef COMMAND_BACKUP_STAGE_H
#define COMMAND_BACKUP_STAGE_H

#include <stdbool.h>

#include "appliance/appliance.h"
#include "appliance/backup/chain.h"
#include "appliance/backup/lastbackup.h"
#include "appliance/backup/manifest.h"
#include "appliance/backup/repository.h"
#include "appliance/database/dump.h"
#include "appliance/volume/snapshot.h"
#include "appliance/volume/volumes.h"
#include "base/error.h"

#define BACKUP_SNAPSHOT SNAPSHOT_BACKUP

struct backup {
	/* asked */
	const char *root;
	const struct env *env; /* the caller's */
	bool accept_shrink;
	bool adopt; /* the backups at the target become this machine's */
	bool look;  /* nothing is to be changed */

	/* found by backup_open() */
	struct appliance a;
	struct repository repository;
	struct lastbackup last; /* what this one is compared with */
	struct chain chain;
	struct volumes volumes;
	char *stage;
	char *newest; /* the repository's last backup before this one, or NULL */
	long long began;

	/* made */
	struct dump dump;
	struct manifest_head head;
	struct manifest_totals totals;
	struct lastbackup now;
	bool stored; /* it is recorded: what fails from here on fails beside it */
};

void backup_free(struct backup *b);

/* The volume of the vault, which belongs to B. */
const struct storage_volume *backup_files(const struct backup *b);

/* The path of NAME at NAME_STAGE; the caller frees it. */
char *backup_staged(const struct backup *b, const char *name);

/* Removes the folder. Nothing of it is mounted: mounts of a run end with it. */
int backup_remove_stage(const struct backup *b, struct error *e);

/* Removes the snapshot, if it is there; in use: 1. */
int backup_remove_snapshot(const struct backup *b, struct error *e);

#endif
