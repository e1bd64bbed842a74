/* SPDX-License-Identifier: MIT */
/* Reads one file of a file system that is not mounted. */
#ifndef SYS_DEVICE_H
#define SYS_DEVICE_H

#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

/*
 * Mounts DEVICE of type TYPE read-only, without devices and programs, in a child with a mount
 * namespace of its own, so that nothing stays mounted however the child ends; appends the file PATH
 * (relative) to OUT. Returns 1, or 0 where there is no such file. Not mountable, or more than MAX
 * bytes: -1.
 */
int device_read_file(const char *device, const char *type, const char *path, size_t max, struct str *out,
	      struct error *e);

#endif
