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
 * Adds the mount points of DEVICE in all namespaces, with " (pid N)" where this process does not see one.
 *	SUBROOT  counts only mounts of this folder of the file system, or of one in it; "/" counts all
 *	BUT      leaves out mounts of what is in this folder, or NULL
 *	EXCEPT   leaves out this mount point of our own, or NULL, and its copies in the namespaces of services: they
 *	         end with it
 */
int holders_mounts(const char *device, const char *subroot, const char *but, const char *except,
		   struct strlist *where, struct error *e);

#endif
