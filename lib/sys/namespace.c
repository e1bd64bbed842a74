/* SPDX-License-Identifier: MIT */
#include "sys/namespace.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>

#include "base/log.h"

int namespace_enter(struct error *e)
{
	if (unshare(CLONE_NEWNS) != 0)
		return error_errno(e, errno == EPERM ? EX_NOPERM : EX_OSERR, "cannot make a mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0)
		return error_errno(e, EX_OSERR, "cannot make the mounts private");
	return 0;
}

void namespace_drop(const char *path)
{
	while (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
	if (errno != EINVAL && errno != ENOENT)
		log_detail("cannot detach '%s': %s", path, strerror(errno));
}
