/* SPDX-License-Identifier: MIT */
#ifndef ADAPTER_BTRFS_NESTED_H
#define ADAPTER_BTRFS_NESTED_H

#include "adapter/storage.h"
#include "base/error.h"

/* storage_driver.outside: the subvolumes in V, which is mounted, but those that are our snapshots. */
int btrfs_nested(const struct storage_volume *v, struct strlist *paths, struct error *e);

#endif
