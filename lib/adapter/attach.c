/* SPDX-License-Identifier: MIT */
#include "adapter/attach.h"

#include "base/str.h"
#include "sys/run.h"

static int run(const char *const *argv, const char *const *env, struct run_result *res, struct error *e)
{
	struct run r = {.argv = argv, .env = env};

	return run_check(&r, 0, res, e);
}

int attach_mount_with(const char *const *env, const char *source, const char *type, const char *options,
		      const char *target, struct error *e)
{
	const char *const argv[] = {"mount", "-t", type, "-o", options, source, target, NULL};
	CLEANUP(run_free) struct run_result res = {0};

	return run(argv, env, &res, e);
}

int attach_mount(const char *source, const char *type, const char *options, const char *target,
		 struct error *e)
{
	return attach_mount_with(NULL, source, type, options, target, e);
}

int attach_unmount(const char *target, struct error *e)
{
	const char *const argv[] = {"umount", target, NULL};
	CLEANUP(run_free) struct run_result res = {0};

	return run(argv, NULL, &res, e);
}
