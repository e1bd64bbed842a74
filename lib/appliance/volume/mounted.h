/* SPDX-License-Identifier: MIT */
/* The volumes of data, mounted. */
#ifndef APPLIANCE_VOLUME_MOUNTED_H
#define APPLIANCE_VOLUME_MOUNTED_H

#include <stddef.h>

#include "base/error.h"

/*
 * What fstab names beneath /data must be mounted (78): else its folder looks like a machine that never had data.
 * Adds their number to *COUNT (or NULL).
 */
int volumes_check_mounted(const char *root, size_t *count, struct error *e);

#endif
