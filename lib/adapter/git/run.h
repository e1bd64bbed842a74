/* SPDX-License-Identifier: MIT */
/*
 * How the modules of this folder run git: with an environment, a configuration and modes of its own. What the
 * repository's own configuration would have git run on this machine, git does not run: it need not belong to root.
 */
#ifndef ADAPTER_GIT_RUN_H
#define ADAPTER_GIT_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

enum { GIT_LOCAL_MS = 5 * 60000, GIT_NETWORK_MS = 60 * 60000 };

/* One run: `git -C DIR ARGS…`. */
struct git_run {
	const char *dir;
	const char *const *args; /* ends with NULL */
	const char *index;       /* an index of its own, or NULL: the checkout's */
	const struct str *input; /* for its stdin, or NULL */
	const char *credentials; /* a file of git-credential-store(1), or NULL; a missing one is none */
	bool tree;               /* it writes files of the checkout or looks at them: at DIR, whatever core.worktree says */
	long timeout_ms;
	int code;                /* of the error where it ends with another status than 0 */
};

/* Status 0, or an error. Its output is added to OUT (or NULL) as it is. */
int git_run(const struct git_run *r, struct str *out, struct error *e);

/* A question: status 0 is YES, 1 is the opposite, all else 74. */
int git_ask(const struct git_run *r, int yes, struct error *e);

/* The next of the texts in S that end with a 0 each, from *AT on; NULL behind the last. */
const char *git_next_text(const struct str *s, size_t *at);

#endif
