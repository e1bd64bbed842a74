/* SPDX-License-Identifier: MIT */
/* Who holds a file system: read from /proc, for messages and for "in use is not removed". */
#ifndef SYS_HOLDERS_H
#define SYS_HOLDERS_H

#include "base/error.h"
#include "base/str.h"

/*
 * Adds "NAME (pid N)" for each process that has its folder, its root, its program or an open file in
 * the file system that PATH lies in. Threads of the kernel and other mounts do not show.
 */
int holders_of(const char *path, struct strlist *who, struct error *e);

/*
 * Adds where DEVICE is mounted, in whatever namespace: its mount point, with " (pid N)" where this
 * process does not see it. SUBROOT is the folder of the file system (or one above it) that counts, "/"
 * any; what lies in the folder BUT (or NULL) does not. EXCEPT is a mount point of this process's own that does not count, or NULL; nor do copies of it in
 * the namespaces of services, which go when it goes.
 */
int holders_mounts(const char *device, const char *subroot, const char *but, const char *except,
		   struct strlist *where, struct error *e);

#endif
