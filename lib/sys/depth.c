/* SPDX-License-Identifier: MIT */
#include "sys/depth.h"

#include <sys/resource.h>

enum { USUAL = 200 }; /* levels for which the limit that every process begins with is enough */

static void raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max)
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files); /* without it the next open() fails, and says so */
}

int depth_check(int level, const char *path, struct error *e)
{
	if (level == USUAL)
		raise_files();
	if (level <= DEPTH_MAX)
		return 0;
	return error_set(e, EX_IOERR, "folders in '%.80s…' are nested more than %d deep", path, DEPTH_MAX);
}
