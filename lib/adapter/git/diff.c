/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/git/git.h"
#include "adapter/git/run.h"
#include "base/str.h"

/* The tree that holds nothing, which git knows in every repository: by SHA-1 or SHA-256, as LIKE is written. */
static const char *empty_tree(const char *like)
{
	return strlen(like) == 64 ? "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
				  : "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
}

/* `git diff-tree`'s output is not what was asked for. */
static int garbled(struct error *e)
{
	return error_set(e, EX_IOERR, "git diff-tree: its output is incomplete");
}

static int read_changes(const struct str *out, struct git_diff *d, struct error *e)
{
	const char *status;
	size_t at = 0;

	while ((status = git_next_text(out, &at))) {
		struct git_change *c;
		const char *path = git_next_text(out, &at), *to = *status == 'R' ? git_next_text(out, &at) : path;

		if (path == NULL || to == NULL)
			return garbled(e);
		d->change = mem_grow(d->change, (d->changes + 1) * sizeof *d->change);
		c = &d->change[d->changes++];
		/* T: a file became a link, or the like */
		*c = (struct git_change){*status == 'T' ? 'M' : *status, mem_dup(to),
					 *status == 'R' ? mem_dup(path) : NULL};
	}
	return 0;
}

/* ":MODE MODE ID ID STATUS", then the path. */
static int read_links(const struct str *out, struct git_diff *d, struct error *e)
{
	static const char mode[] = "160000";
	const char *line, *path;
	size_t at = 0;

	while ((line = git_next_text(out, &at))) {
		char old[7], new[7], from[65], to[65];
		bool was, is;

		path = git_next_text(out, &at);
		if (path == NULL || sscanf(line, ":%6s %6s %64s %64s", old, new, from, to) != 4)
			return garbled(e);
		was = strcmp(old, mode) == 0;
		is = strcmp(new, mode) == 0;
		if (!was && !is)
			continue;
		d->link = mem_grow(d->link, (d->links + 1) * sizeof *d->link);
		d->link[d->links++] = (struct git_link){mem_dup(path), mem_dup(was ? from : ""), mem_dup(is ? to : "")};
	}
	return 0;
}

static int ask_tree(const char *dir, const char *const *args, struct str *out, struct error *e)
{
	return git_run(&(struct git_run){.dir = dir, .args = args, .timeout_ms = GIT_LOCAL_MS, .code = EX_IOERR}, out, e);
}

int git_diff(const char *dir, const char *from, const char *to, const char *pathspec, struct git_diff *d,
	     struct error *e)
{
	CLEANUP(str_free) struct str changes = {0}, links = {0};
	const char *const files[] = {"diff-tree", "-r", "-z", "--name-status", "--find-renames", "-l0",
				     *from ? from : empty_tree(to), *to ? to : empty_tree(from), "--", pathspec, NULL};
	const char *const all[] = {"diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames",
				   "--ignore-submodules=none", *from ? from : empty_tree(to), *to ? to : empty_tree(from), NULL};

	*d = (struct git_diff){0};
	if (ask_tree(dir, files, &changes, e) == 0 &&
	    ask_tree(dir, all, &links, e) == 0 && read_changes(&changes, d, e) == 0 &&
	    read_links(&links, d, e) == 0)
		return 0;
	git_diff_free(d);
	return -1;
}

void git_diff_free(struct git_diff *d)
{
	for (size_t i = 0; i < d->changes; i++) {
		free(d->change[i].path);
		free(d->change[i].old);
	}
	for (size_t i = 0; i < d->links; i++) {
		free(d->link[i].path);
		free(d->link[i].from);
		free(d->link[i].to);
	}
	free(d->change);
	free(d->link);
	*d = (struct git_diff){0};
}

char *git_submodule(const char *dir, const char *commit, struct error *e)
{
	CLEANUP(git_diff_free) struct git_diff d = {0};

	if (git_diff(dir, "", commit, ":(glob)**/.none", &d, e) != 0)
		return NULL;
	return mem_dup(d.links ? d.link[0].path : "");
}
