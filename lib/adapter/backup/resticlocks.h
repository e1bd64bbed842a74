/* SPDX-License-Identifier: MIT */
/*
 * The locks that a killed restic leaves in its repository. They bear host and process. restic itself removes one whose
 * process is dead on a host of the same name as this, or that is older than half an hour; we also know the names that
 * this machine had before.
 */
#ifndef ADAPTER_BACKUP_RESTICLOCKS_H
#define ADAPTER_BACKUP_RESTICLOCKS_H

#include "adapter/backup/driver.h"

/* Remembers the name of this machine in the driver's folder, for a time when it has another. */
void resticlocks_note_host(const struct driver *g);

/*
 * Removes the locks whose owner is proven dead, and says whose they were. One of a living process, or of a machine that
 * never was this one, stays, and so do the others with it that restic does not let go of by itself. 69 where the target
 * does not answer.
 */
int resticlocks_remove_dead(const struct driver *g, struct error *e);

#endif
