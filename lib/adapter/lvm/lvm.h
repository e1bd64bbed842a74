/* SPDX-License-Identifier: MIT */
/*
 * LVM by its programs. A snapshot of the logical volume LV is LV_NAME beside it; its expiry is the tag
 * ecs.expires=EPOCH. Programs that change something are not killed with the tool: one that is stopped
 * half-way leaves a device suspended.
 */
#ifndef ADAPTER_LVM_LVM_H
#define ADAPTER_LVM_LVM_H

#include "adapter/storage.h"
#include "base/error.h"

extern const struct storage_driver lvm_thin_driver, lvm_driver;

/*
 * The size of a classic snapshot of a volume of SIZE bytes where FREE bytes are left, in whole extents:
 * a fifth of the volume, half of what is free at most; -1 when that is less than a fiftieth.
 */
long long lvm_snapshot_size(long long size, long long free, long long extent);

#endif
