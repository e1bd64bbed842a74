/* SPDX-License-Identifier: MIT */
/*
 * The locks that a killed restic leaves in its repository. They bear host and process. restic itself removes one whose process
 * is dead on a host of the same name as this, or that is older than half an hour. Two machines may have one name: we let
 * it do so only where each such process was ours (adapter/backup/resticown.h).
 */
#ifndef ADAPTER_BACKUP_RESTICLOCKS_H
#define ADAPTER_BACKUP_RESTICLOCKS_H

#include "adapter/backup/driver.h"

/*
 * Removes the locks whose owner is proven dead, and says whose they were. The lock of a living process, or of one that this
 * machine did not start, stays, and so do the others beside it that restic does not remove by itself. The target does not
 * answer: 69.
 */
int resticlocks_remove_dead(const struct driver *g, struct error *e);

#endif
