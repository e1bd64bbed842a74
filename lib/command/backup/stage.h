/* SPDX-License-Identifier: MIT */
/* What both halves of command/backup/backup.h share: the snapshot, and the folder where the parts are laid side by side. */
#ifndef COMMAND_BACKUP_STAGE_H
#define COMMAND_BACKUP_STAGE_H

#include "command/backup/backup.h"

#define BACKUP_SNAPSHOT "BACKUP"

/* The volume of the vault, which belongs to B. */
const struct storage_volume *backup_files(const struct backup *b);

/* The path of NAME at NAME_STAGE; the caller frees it. */
char *backup_staged(const struct backup *b, const char *name);

/* Removes the folder. Nothing of it is mounted: mounts of a run end with it. */
int backup_remove_stage(const struct backup *b, struct error *e);

/* Removes the snapshot, if it is there; in use: 1. */
int backup_remove_snapshot(const struct backup *b, struct error *e);

#endif
