/* SPDX-License-Identifier: MIT */
/*
 * Snapshots of the volumes: the steps that flows put into their tables. Those of ecs-snapshot stand in
 * command/snapshot/snapshot.h; migrate takes PRE_MIGRATE, clone takes CLONE, backup takes its own.
 */
#ifndef APPLIANCE_VOLUME_SNAPSHOT_H
#define APPLIANCE_VOLUME_SNAPSHOT_H

#include <stdbool.h>
#include <time.h>

#include "base/error.h"
#include "flow/flow.h"
#include "appliance/pause.h"
#include "appliance/volume/reserved.h"
#include "appliance/volume/volumes.h"

struct snapshot {
	char *root, *name;
	bool writable;
	time_t expires;  /* 0: never */
	struct volumes volumes; /* those that it concerns */
	struct pause_site site;   /* what is paused while two are taken */
	bool keep;       /* a revert keeps the present state until its commit */
	int *held;       /* storage_driver.hold of volumes that were unmounted */
	size_t holds;
	bool crowded;    /* NAME_new or NAME_old is there, of a run that could not remove it */
	bool left;       /* something could not be removed: said, and tried again by cron */
	long long paused_ms; /* out: how long the pause was; 0: there was none */
};

void snapshot_free(struct snapshot *s);

/*
 * Finds the volumes: VOLUME, or where it is NULL both (create) or all that hold NAME (the others; none
 * is 66). NAME that is no NAME, or ends in what a flow uses itself (_new, _old), is misuse.
 */
int snapshot_open(const char *root, const char *name, const char *volume, bool create,
		  struct snapshot *s, struct error *e);

/* Each of its volumes, as V. */
#define SNAPSHOT_EACH(s, v) \
	for (const struct storage_volume *v = (s)->volumes.item; v < (s)->volumes.item + (s)->volumes.count; v++)

/* The words of a command: a NAME that is none, or to CREATE and ours, and a VOLUME that is none are misuse. */
int snapshot_check_words(const char *name, const char *volume, bool create, struct error *e);

/* Leaves those of its volumes for which WANTED says 1; 0: it goes; -1: error. */
int snapshot_keep(struct snapshot *s,
		  int (*wanted)(const struct snapshot *s, const struct storage_volume *v, struct error *e),
		  struct error *e);

/* Leaves those of its volumes that hold its name. */
int snapshot_keep_holders(struct snapshot *s, struct error *e);

/* NAME of V may be removed: nobody but ourselves has it mounted, and nobody uses that; else 1. */
int snapshot_check_unused(const struct snapshot *s, const struct storage_volume *v, const char *name, struct error *e);

/* Whether a clone of that name runs on the snapshots: they end with it. */
bool snapshot_is_clones(const struct snapshot *s);

/* The earliest expiry of NAME on any of the volumes; 0: none. */
int snapshot_due(const struct volumes *vs, const char *name, time_t *due, struct error *e);

/* As facts of a journal, and back. */
void snapshot_save(const struct snapshot *s, struct flow_facts *f);
int snapshot_load(const char *root, const struct flow_facts *f, struct snapshot *s, struct error *e);

/*
 * Before a flow begins; nothing is changed. Each volume is mounted, there is room (73), a former NAME
 * is not in use (1).
 */
int snapshot_check_create(struct snapshot *s, struct error *e);

/*
 * Steps of flows; CTX is a struct snapshot.
 *
 * NAME_new on every volume at one instant; undo: away with them.
 */
int snapshot_take(void *ctx, struct error *e);
int snapshot_untake(void *ctx, struct error *e);

/* NAME becomes NAME_old, NAME_new becomes NAME; undo: the reverse. The cron entry follows. */
int snapshot_name(void *ctx, struct error *e);
int snapshot_unname(void *ctx, struct error *e);

/*
 * Makes the one-time cron entry as the snapshots' own expiry says; no expiry, no entry. It calls ecs-snapshot, or
 * ecs-clone where a clone runs on them.
 */
int snapshot_plan(void *ctx, struct error *e);

/* The same as the last step of a flow, where it is no reason to fail: 0, and what went wrong is said. */
int snapshot_replan(void *ctx, struct error *e);

/* Past the point of no return: NAME_old, and NAME, away. What fails is said and sets s->left. */
int snapshot_forget(void *ctx, struct error *e);
int snapshot_drop(void *ctx, struct error *e);

/*
 * Before a revert: nothing runs that has the volumes open (1), NAME is whole (74). Sets s->keep: where it
 * is false there is no room to keep the present state, and the revert cannot be taken back.
 */
int snapshot_check_revert(struct snapshot *s, struct error *e);

/* Unmounts the volumes; undo: mounts them. In use: 1, and names the holders. */
int snapshot_unmount(void *ctx, struct error *e);
int snapshot_mount(void *ctx, struct error *e);

/* NAME becomes the volumes, which are not mounted; undo: the present state again. */
int snapshot_swap(void *ctx, struct error *e);
int snapshot_unswap(void *ctx, struct error *e);

/*
 * The commit: away with the state before. What cannot be removed is set aside (appliance/leftovers.h): -1 only where a signal came.
 */
int snapshot_settle(void *ctx, struct error *e);

#endif
