/* SPDX-License-Identifier: MIT */
/*
 * Snapshots of the volumes: whole commands, and the steps that other flows put into their own tables
 * (migrate takes PRE_MIGRATE, clone takes CLONE, backup takes its own).
 */
#ifndef FLOW_SNAPSHOT_H
#define FLOW_SNAPSHOT_H

#include <stdbool.h>
#include <time.h>

#include "base/error.h"
#include "flow/flow.h"
#include "flow/guard.h"
#include "flow/volumes.h"

struct json;

/* --- for the tables of other flows ------------------------------------------------------------------- */

struct snapshot {
	char *root, *name;
	char *tool;      /* that the cron entry calls: "ecs-snapshot" */
	bool writable;
	time_t expires;  /* 0: never */
	struct volumes volumes; /* those that it concerns */
	struct guard_site site;   /* what is paused while two are taken */
	bool keep;       /* a revert keeps the present state until its commit */
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

/* As facts of a journal, and back. */
void snapshot_save(const struct snapshot *s, struct flow_facts *f);
int snapshot_load(const char *root, const struct flow_facts *f, struct snapshot *s, struct error *e);

/*
 * Before a flow begins; nothing is changed. Each volume is mounted, there is room (73), a former NAME
 * is not in use (1).
 */
int snapshot_check_create(const struct snapshot *s, struct error *e);

/* NAME_new on every volume at one instant; undo: away with them. */
int snapshot_take(struct snapshot *s, struct error *e);
int snapshot_untake(struct snapshot *s, struct error *e);

/* NAME becomes NAME_old, NAME_new becomes NAME; undo: the reverse. The cron entry follows. */
int snapshot_name(struct snapshot *s, struct error *e);
int snapshot_unname(struct snapshot *s, struct error *e);

/* Makes the one-time cron entry as the snapshots' own expiry says; no expiry, no entry. */
int snapshot_plan(struct snapshot *s, struct error *e);

/* Past the point of no return: NAME_old, and NAME, away. What fails is said and sets s->left. */
int snapshot_forget(struct snapshot *s, struct error *e);
int snapshot_drop(struct snapshot *s, struct error *e);

/*
 * Before a revert: nothing runs that has the volumes open (1), NAME is whole (74). Sets s->keep: where it
 * is false there is no room to keep the present state, and the revert cannot be taken back.
 */
int snapshot_check_revert(struct snapshot *s, struct error *e);

/* Unmounts the volumes; undo: mounts them. In use: 1, and names the holders. */
int snapshot_unmount(struct snapshot *s, struct error *e);
int snapshot_mount(struct snapshot *s, struct error *e);

/* NAME becomes the volumes, which are not mounted; undo: the present state again. */
int snapshot_swap(struct snapshot *s, struct error *e);
int snapshot_unswap(struct snapshot *s, struct error *e);

/* The commit: away with the state before. */
int snapshot_settle(struct snapshot *s, struct error *e);

/* --- whole commands ---------------------------------------------------------------------------------- */

/* All take an opened snapshot; DRY prints the steps to stdout and changes nothing. */
int snapshot_create(struct snapshot *s, bool dry, struct error *e);
int snapshot_remove(struct snapshot *s, bool dry, struct error *e);
int snapshot_revert(struct snapshot *s, bool dry, struct error *e);

/*
 * Removes what is past its time, on all volumes; what is not yet stays. In use: 1, tried again by cron.
 * Nothing of that name: the cron entry goes. NAME NULL: all that is due, and lost cron entries are
 * written again.
 */
int snapshot_expire(const char *root, const char *name, const char *volume, bool dry, struct error *e);

/* Mounts NAME of each volume at its stable place (volumes_place()), all or none; and unmounts it. */
int snapshot_show(struct snapshot *s, bool writable, struct error *e);
int snapshot_hide(struct snapshot *s, struct error *e);

/*
 * {"volumes": [{name, target, driver, mounted, total, free, metadata}], "snapshots": [{volume, name, driver,
 * created, age, expires, writable, state, diverged, left, mounted}]}: bytes, seconds, null for what is
 * unknown or does not apply; state is "whole" or "lost". The caller frees it. NULL on failure.
 */
struct json *snapshot_list(const char *root, const char *volume, struct error *e);

/* The kinds of this file, for flow/kinds.c. */
extern const struct flow snapshot_create_flow, snapshot_remove_flow, snapshot_revert_flow,
	snapshot_revert_final_flow;
void *snapshot_resume(const char *root, const struct flow_facts *facts, struct error *e);
void snapshot_close(void *s);

#endif
