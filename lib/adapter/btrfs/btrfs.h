/* SPDX-License-Identifier: MIT */
/*
 * btrfs by the kernel's own calls (linux/btrfs.h), through a mount of the top level that stands in no
 * table of mounts and is gone with its descriptor. Snapshots are subvolumes
 * "/.ecs-snapshots/VOLUME_NAME". What is live is the subvolume that is mounted; where that is the top level
 * itself, which cannot be exchanged, a revert makes another one the default subvolume.
 */
#ifndef ADAPTER_BTRFS_BTRFS_H
#define ADAPTER_BTRFS_BTRFS_H

#include "adapter/storage.h"

extern const struct storage_driver btrfs_driver;

#endif
