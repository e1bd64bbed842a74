/* SPDX-License-Identifier: MIT */
/*
 * The reverts of adapter/btrfs/btrfs.h, as adapter/storage.h has them: the live subvolume is exchanged for a writable copy of
 * the snapshot; where the top level is live, which cannot be exchanged, the copy becomes the default subvolume.
 */
#ifndef ADAPTER_BTRFS_REVERT_H
#define ADAPTER_BTRFS_REVERT_H

#include <stdbool.h>

#include "adapter/storage.h"
#include "base/error.h"

int btrfs_revert_check(const struct storage_volume *v, const char *name, struct error *e);
int btrfs_revert(const struct storage_volume *v, const char *name, bool keep, struct error *e);
int btrfs_revert_undo(const struct storage_volume *v, const char *name, struct error *e);
int btrfs_revert_commit(const struct storage_volume *v, const char *name, struct error *e);
int btrfs_revert_clear(const struct storage_volume *v, struct error *e);
int btrfs_set_aside(const struct storage_volume *v, char **as, struct error *e);
int btrfs_remove_aside(const struct storage_volume *v, const char *as, struct error *e);

#endif
