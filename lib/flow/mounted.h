/* SPDX-License-Identifier: MIT */
/* The volumes of data, mounted. */
#ifndef FLOW_MOUNTED_H
#define FLOW_MOUNTED_H

#include <stddef.h>

#include "base/error.h"

/*
 * What fstab names beneath /data must be mounted (78): else its folder looks like a machine that never had data.
 * Adds their number to *COUNT (or NULL).
 */
int mounted_check(const char *root, size_t *count, struct error *e);

#endif
