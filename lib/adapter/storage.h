/* SPDX-License-Identifier: MIT */
/*
 * The one table that every storage driver fills (design: "Storage"). A volume has a name, a mount point
 * and a driver; which one is found by looking at the mount (appliance/volume/volumes.h).
 *
 * Every function that changes something looks first and can be called twice: after a power cut nobody
 * knows how far it got. A snapshot is named by its NAME alone; how VOLUME_NAME is written is the
 * driver's matter. Names with a dot are the drivers' own (VOLUME.next, VOLUME.before): no NAME has one.
 */
#ifndef ADAPTER_STORAGE_H
#define ADAPTER_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/error.h"
#include "base/str.h"

struct storage_driver;

struct storage_volume {
	char *name;    /* "ecs-database" */
	char *target;  /* its mount point, the root included */
	char *source;  /* its block device; NULL: a plain folder */
	char *listed;  /* the source as fstab writes it, or NULL: not listed there */
	char *file;    /* behind it, where it is a loop device, or NULL */
	int hold;      /* >0: keeps that loop device while nothing is mounted */
	char *type;    /* of the file system */
	char *options; /* to mount it with: fstab's, or those it is mounted with */
	char *state;   /* folder for what a driver must write down itself (NAME_SNAPSHOTS_DIR) */
	bool mounted;
	const struct storage_driver *driver; /* NULL: it takes no snapshots */

	/* The driver's own, set by claim(). */
	char *group; /* LVM: volume group */
	char *inner; /* LVM: logical volume; btrfs: path of the subvolume in its file system, "/x" or "/" */
	char *pool;  /* LVM thin: its pool */
};

void storage_volume_free(struct storage_volume *v);

struct storage_snapshot {
	char *name;
	time_t created;
	time_t expires;      /* 0: never */
	bool writable;
	bool broken;         /* it was full and lost its content (LVM classic) */
	bool partial;        /* a subvolume that lies in the volume is not in it (btrfs) */
	long long diverged;  /* bytes that the volume and it no longer share; -1: the driver cannot tell */
	long long left;      /* bytes that can still change before it or its pool is full; -1: unknown */
};

struct storage_list {
	struct storage_snapshot *item;
	size_t count;
};

/* A zeroed entry at the end of the list, which owns it. */
struct storage_snapshot *storage_list_add(struct storage_list *l);
const struct storage_snapshot *storage_list_find(const struct storage_list *l, const char *name);
void storage_list_free(struct storage_list *l);

/* What new snapshots and their growth are taken from: the pool, the group, the file system. */
struct storage_space {
	char *of;        /* "thin pool 'vg/pool'", for messages */
	long long total; /* bytes */
	long long free;  /* bytes */
	int metadata;    /* percent of metadata in use; -1 where there is no such thing */
};

void storage_space_free(struct storage_space *s);

/* What mount(8) needs to know. */
struct storage_place {
	char *source, *type, *options;
	char *otherwise; /* options to try where those fail (a journal that cannot be replayed), or NULL */
};

void storage_place_free(struct storage_place *p);

struct storage_driver {
	const char *name; /* "lvm-thin", "lvm", "btrfs" */

	/* 1: serves this volume, and its own fields are set; 0: does not; -1: could not find out. */
	int (*claim)(struct storage_volume *v, struct error *e);

	int (*list)(const struct storage_volume *v, struct storage_list *l, struct error *e);
	int (*space)(const struct storage_volume *v, struct storage_space *s, struct error *e);

	/*
	 * Bytes of the volume that are in memory only, of which list() and space() do not know: they will take room. NULL where
	 * those two count them.
	 */
	long long (*unwritten)(const struct storage_volume *v);

	/*
	 * Adds what lies in the volume, which is mounted, but is in no snapshot of it: paths relative to its top. NULL: there is no
	 * such thing.
	 */
	int (*outside)(const struct storage_volume *v, struct strlist *paths, struct error *e);

	/* Warns of a setting of this machine with which a power cut could cost the volume. NULL: there is no such thing. */
	void (*advise)(const struct storage_volume *v);

	/* Whether there is room for one more snapshot, OTHERS of the same source being taken too: 73. */
	int (*room)(const struct storage_volume *v, size_t others, struct error *e);

	/* NAME already exists: 73. EXPIRES 0: never. */
	int (*create)(const struct storage_volume *v, const char *name, bool writable, time_t expires,
		      struct error *e);
	int (*rename)(const struct storage_volume *v, const char *from, const char *to, struct error *e);
	int (*remove)(const struct storage_volume *v, const char *name, struct error *e); /* gone: 0 */
	int (*expire)(const struct storage_volume *v, const char *name, time_t expires, struct error *e);

	/* Makes it ready to be mounted and says how. WRITABLE, but the snapshot is read-only: 64. */
	int (*open)(const struct storage_volume *v, const char *name, bool writable,
		    struct storage_place *p, struct error *e);
	/* After it was unmounted. */
	int (*close)(const struct storage_volume *v, const char *name, struct error *e);

	/* The device and the folder of its file system that stand in a table of mounts for NAME. */
	void (*seen_as)(const struct storage_volume *v, const char *name, char **device, char **subroot);

	/*
	 * Keeps the file system active in the kernel while the volume is unmounted only to be exchanged: data of it that is
	 * still in memory, and may be thrown away soon, is then not written first. Returns a descriptor that does this, for
	 * the caller to close, or -1: everything works without it, too. NULL where it cannot be done.
	 */
	int (*hold)(const struct storage_volume *v);

	/*
	 * Revert, with the volume unmounted. revert_check() changes nothing: 1 the present state can be
	 * kept until the commit, 0 it cannot (no room), -1 there is no way. KEEP is its answer.
	 */
	int (*revert_check)(const struct storage_volume *v, const char *name, struct error *e);
	int (*revert)(const struct storage_volume *v, const char *name, bool keep, struct error *e);
	int (*revert_undo)(const struct storage_volume *v, const char *name, struct error *e);
	int (*revert_commit)(const struct storage_volume *v, const char *name, struct error *e);
	/* After revert_undo(): removes what was live until then. NULL: nothing is left of it. */
	int (*revert_clear)(const struct storage_volume *v, struct error *e);

	/*
	 * What revert_commit() or revert_clear() could not remove gets a name of its own, *AS (the caller frees it; NULL: there is
	 * nothing), so that it is in the way of no later revert. remove_aside() tries again; gone: 0.
	 */
	int (*set_aside)(const struct storage_volume *v, char **as, struct error *e);
	int (*remove_aside)(const struct storage_volume *v, const char *as, struct error *e);

	/* How the volume itself is mounted now: a revert may have changed it. */
	int (*home)(const struct storage_volume *v, struct storage_place *p, struct error *e);
};

#endif
