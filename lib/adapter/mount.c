/* SPDX-License-Identifier: MIT */
#include "adapter/mount.h"

#include <string.h>

#include "base/str.h"
#include "sys/run.h"

/* The reason is mount's first line; what stands behind it sends the reader elsewhere. */
static int run(const char *const *argv, const char *const *env, struct run_result *res, struct error *e)
{
	struct run r = {.argv = argv, .env = env};

	if (run_command(&r, res, e) != 0)
		return -1;
	if (res->how == RUN_EXITED && res->code == 0)
		return 0;
	if (res->err.len) {
		res->err.len = strcspn(res->err.data, "\n");
		res->err.data[res->err.len] = '\0';
	}
	return run_error(&r, res, 0, e);
}

int mount_mount_with(const char *const *env, const char *source, const char *type, const char *options,
		      const char *target, struct error *e)
{
	const char *const argv[] = {"mount", "-t", type, "-o", options, source, target, NULL};
	CLEANUP(run_free) struct run_result res = {0};

	if (run(argv, env, &res, e) == 0)
		return 0;
	if (strstr(str_get(&res.err), "busy"))
		e->code = EX_TEMPFAIL;
	return -1;
}

int mount_mount(const char *source, const char *type, const char *options, const char *target,
		 struct error *e)
{
	return mount_mount_with(NULL, source, type, options, target, e);
}

int mount_unmount(const char *target, struct error *e)
{
	const char *const argv[] = {"umount", target, NULL};
	CLEANUP(run_free) struct run_result res = {0};

	return run(argv, NULL, &res, e);
}
