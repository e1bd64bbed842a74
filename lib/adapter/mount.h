/* SPDX-License-Identifier: MIT */
/* util-linux: mount(8), umount(8). */
#ifndef ADAPTER_MOUNT_H
#define ADAPTER_MOUNT_H

#include "base/error.h"

/*
 * Mounts SOURCE (as in fstab: a device, LABEL=…, a file with the option loop) at TARGET. A device that another
 * program holds exclusively, as LVM does at the end of a merge: 75.
 */
int mount_mount(const char *source, const char *type, const char *options, const char *target,
		 struct error *e);

/*
 * The same, with further variables NAME=value for the program that knows TYPE: mount.cifs(8) takes the password from
 * PASSWD.
 */
int mount_mount_with(const char *const *env, const char *source, const char *type, const char *options,
		      const char *target, struct error *e);

/* Unmounts TARGET. In use: exit status 1, and nothing changed. */
int mount_unmount(const char *target, struct error *e);

#endif
