/* SPDX-License-Identifier: MIT */
/*
 * Loop devices. One that mount(8) made is gone with its last user: whoever unmounts it and still needs
 * it keeps it open.
 */
#ifndef SYS_LOOP_H
#define SYS_LOOP_H

#include "base/error.h"

/* The file behind DEVICE, or NULL where it is no loop device; the caller frees it. */
char *loop_file(const char *device);

/*
 * The loop device of FILE, the one it has or a new one, which is gone with its last user. Returns a
 * descriptor that keeps it; *DEVICE is its path, freed by the caller.
 */
int loop_attach(const char *file, char **device, struct error *e);

#endif
