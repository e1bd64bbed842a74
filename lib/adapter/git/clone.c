/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "adapter/git/git.h"
#include "adapter/git/run.h"
#include "base/str.h"
#include "sys/file.h"

/* The "user:password" of an http URL, as offset and length; 0 where there is none. */
static size_t userinfo(const char *url, size_t *at)
{
	const char *host = strstr(url, "://"), *sign;

	if (host == NULL || !str_begins(url, "http"))
		return 0;
	host += 3;
	*at = (size_t)(host - url);
	sign = memrchr(host, '@', strcspn(host, "/")); /* the last: a password may hold one */
	return sign ? (size_t)(sign - host) : 0;
}

/* VALUE for git's own configuration files. */
static void add_setting(struct str *s, const char *name, const char *value)
{
	str_addf(s, "\t%s = \"", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			str_addc(s, '\\');
		str_addc(s, *value);
	}
	str_add(s, "\"\n");
}

/* Keeps SOURCE in the file CREDENTIALS where it has a user; where it has none, no former one stays. */
static int keep_login(const char *source, const char *credentials, struct error *e)
{
	CLEANUP(mem_freep) char *line = mem_format("%s\n", source);
	size_t at = 0;

	return userinfo(source, &at) ? file_write(credentials, line, strlen(line), 0600, e) : file_remove(credentials, e);
}

/* The configuration of the clone names the source, without user and password, which go to a file. */
static int write_config(const char *dir, const char *source, struct error *e)
{
	CLEANUP(mem_freep) char *path = mem_format("%s/.git/config", dir), *url = git_public_url(source);
	CLEANUP(str_free) struct str config = {0};

	if (file_read(path, 1 << 20, &config, e) != 0)
		return -1;
	str_add(&config, "[remote \"origin\"]\n");
	add_setting(&config, "url", url);
	add_setting(&config, "fetch", "+refs/heads/*:refs/remotes/origin/*");
	return file_write(path, config.data, config.len, 0600, e);
}

/* The name of the source's own branch ("main"); the caller frees it. */
static char *default_branch(const char *dir, const char *credentials, struct error *e)
{
	const char *const ask[] = {"ls-remote", "--symref", "origin", "HEAD", NULL};
	static const char before[] = "ref: refs/heads/";
	CLEANUP(str_free) struct str out = {0};

	if (git_run(&(struct git_run){.dir = dir, .args = ask, .credentials = credentials,
				      .timeout_ms = GIT_NETWORK_MS, .code = EX_UNAVAILABLE}, &out, e) != 0)
		return NULL;
	if (!str_begins(str_get(&out), before)) {
		error_set(e, EX_UNAVAILABLE, "git ls-remote: the source has no default branch: set 'ecs.git.branch'");
		return NULL;
	}
	return mem_dupn(out.data + strlen(before), strcspn(out.data + strlen(before), "\t\n"));
}

static int fill_clone(const char *source, const char *branch, const char *credentials, const char *dir,
		      struct error *e)
{
	const char *const init[] = {"init", "--quiet", "--initial-branch=none", NULL};
	const char *const fetch[] = {"fetch", "--quiet", "--tags", "origin", NULL};
	CLEANUP(mem_freep) char *name = NULL, *from = NULL;

	if (git_run(&(struct git_run){.dir = dir, .args = init, .timeout_ms = GIT_LOCAL_MS, .code = EX_CANTCREAT}, NULL,
		    e) != 0 ||
	    write_config(dir, source, e) != 0 || keep_login(source, credentials, e) != 0 ||
	    git_run(&(struct git_run){.dir = dir, .args = fetch, .credentials = credentials,
				      .timeout_ms = GIT_NETWORK_MS, .code = EX_UNAVAILABLE}, NULL, e) != 0)
		return -1;
	name = branch && *branch ? mem_dup(branch) : default_branch(dir, credentials, e);
	if (name == NULL)
		return -1;
	from = mem_format("refs/remotes/origin/%s", name);
	return git_run(&(struct git_run){.dir = dir,
					 .args = (const char *[]){"checkout", "--quiet", "--track", "-b", name, from,
								  NULL},
					 .tree = true,
					 .timeout_ms = GIT_LOCAL_MS,
					 .code = EX_NOINPUT},
		       NULL, e);
}

