/* SPDX-License-Identifier: MIT */
#include "cmd/rollback.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/tool/duration.h"
#include "command/update/revert.h"

enum { LIMIT_MAX = 1000000 }; /* seconds: as milliseconds PostgreSQL takes them too */

int rollback_limit(const struct tool_call *call, long *seconds, struct error *e)
{
	const char *limit = tool_value(call, "limit");
	long long value = 0;

	if (limit && duration_read_option("--limit", limit, LIMIT_MAX, &value, e) != 0)
		return -1;
	*seconds = (long)value;
	return 0;
}

/* The whole word: a stray key loses nothing. */
static int ask(struct error *e)
{
	char answer[16] = "";

	fprintf(stderr, "Go back and lose that? Type 'yes': ");
	if (fgets(answer, sizeof answer, stdin) && strcmp(answer, "yes\n") == 0)
		return 0;
	return error_set(e, EXIT_FAILED, "nothing was changed");
}

int rollback_revert(const struct tool_call *call, struct error *e)
{
	CLEANUP(change_free) struct change c = {0};
	CLEANUP(activity_losses_free) struct activity_losses lost = {0};

	if (revert_prepare(call->root, &c, &lost, e) != 0)
		return -1;
	revert_say(&c, &lost);
	if (!call->dry_run && tool_value(call, "lose-writes") == NULL) {
		if (!isatty(0) || !isatty(2))
			return error_set(e, EX_USAGE, "this would lose what was written since: give '--lose-writes'");
		if (ask(e) != 0)
			return -1;
	}
	return revert_run(&c, call->dry_run, e);
}
