/* SPDX-License-Identifier: MIT */
/* When snapshots expire, which btrfs has no place for: /var/lib/ecs/snapshots/NAME, a line "VOLUME EPOCH" each. */
#ifndef ADAPTER_BTRFS_EXPIRY_H
#define ADAPTER_BTRFS_EXPIRY_H

#include <time.h>

#include "adapter/storage.h"
#include "base/error.h"

/* 0 is never. The last of a file takes the file with it. */
int btrfs_get_expiry(const struct storage_volume *v, const char *name, time_t *expires, struct error *e);
int btrfs_put_expiry(const struct storage_volume *v, const char *name, time_t expires, struct error *e);

#endif
