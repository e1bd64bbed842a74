/* SPDX-License-Identifier: MIT */
#include "adapter/git/git.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/git/run.h"
#include "base/log.h"
#include "base/str.h"
#include "sys/file.h"

/* A short run on the checkout itself; its output without white space at the end. */
static int git(const char *dir, const char *const *args, int code, struct str *out, struct error *e)
{
	if (git_run(&(struct git_run){.dir = dir, .args = args, .timeout_ms = GIT_LOCAL_MS, .code = code}, out, e) != 0)
		return -1;
	if (out)
		str_trim(out);
	return 0;
}

static int ask(const char *dir, const char *const *args, int yes, struct error *e)
{
	return git_ask(&(struct git_run){.dir = dir, .args = args, .timeout_ms = GIT_LOCAL_MS}, yes, e);
}

/* --- looking ------------------------------------------------------------------------------------------- */

char *git_commit(const char *dir, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *spec = mem_format("%s^{commit}", name);
	CLEANUP(str_free) struct str out = {0};
	const char *const args[] = {"rev-parse", "--verify", "--quiet", "--end-of-options", spec, NULL};

	if (git(dir, args, EX_NOINPUT, &out, e) == 0)
		return mem_dup(str_get(&out));
	if (e->code == EX_NOINPUT)
		error_set(e, EX_NOINPUT, "no commit '%s' in '%s'", name, dir);
	return NULL;
}

char *git_branch(const char *dir, struct error *e)
{
	CLEANUP(str_free) struct str out = {0};

	if (git(dir, (const char *[]){"branch", "--show-current", NULL}, EX_NOINPUT, &out, e) != 0)
		return NULL;
	return mem_dup(str_get(&out));
}

int git_names(const char *dir, struct strlist *names, struct error *e)
{
	const char *const args[] = {"for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes/origin", "refs/tags",
				    NULL};
	static const char *const kinds[] = {"refs/heads/", "refs/remotes/origin/", "refs/tags/"};
	CLEANUP(strlist_free) struct strlist lines = {0};
	CLEANUP(str_free) struct str out = {0};

	if (git(dir, args, EX_NOINPUT, &out, e) != 0)
		return -1;
	strlist_lines(&lines, str_get(&out));
	for (size_t i = 0; i < lines.count; i++)
		for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
			if (str_begins(lines.item[i], kinds[k]) && !str_ends(lines.item[i], "/HEAD"))
				strlist_add(names, lines.item[i] + strlen(kinds[k]));
	return 0;
}

int git_check(const char *dir, struct error *e)
{
	if (!file_exists(dir))
		return error_set(e, EX_NOINPUT, "no checkout of the application: '%s' is missing", dir);
	if (git(dir, (const char *[]){"rev-parse", "--git-dir", NULL}, EX_NOINPUT, NULL, e) == 0)
		return 0;
	return e->code == EX_NOINPUT ? error_context(e, "'%s' is not a git checkout", dir) : -1;
}

int git_has_source(const char *dir, struct error *e)
{
	return ask(dir, (const char *[]){"config", "--get", "remote.origin.url", NULL}, 1, e);
}

int git_is_in(const char *dir, const char *commit, const char *of, struct error *e)
{
	return ask(dir, (const char *[]){"merge-base", "--is-ancestor", commit, of, NULL}, 1, e);
}

int git_is_dirty(const char *dir, struct error *e)
{
	const char *const args[] = {"diff", "--quiet", "--no-ext-diff", "--no-textconv", "--ignore-submodules", "HEAD", "--", NULL};

	return git_ask(&(struct git_run){.dir = dir, .args = args, .tree = true, .timeout_ms = GIT_LOCAL_MS}, 0, e);
}

/* --- what no build would get ------------------------------------------------------------------------------ */

/* "PATH", "filter", VALUE: a value of these three means that no filter is named. */
static bool is_filter(const char *value)
{
	return strcmp(value, "unspecified") != 0 && strcmp(value, "unset") != 0 && strcmp(value, "set") != 0;
}

/* The path of the first file in INDEX whose content a filter makes, "" where there is none; NULL on failure. */
static char *find_filtered(const char *dir, const char *index, struct error *e)
{
	CLEANUP(str_free) struct str files = {0}, out = {0};
	struct git_run r = {.dir = dir, .index = index, .timeout_ms = GIT_LOCAL_MS, .code = EX_IOERR};
	const char *path;
	size_t at = 0;

	r.args = (const char *[]){"ls-files", "-z", NULL};
	if (git_run(&r, &files, e) != 0)
		return NULL;
	r.args = (const char *[]){"check-attr", "--cached", "-z", "--stdin", "filter", NULL};
	r.input = &files;
	if (files.len && git_run(&r, &out, e) != 0)
		return NULL;
	while ((path = git_next_text(&out, &at))) {
		const char *name = git_next_text(&out, &at), *value = git_next_text(&out, &at);

		if (name == NULL || value == NULL) {
			error_set(e, EX_IOERR, "git check-attr: its output is incomplete");
			return NULL;
		}
		if (is_filter(value))
			return mem_dup(path);
	}
	return mem_dup("");
}

