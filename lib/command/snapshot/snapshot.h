/* SPDX-License-Identifier: MIT */
/* The commands of ecs-snapshot: what each does, whole. */
#ifndef COMMAND_SNAPSHOT_SNAPSHOT_H
#define COMMAND_SNAPSHOT_SNAPSHOT_H

#include <stdbool.h>

#include "base/error.h"
#include "flow/flow.h"
#include "appliance/volume/snapshot.h"

/* All take an opened snapshot; DRY prints the steps to stdout and changes nothing. */
int snapshot_create(struct snapshot *s, bool dry, struct error *e);
int snapshot_remove(struct snapshot *s, bool dry, struct error *e);
int snapshot_revert(struct snapshot *s, bool dry, struct error *e);

/*
 * Removes what is past its time, on all volumes; what is not yet stays. In use: 1, tried again by cron.
 * Nothing of that name: the cron entry goes. NAME NULL: all that is due, and lost cron entries are
 * written again. Those that a clone runs on are ended by ecs-clone.
 */
int snapshot_expire(const char *root, const char *name, const char *volume, bool dry, struct error *e);

/* Mounts NAME of each volume at its stable place (volumes_place()), all or none; and unmounts it. */
int snapshot_show(struct snapshot *s, bool writable, struct error *e);
int snapshot_hide(struct snapshot *s, struct error *e);

/* The kinds of this file, for command/flows.c. */
extern const struct flow snapshot_create_flow, snapshot_remove_flow, snapshot_revert_flow,
	snapshot_revert_final_flow;
void *snapshot_resume(const char *root, const struct flow_facts *facts, struct error *e);
void snapshot_delete(void *s);

#endif
