/* SPDX-License-Identifier: MIT */
#include "adapter/release.h"

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/run.h"

int release_start(const char *root, struct error *e)
{
	CLEANUP(mem_freep) char *tool = path_root(root, NAME_CURRENT "/sbin/ecs-start");
	const char *const argv[] = {tool, "--root", root, NULL};
	/* a start that is told to end walks back first */
	const struct run r = {.argv = argv, .line = log_detail_line, .grace_ms = 60000};
	CLEANUP(run_free) struct run_result res = {0};

	return run_check(&r, 0, &res, e);
}
