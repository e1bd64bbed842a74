/* SPDX-License-Identifier: MIT */
#include "command/update/target.h"

#include <stdlib.h>
#include <string.h>

#include "adapter/git/git.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "appliance/state.h"

/* The commit of NAME as the source calls it; NULL where it does not. HEAD is the checkout's own. */
static char *remote(const char *dir, const char *name)
{
	CLEANUP(mem_freep) char *ref = mem_format("refs/remotes/origin/%s", name);
	struct error ignored = {0};

	return str_begins(name, "HEAD") ? NULL : git_commit(dir, ref, &ignored);
}

static int find_from(struct target *t, const struct state *state, const char *from, struct error *e)
{
	if (from == NULL)
		from = state->revision ? state->revision : "HEAD";
	t->from = git_commit(t->dir, from, e);
	if (t->from == NULL)
		t->from = remote(t->dir, from);
	return t->from ? 0 : -1;
}

/* What is wanted where nobody named it; *BRANCH tells that it is a branch. Freed by the caller. */
static char *wanted(const struct target *t, const struct env *env, const struct state *state, bool *branch,
		    struct error *e)
{
	char *name;

	*branch = true;
	if (env && env_given(env, "ecs.git.commitid")) {
		*branch = false;
		return mem_dup(env_text(env, "ecs.git.commitid"));
	}
	if (env && env_given(env, "ecs.git.branch"))
		return mem_dup(env_text(env, "ecs.git.branch"));
	name = git_branch(t->dir, e);
	if (name && *name == '\0' && state->branch) {
		free(name);
		name = mem_dup(state->branch);
	}
	if (name && *name == '\0') {
		free(name);
		error_set(e, EX_NOINPUT, "no branch is checked out in '%s': name the revision with '--to'", t->dir);
		return NULL;
	}
	return name;
}

static int find_default(struct target *t, const struct env *env, const struct state *state, bool source,
			struct error *e)
{
	bool branch;
	CLEANUP(mem_freep) char *name = wanted(t, env, state, &branch, e);
	CLEANUP(mem_freep) char *ref = NULL;

	if (name == NULL)
		return -1;
	if (!branch) {
		t->to = git_commit(t->dir, name, e);
		t->branch = mem_dup("");
		return t->to ? 0 : error_context(e, "ecs.git.commitid");
	}
	ref = mem_format("refs/%s/%s", source ? "remotes/origin" : "heads", name);
	t->to = git_commit(t->dir, ref, e);
	t->branch = mem_dup(name);
	if (t->to)
		return 0;
	if (e->code != EX_NOINPUT)
		return -1;
	return error_set(e, EX_NOINPUT, "%s has no branch '%s'", source ? "the source" : "the checkout", name);
}

/* TO named by the caller, and known to the checkout without asking the source. */
static int find_named(struct target *t, const char *to, struct error *e)
{
	t->to = remote(t->dir, to);
	t->branch = mem_dup(t->to && !strpbrk(to, "~^@:") ? to : "");
	if (t->to == NULL)
		t->to = git_commit(t->dir, to, e);
	t->named = true;
	return t->to ? 0 : -1;
}

/* A source that env.yml names is followed where it holds what runs, else refused: never passed over. */
static int follow_source(const struct target *t, const struct env *env, const char *credentials, struct error *e)
{
	const char *source = env && env_given(env, "ecs.git.source") ? env_text(env, "ecs.git.source") : NULL;
	CLEANUP(mem_freep) char *url = source ? git_public_url(source) : NULL;
	CLEANUP(mem_freep) char *was = source ? git_source(t->dir, e) : NULL;
	int r;

	if (source == NULL)
		return 0;
	if (was == NULL)
		return -1;
	if (strcmp(url, was) == 0)
		return git_login(source, credentials, e);
	r = git_follow(t->dir, source, credentials, t->from, e);
	if (r < 0)
		return error_context(e, "ecs.git.source");
	if (r == 0)
		return error_set(e, EX_CONFIG, "ecs.git.source is '%s', but '%s' comes from '%s', and no branch of the new "
				 "source contains the running version (%.12s)", url, t->dir, was, t->from);
	log_say("the source of the application is '%s' now; it was '%s'", url, was);
	return 0;
}

static int find_to(struct target *t, const struct env *env, const struct state *state,
		   const struct target_asked *asked, struct error *e)
{
	const char *to = asked->to;
	CLEANUP(mem_freep) char *credentials = path_root(t->root, NAME_SECRETS_DIR "/git");
	int source;

	if (to && !asked->fetch && find_named(t, to, e) == 0)
		return 0;
	if (follow_source(t, env, credentials, e) != 0)
		return -1;
	source = git_has_source(t->dir, e);
	if (source < 0)
		return -1;
	if (source && git_fetch(t->dir, credentials, e) != 0)
		return error_context(e, "asking the source of the application");
	free(t->branch);
	*e = (struct error){0};
	return to ? find_named(t, to, e) : find_default(t, env, state, source, e);
}

int target_find(const char *root, const struct env *env, const struct target_asked *asked, struct target *t,
		struct error *e)
{
	struct state state = {0};
	int r = -1;

	*t = (struct target){.root = root, .dir = path_root(root, NAME_SOURCE)};
	if (git_check(t->dir, e) == 0 && state_read(root, &state, e) == 0 &&
	    find_from(t, &state, asked->from, e) == 0)
		r = find_to(t, env, &state, asked, e);
	state_free(&state);
	if (r != 0)
		target_free(t);
	return r;
}

void target_free(struct target *t)
{
	free(t->dir);
	free(t->from);
	free(t->to);
	free(t->branch);
	*t = (struct target){0};
}
