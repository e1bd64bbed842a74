/* SPDX-License-Identifier: MIT */
/*
 * The runs of restic that this machine started, as it recorded them in the driver's folder: a lock bears the name of a host
 * and the number of a process, and another machine may have the same name.
 */
#ifndef ADAPTER_BACKUP_RESTICOWN_H
#define ADAPTER_BACKUP_RESTICOWN_H

#include <stdbool.h>
#include <time.h>

#include "adapter/backup/driver.h"

/* Records that the process PID is ours. That it could not be is no error: then its lock is not known later. */
void resticown_note(const struct driver *g, int pid);

/* Whether a process PID on HOST that took a lock at WHEN was one of them. */
bool resticown_has(const struct driver *g, const char *host, long long pid, time_t when);

/* The name that this machine has now, as restic writes it into a lock; the caller frees it. NULL: it has none. */
char *resticown_host(void);

#endif
