/* SPDX-License-Identifier: MIT */
#include "adapter/docker/ask.h"

#include <string.h>

enum { ASK_MS = 30000 };

/* Whether docker says that it could not reach its engine; what the engine itself says begins as a response. */
static bool is_unreachable(const char *err)
{
	return strstr(err, "Error response from daemon") == NULL &&
	       (strstr(err, "connect to ") || strstr(err, "during connect"));
}

int docker_ask(const struct strlist *argv, const char *missing, struct run_result *res, struct error *e)
{
	struct run r = {.argv = strlist_argv(argv), .timeout_ms = ASK_MS};

	if (run_command(&r, res, e) != 0)
		return -1;
	if (res->how == RUN_EXITED && res->code == 0)
		return 0;
	if (res->how == RUN_EXITED && missing && strstr(str_get(&res->err), missing))
		return 1;
	run_error(&r, res, EX_UNAVAILABLE, e);
	if (res->how == RUN_TIMED_OUT || (res->how == RUN_EXITED && is_unreachable(str_get(&res->err))))
		return error_context(e, "the engine does not answer");
	return -1;
}
