/* SPDX-License-Identifier: MIT */
/*
 * Mounts of this process and its children alone: they end with the last of these processes, however
 * that ends, so nothing that a killed run mounted stays behind.
 */
#ifndef SYS_NAMESPACE_H
#define SYS_NAMESPACE_H

#include "base/error.h"

/*
 * From here on nobody else sees what this process mounts or unmounts. What others mount and unmount is
 * still seen here, where the machine's mounts are shared (systemd makes them so). For root only: 77.
 */
int namespace_enter(struct error *e);

/*
 * Lets go of the mount at PATH here, so that it can be unmounted outside while this process works on. Not
 * mounted: nothing.
 */
void namespace_drop(const char *path);

#endif
