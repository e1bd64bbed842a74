/* SPDX-License-Identifier: MIT */
/* What lies in a volume, but is in no snapshot of it: other file systems that are mounted there, subvolumes of their own. */
#ifndef APPLIANCE_VOLUME_WHOLE_H
#define APPLIANCE_VOLUME_WHOLE_H

#include <stdbool.h>

#include "adapter/storage.h"
#include "base/error.h"

/* Refuses (78), naming all of it. V is mounted. */
int whole_check(const struct storage_volume *v, struct error *e);

/* Whether something else is mounted in the volume, which is in none of its snapshots. */
bool whole_has_mounts(const struct storage_volume *v);

/* The same as a warning: for a snapshot that stays on this machine, and is better than none. */
void whole_warn(const struct storage_volume *v);

#endif
