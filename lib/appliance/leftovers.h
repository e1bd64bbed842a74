/* SPDX-License-Identifier: MIT */
/*
 * What a step that only tidies up could not remove. Such a step lies behind the point of no return: it must not keep the
 * appliance down, nor any tool from working. What is in its way (something mounted or open there, a subvolume that
 * somebody made) is set aside under a name of its own, recorded in NAME_LEFTOVERS, told by ecs-status, and tried
 * again by ecs-start, and hourly by the first command that takes the lock.
 */
#ifndef APPLIANCE_LEFTOVERS_H
#define APPLIANCE_LEFTOVERS_H

#include <stdbool.h>

#include "adapter/storage.h"
#include "appliance/leftoverfile.h"
#include "base/error.h"
#include "base/str.h"

/* Removes the tree PATH as discard_tree() does, its subvolumes too; what stays is set aside beside it. */
void leftovers_discard(const char *root, const char *path);

/* The same of NAME in the folder DIR, which is open; PATH is where it is. */
void leftovers_discard_at(const char *root, int dir, const char *name, const char *path);

/* Sets aside what a revert of the volume V left and could not remove, because of WHY. */
void leftovers_set_aside(const char *root, const struct storage_volume *v, const struct error *why);

/* Removes the containers IDS: 0, or -1 where the engine does not answer. */
int leftovers_remove_containers(const char *root, const struct strlist *ids, struct error *e);

/*
 * Tries again to remove what was recorded and was not tried within the last hour, or all (EVERY); the caller holds the
 * appliance lock, and no flow is unfinished. Each try ends after 20 s, all of them after a minute, or when a signal comes. Only
 * when all volumes are mounted: what cannot be seen is not gone.
 */
void leftovers_retry(const char *root, bool every);

#endif