int git_clone(const char *source, const char *branch, const char *credentials, const char *dir,
	      struct error *e)
{
	CLEANUP(mem_freep) char *temp = mem_format("%s.new", dir);

	if (file_remove_tree(temp, e) != 0 || file_mkdirs(temp, 0755, e) != 0)
		return -1;
	if (fill_clone(source, branch, credentials, temp, e) == 0)
		return file_rename(temp, dir, e);
	file_remove_tree(temp, &(struct error){0});
	return -1;
}

/* --- its source ----------------------------------------------------------------------------------------- */

static int git(const char *dir, const char *const *args, long timeout_ms, int code, struct str *out, struct error *e)
{
	if (git_run(&(struct git_run){.dir = dir, .args = args, .timeout_ms = timeout_ms, .code = code}, out, e) != 0)
		return -1;
	if (out)
		str_trim(out);
	return 0;
}

char *git_public_url(const char *source)
{
	size_t at = 0, n = userinfo(source, &at);

	return n ? mem_format("%.*s%s", (int)at, source, source + at + n + 1) : mem_dup(source);
}

char *git_source(const char *dir, struct error *e)
{
	CLEANUP(str_free) struct str out = {0};
	int has = git_has_source(dir, e);

	if (has < 0 || (has && git(dir, (const char *[]){"config", "--get", "remote.origin.url", NULL}, GIT_LOCAL_MS, EX_IOERR,
				   &out, e) != 0))
		return NULL;
	return git_public_url(str_get(&out));
}

/* Sets NAME in the configuration of DIR. */
static int configure(const char *dir, const char *name, const char *value, struct error *e)
{
	return git(dir, (const char *[]){"config", "--replace-all", name, value, NULL}, GIT_LOCAL_MS, EX_IOERR, NULL, e);
}

int git_login(const char *source, const char *credentials, struct error *e)
{
	CLEANUP(mem_freep) char *new = mem_format("%s.new", credentials);

	return file_remove(new, e) == 0 ? keep_login(source, credentials, e) : -1;
}

/* 1: a branch of URL, reached with the login in CREDENTIALS, contains COMMIT; 0: none does; -1. */
static int try_source(const char *dir, const char *url, const char *credentials, const char *commit, struct error *e)
{
	CLEANUP(mem_freep) char *contains = mem_format("--contains=%s", commit);
	CLEANUP(str_free) struct str holds = {0};
	const char *const fetch[] = {"fetch", "--quiet", "--no-tags", "--no-recurse-submodules",
				     "--upload-pack=git-upload-pack", "candidate",
				     "+refs/heads/*:refs/remotes/candidate/*", NULL};
	const char *const ask[] = {"for-each-ref", "--count=1", contains, "refs/remotes/candidate", NULL};

	if (configure(dir, "remote.candidate.url", url, e) != 0 ||
	    git_run(&(struct git_run){.dir = dir, .args = fetch, .credentials = credentials,
				      .timeout_ms = GIT_NETWORK_MS, .code = EX_UNAVAILABLE}, NULL, e) != 0 ||
	    git(dir, ask, GIT_LOCAL_MS, EX_IOERR, &holds, e) != 0)
		return -1;
	return holds.len > 0;
}

/* What is followed from now on: the login before the URL, so that a run that is cut off between them is tried again. */
static int accept_source(const char *dir, const char *source, const char *credentials, struct error *e)
{
	CLEANUP(mem_freep) char *url = git_public_url(source);

	return keep_login(source, credentials, e) == 0 &&
	       configure(dir, "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*", e) == 0 ?
	       configure(dir, "remote.origin.url", url, e) : -1;
}

int git_follow(const char *dir, const char *source, const char *credentials, const char *commit, struct error *e)
{
	CLEANUP(mem_freep) char *url = git_public_url(source), *new = mem_format("%s.new", credentials);
	const char *const drop[] = {"remote", "remove", "candidate", NULL};
	struct error other = {0};
	int r = git_unlock(dir, e);

	if (r == 0)
		r = keep_login(source, new, e);
	if (r == 0)
		r = try_source(dir, url, new, commit, e);
	if (r > 0 && accept_source(dir, source, credentials, e) != 0)
		r = -1;
	if (file_remove(new, r < 0 ? &other : e) != 0 || git(dir, drop, GIT_LOCAL_MS, EX_IOERR, NULL, r < 0 ? &other : e) != 0)
		return -1;
	return r;
}
