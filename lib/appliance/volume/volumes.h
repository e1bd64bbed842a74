/* SPDX-License-Identifier: MIT */
/*
 * Which volumes this machine has, and by which driver: ecs-files at /data/ecs-storage-vault (or the
 * older appliance's /data/ecs-files), ecs-database at /data/ecs-postgres (or /data/postgres-ecs).
 */
#ifndef APPLIANCE_VOLUME_VOLUMES_H
#define APPLIANCE_VOLUME_VOLUMES_H

#include "adapter/storage.h"
#include "base/error.h"

#define VOLUME_FILES "ecs-files"
#define VOLUME_DATABASE "ecs-database"

/* The volumes that a machine may have: each one's name, its mount point, and the one that the older appliance gave it. */
enum { VOLUMES_FILES, VOLUMES_DATABASE, VOLUMES_KNOWN };

struct volumes_known {
	const char *name, *target, *seed;
};

extern const struct volumes_known volumes_known[VOLUMES_KNOWN];

struct volumes {
	struct storage_volume *item;
	size_t count;
	bool clone; /* of a clone: snapshots already, of which none are taken */
};

/* What is known of the volume NAME; NULL: there is none of that name. */
const struct volumes_known *volumes_know(const char *name);

/* The folder beneath ROOT that the volume WHICH has: its mount point, or where that is missing the older one's. The caller frees it. */
char *volumes_folder(const char *root, size_t which);

/*
 * What fstab names beneath /data must be mounted (78): else its folder looks like a machine that never had data.
 * Adds their number to *COUNT (or NULL).
 */
int volumes_check_mounted(const char *root, size_t *count, struct error *e);

/*
 * Finds the volumes beneath ROOT: mounted, listed in fstab, or a plain folder (driver NULL), in this
 * order for each. ONLY names one, NULL all. A volume of which there is no trace is left out. Changes
 * nothing but for a file of fstab with the option loop, which gets its loop device.
 */
int volumes_find(const char *root, const char *only, struct volumes *vs, struct error *e);
void volumes_free(struct volumes *vs);

/* The volume NAME, or NULL. */
struct storage_volume *volumes_get(const struct volumes *vs, const char *name);

/*
 * Fails unless the volume NAME is there (66), takes snapshots (78, naming 'ecs-disk apply --loop'),
 * and is mounted (66).
 */
int volumes_check(const struct volumes *vs, const char *name, struct error *e);

/* Writes what its file system has in memory: what is written before a pause is not written in it. */
void volumes_flush(const struct storage_volume *v);

/* Whether the volume is mounted now. */
int volumes_mounted(const struct storage_volume *v, bool *mounted, struct error *e);

/* Mounts the volume as fstab, or what was mounted before, says; nothing where it is mounted. */
int volumes_mount(const struct storage_volume *v, struct error *e);

/* Unmounts it where it is mounted. In use, for 5 seconds on end: 1, and the message names the holders. */
int volumes_unmount(const struct storage_volume *v, struct error *e);

/* All that is needed to work on them after a power cut, as one line of JSON; the caller frees it. */
char *volumes_save(const struct volumes *vs);

/* The reverse. What may have a new name since (a loop device) is looked up again. */
int volumes_load(const char *root, const char *text, struct volumes *vs, struct error *e);

/* Where a snapshot is mounted: ROOT/run/ecs/snapshots/VOLUME_NAME; the caller frees it. */
char *volumes_place(const char *root, const struct storage_volume *v, const char *name);

/* Mounts the snapshot NAME at PATH (made where missing); nothing where it is mounted. */
int volumes_mount_snapshot(const struct storage_volume *v, const char *name, bool writable,
			   const char *path, struct error *e);

/* Unmounts it and lets its device go; nothing where it is not mounted. In use, for 5 seconds on end: 1, names the holders. */
int volumes_unmount_snapshot(const struct storage_volume *v, const char *name, const char *path,
			     struct error *e);

/*
 * Fails (1) when the snapshot NAME is in use: mounted anywhere but at PATH, or held open there. PATH
 * may be NULL.
 */
int volumes_check_unused(const struct storage_volume *v, const char *name, const char *path,
			 struct error *e);

#endif