/* With INDEX, which holds COMMIT. */
static int check_whole(const char *dir, const char *commit, const char *index, struct error *e)
{
	CLEANUP(mem_freep) char *link = git_submodule(dir, commit, e), *file = NULL;

	if (link == NULL)
		return -1;
	if (*link)
		return error_set(e, EX_DATAERR, "'%.12s' has the submodule '%s', whose files would be missing from a build: make it "
				 "part of the repository", commit, link);
	file = find_filtered(dir, index, e);
	if (file == NULL)
		return -1;
	if (*file)
		return error_set(e, EX_DATAERR, "in '%.12s' the file '%s' has its content elsewhere (Git LFS, or another "
				 "filter of .gitattributes), which would be missing from a build: put the content into the repository",
				 commit, file);
	return 0;
}

static int fill_index(const char *dir, const char *commit, const char *index, struct error *e)
{
	const char *const args[] = {"read-tree", commit, NULL};

	return git_run(&(struct git_run){.dir = dir, .args = args, .index = index, .timeout_ms = GIT_LOCAL_MS,
					 .code = EX_NOINPUT}, NULL, e);
}

int git_check_whole(const char *dir, const char *commit, struct error *e)
{
	char temp[] = "/tmp/ecs-git.XXXXXX";
	struct error ignored = {0};
	int r = -1;

	if (mkdtemp(temp) == NULL)
		return error_errno(e, EX_CANTCREAT, "cannot make a folder in '/tmp'");
	CLEANUP(mem_freep) char *index = mem_format("%s/index", temp);
	if (fill_index(dir, commit, index, e) == 0)
		r = check_whole(dir, commit, index, e);
	file_remove_tree(temp, &ignored);
	return r;
}

/* --- export ------------------------------------------------------------------------------------------- */

/* The index of a former export, and its lock: nobody but us writes there, and we hold the lock of the appliance. */
static int remove_index(const char *index, struct error *e)
{
	CLEANUP(mem_freep) char *lock = mem_format("%s.lock", index);

	if (file_exists(lock))
		log_say("removing '%s', which a killed git had left", lock);
	return file_remove(lock, e) == 0 ? file_remove(index, e) : -1;
}

int git_export(const char *dir, const char *commit, const char *to, struct error *e)
{
	CLEANUP(mem_freep) char *index = mem_format("%s.index", to);
	CLEANUP(mem_freep) char *prefix = mem_format("--prefix=%s/", to);
	const char *const args[] = {"checkout-index", "--all", "--force", prefix, NULL};
	int r;

	/* an index of its own: the one of the checkout is neither read nor written */
	if (file_remove_tree(to, e) != 0 || file_mkdirs(to, 0755, e) != 0 || remove_index(index, e) != 0)
		return -1;
	r = fill_index(dir, commit, index, e);
	if (r == 0)
		r = check_whole(dir, commit, index, e);
	if (r == 0)
		r = git_run(&(struct git_run){.dir = dir, .args = args, .index = index, .tree = true,
					      .timeout_ms = GIT_LOCAL_MS, .code = EX_CANTCREAT}, NULL, e);
	unlink(index);
	return r;
}

/* --- the checkout and its source -------------------------------------------------------------------------- */

/* All branches by name: the configuration of a clone of one branch names that one only. */
int git_fetch(const char *dir, const char *credentials, struct error *e)
{
	const char *const args[] = {"fetch", "--quiet", "--force", "--prune", "--tags", "--no-recurse-submodules",
				    "--upload-pack=git-upload-pack", "origin", "+refs/heads/*:refs/remotes/origin/*", NULL};

	if (git_unlock(dir, e) != 0)
		return -1;
	return git_run(&(struct git_run){.dir = dir, .args = args, .credentials = credentials, .timeout_ms = GIT_NETWORK_MS,
					 .code = EX_UNAVAILABLE}, NULL, e);
}

int git_move(const char *dir, const char *branch, const char *commit, struct error *e)
{
	CLEANUP(mem_freep) char *now = git_branch(dir, e);
	const char *const reset[] = {"reset", "--quiet", "--keep", commit, NULL};
	const char *const checkout[] = {"checkout", "--quiet", "--detach", commit, NULL};
	struct git_run r = {.dir = dir, .args = checkout, .tree = true, .timeout_ms = GIT_LOCAL_MS, .code = EX_IOERR};

	if (now == NULL || git_unlock(dir, e) != 0)
		return -1;
	if (*now && strcmp(now, branch) == 0)
		r.args = reset;
	return git_run(&r, NULL, e);
}
