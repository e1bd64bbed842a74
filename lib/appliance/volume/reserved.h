/* SPDX-License-Identifier: MIT */
/* The names of snapshots, and of the cron entries that end them, which a tool keeps for itself. */
#ifndef APPLIANCE_VOLUME_RESERVED_H
#define APPLIANCE_VOLUME_RESERVED_H

#include <stdbool.h>

#include "base/error.h"

#define SNAPSHOT_MIGRATE "PRE_MIGRATE"
#define SNAPSHOT_BACKUP "BACKUP"
#define SNAPSHOT_CLONE "CLONE"
#define SNAPSHOT_RESTORE "RESTORE" /* no snapshot: the cron entry that ends the state before a restore is called so */

/* For who makes a snapshot: a NAME that another tool than TOOL keeps for itself is misuse. */
int reserved_check_free(const char *name, const char *tool, struct error *e);

/* For who removes a snapshot: a NAME that another tool alone removes is misuse. */
int reserved_check_ownerless(const char *name, struct error *e);

/* Whether the cron entry of that name is another tool's too: no snapshot's end is planned there. */
bool reserved_has_cron(const char *name);

#endif
