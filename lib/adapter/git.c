/* SPDX-License-Identifier: MIT */
#include "adapter/git.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "sys/file.h"
#include "sys/run.h"

enum { LOCAL_MS = 5 * 60000, NETWORK_MS = 60 * 60000 };

/* Where a source cannot be reached git ends with advice of several lines; what is wrong stands before it. */
static void drop_advice(struct str *err)
{
	char *advice = strstr(str_get(err), "fatal: Could not read from remote repository.");

	if (advice == NULL || advice == err->data)
		return;
	err->len = (size_t)(advice - err->data);
	*advice = '\0';
}

/*
 * `git -C DIR ARGS…`, where ARGS end with NULL. The checkout may belong to another user than root
 * (safe.directory), and its hooks are not ours to run; a repository above DIR is another one. A source that says
 * nothing for a minute is out of reach.
 */
static int run_git(const char *dir, const char *const *args, const char *const *more_env, long timeout_ms,
		   struct run_result *res, struct error *e)
{
	CLEANUP(mem_freep) char *above = path_dir(dir);
	CLEANUP(strlist_free) struct strlist argv = {0}, env = {0};
	struct run r = {.timeout_ms = timeout_ms, .line = log_detail_line};

	strlist_addv(&argv, (const char *[]){"git", "-c", "core.hooksPath=/dev/null", NULL});
	strlist_add(&argv, "-c");
	strlist_addf(&argv, "safe.directory=%s", dir);
	strlist_addv(&argv, (const char *[]){"-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=60", "-C",
					     dir, NULL});
	strlist_addv(&argv, args);
	strlist_add(&env, "GIT_TERMINAL_PROMPT=0");
	strlist_add(&env, "GIT_SSH_COMMAND=ssh -o BatchMode=yes -o ConnectTimeout=60 -o ServerAliveInterval=20");
	strlist_addf(&env, "GIT_CEILING_DIRECTORIES=%s", above);
	if (more_env)
		strlist_addv(&env, more_env);
	r.argv = strlist_argv(&argv);
	r.env = strlist_argv(&env);
	if (run_command(&r, res, e) != 0)
		return -1;
	drop_advice(&res->err);
	return 0;
}

static bool exited(const struct run_result *res, int code)
{
	return res->how == RUN_EXITED && res->code == code;
}

static int fail(const char *verb, long timeout_ms, const struct run_result *res, int code, struct error *e)
{
	const struct run named = {.argv = (const char *[]){"git", verb, NULL}, .timeout_ms = timeout_ms};

	return run_error(&named, res, code, e);
}

/* Status 0, or the error CODE. */
static int git(const char *dir, const char *const *args, const char *const *more_env, long timeout_ms,
	       int code, struct str *out, struct error *e)
{
	CLEANUP(run_free) struct run_result res = {0};

	if (run_git(dir, args, more_env, timeout_ms, &res, e) != 0)
		return -1;
	if (!exited(&res, 0))
		return fail(args[0], timeout_ms, &res, code, e);
	if (out) {
		str_addn(out, str_get(&res.out), res.out.len);
		str_trim(out);
	}
	return 0;
}

/* A question to a checkout: status 0 is YES, 1 is the opposite, all else 74. */
static int ask(const char *dir, const char *const *args, int yes, struct error *e)
{
	CLEANUP(run_free) struct run_result res = {0};

	if (run_git(dir, args, NULL, LOCAL_MS, &res, e) != 0)
		return -1;
	if (exited(&res, 0) || exited(&res, 1))
		return res.code == 0 ? yes : !yes;
	return fail(args[0], LOCAL_MS, &res, EX_IOERR, e);
}

/* --- clone ------------------------------------------------------------------------------------------ */

/* The "user:password" of an http URL, as offset and length; 0 where there is none. */
static size_t userinfo(const char *url, size_t *at)
{
	const char *host = strstr(url, "://"), *sign;

	if (host == NULL || !str_begins(url, "http"))
		return 0;
	host += 3;
	*at = (size_t)(host - url);
	sign = memchr(host, '@', strcspn(host, "/"));
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

/* The configuration of the clone names the source, without user and password, which go to a file. */
static int write_config(const char *dir, const char *source, const char *credentials, struct error *e)
{
	CLEANUP(mem_freep) char *path = mem_format("%s/.git/config", dir);
	CLEANUP(mem_freep) char *helper = mem_format("store --file='%s'", credentials);
	CLEANUP(mem_freep) char *line = mem_format("%s\n", source);
	CLEANUP(str_free) struct str config = {0}, url = {0};
	size_t at = 0, n = userinfo(source, &at);

	if (file_read(path, 1 << 20, &config, e) != 0)
		return -1;
	if (n) {
		str_addn(&url, source, at);
		str_add(&url, source + at + n + 1);
		if (file_write(credentials, line, strlen(line), 0600, e) != 0)
			return -1;
	} else {
		str_add(&url, source);
	}
	str_add(&config, "[remote \"origin\"]\n");
	add_setting(&config, "url", url.data);
	add_setting(&config, "fetch", "+refs/heads/*:refs/remotes/origin/*");
	if (n) {
		str_add(&config, "[credential]\n");
		add_setting(&config, "helper", helper);
	}
	return file_write(path, config.data, config.len, 0600, e);
}

/* The name of the source's own branch ("main"); the caller frees it. */
static char *default_branch(const char *dir, struct error *e)
{
	const char *const ask[] = {"ls-remote", "--symref", "origin", "HEAD", NULL};
	static const char before[] = "ref: refs/heads/";
	CLEANUP(str_free) struct str out = {0};

	if (git(dir, ask, NULL, NETWORK_MS, EX_UNAVAILABLE, &out, e) != 0)
		return NULL;
	if (!str_begins(str_get(&out), before)) {
		error_set(e, EX_UNAVAILABLE, "git ls-remote: the source has no branch of its own: name one");
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

	if (git(dir, init, NULL, LOCAL_MS, EX_CANTCREAT, NULL, e) != 0 ||
	    write_config(dir, source, credentials, e) != 0 ||
	    git(dir, fetch, NULL, NETWORK_MS, EX_UNAVAILABLE, NULL, e) != 0)
		return -1;
	name = branch && *branch ? mem_dup(branch) : default_branch(dir, e);
	if (name == NULL)
		return -1;
	from = mem_format("refs/remotes/origin/%s", name);
	return git(dir, (const char *[]){"checkout", "--quiet", "--track", "-b", name, from, NULL}, NULL,
		   LOCAL_MS, EX_NOINPUT, NULL, e);
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

/* --- looking ------------------------------------------------------------------------------------------- */

char *git_commit(const char *dir, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *spec = mem_format("%s^{commit}", name);
	CLEANUP(str_free) struct str out = {0};
	const char *const args[] = {"rev-parse", "--verify", "--quiet", "--end-of-options", spec, NULL};

	if (git(dir, args, NULL, LOCAL_MS, EX_NOINPUT, &out, e) == 0)
		return mem_dup(str_get(&out));
	if (e->code == EX_NOINPUT)
		error_set(e, EX_NOINPUT, "no commit '%s' in '%s'", name, dir);
	return NULL;
}

char *git_branch(const char *dir, struct error *e)
{
	CLEANUP(str_free) struct str out = {0};

	if (git(dir, (const char *[]){"branch", "--show-current", NULL}, NULL, LOCAL_MS, EX_NOINPUT, &out,
		e) != 0)
		return NULL;
	return mem_dup(str_get(&out));
}

/* --- export ------------------------------------------------------------------------------------------- */

int git_export(const char *dir, const char *commit, const char *to, struct error *e)
{
	CLEANUP(mem_freep) char *index = mem_format("%s.index", to);
	CLEANUP(mem_freep) char *set = mem_format("GIT_INDEX_FILE=%s", index);
	CLEANUP(mem_freep) char *prefix = mem_format("--prefix=%s/", to);
	const char *const env[] = {set, NULL};
	int r;

	/* an index of its own: the one of the checkout is neither read nor written */
	if (file_remove_tree(to, e) != 0 || file_mkdirs(to, 0755, e) != 0 || file_remove(index, e) != 0)
		return -1;
	r = git(dir, (const char *[]){"read-tree", commit, NULL}, env, LOCAL_MS, EX_NOINPUT, NULL, e);
	if (r == 0)
		r = git(dir, (const char *[]){"checkout-index", "--all", "--force", prefix, NULL}, env,
			LOCAL_MS, EX_CANTCREAT, NULL, e);
	unlink(index);
	return r;
}

/* --- the checkout and its source -------------------------------------------------------------------------- */

int git_check(const char *dir, struct error *e)
{
	if (!file_exists(dir))
		return error_set(e, EX_NOINPUT, "no checkout of the application: '%s' is missing", dir);
	if (git(dir, (const char *[]){"rev-parse", "--git-dir", NULL}, NULL, LOCAL_MS, EX_NOINPUT, NULL, e) == 0)
		return 0;
	return e->code == EX_NOINPUT ? error_context(e, "'%s' is no git checkout", dir) : -1;
}

int git_has_source(const char *dir, struct error *e)
{
	return ask(dir, (const char *[]){"config", "--get", "remote.origin.url", NULL}, 1, e);
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

	if (has < 0 || (has && git(dir, (const char *[]){"config", "--get", "remote.origin.url", NULL}, NULL, LOCAL_MS,
				   EX_IOERR, &out, e) != 0))
		return NULL;
	return git_public_url(str_get(&out));
}

/* Sets NAME in the configuration of DIR. */
static int configure(const char *dir, const char *name, const char *value, struct error *e)
{
	return git(dir, (const char *[]){"config", "--replace-all", name, value, NULL}, NULL, LOCAL_MS, EX_IOERR, NULL,
		   e);
}

int git_login(const char *dir, const char *source, const char *credentials, struct error *e)
{
	CLEANUP(mem_freep) char *helper = mem_format("store --file='%s'", credentials);
	CLEANUP(mem_freep) char *line = mem_format("%s\n", source);
	size_t at = 0;

	if (userinfo(source, &at) == 0)
		return 0;
	if (file_write(credentials, line, strlen(line), 0600, e) != 0)
		return -1;
	return configure(dir, "credential.helper", helper, e);
}

int git_follow(const char *dir, const char *url, const char *commit, struct error *e)
{
	CLEANUP(mem_freep) char *contains = mem_format("--contains=%s", commit);
	CLEANUP(str_free) struct str holds = {0};
	const char *const fetch[] = {"fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "candidate",
				     "+refs/heads/*:refs/remotes/candidate/*", NULL};
	const char *const ask[] = {"for-each-ref", "--count=1", contains, "refs/remotes/candidate", NULL};
	int r;

	if (configure(dir, "remote.candidate.url", url, e) != 0)
		return -1;
	r = git(dir, fetch, NULL, NETWORK_MS, EX_UNAVAILABLE, NULL, e);
	if (r == 0)
		r = git(dir, ask, NULL, LOCAL_MS, EX_IOERR, &holds, e);
	if (r == 0 && holds.len)
		r = configure(dir, "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*", e) == 0
			    ? configure(dir, "remote.origin.url", url, e) : -1;
	if (git(dir, (const char *[]){"remote", "remove", "candidate", NULL}, NULL, LOCAL_MS, EX_IOERR, NULL,
		r == 0 ? e : &(struct error){0}) != 0)
		r = -1;
	return r == 0 ? holds.len > 0 : -1;
}

int git_fetch(const char *dir, struct error *e)
{
	const char *const args[] = {"fetch", "--quiet", "--force", "--prune", "--tags", "--no-recurse-submodules",
				    "origin", NULL};

	return git(dir, args, NULL, NETWORK_MS, EX_UNAVAILABLE, NULL, e);
}

int git_is_in(const char *dir, const char *commit, const char *of, struct error *e)
{
	return ask(dir, (const char *[]){"merge-base", "--is-ancestor", commit, of, NULL}, 1, e);
}

int git_is_dirty(const char *dir, struct error *e)
{
	return ask(dir, (const char *[]){"diff", "--quiet", "--no-ext-diff", "--ignore-submodules", "HEAD", "--",
					 NULL},
		   0, e);
}

int git_move(const char *dir, const char *branch, const char *commit, struct error *e)
{
	CLEANUP(mem_freep) char *now = git_branch(dir, e);

	if (now == NULL)
		return -1;
	if (*now && strcmp(now, branch) == 0)
		return git(dir, (const char *[]){"reset", "--quiet", "--keep", commit, NULL}, NULL, LOCAL_MS,
			   EX_IOERR, NULL, e);
	return git(dir, (const char *[]){"checkout", "--quiet", "--detach", commit, NULL}, NULL, LOCAL_MS,
		   EX_IOERR, NULL, e);
}

/* --- what differs ------------------------------------------------------------------------------------------- */

/* The tree that holds nothing, which git knows in every repository: by SHA-1 or SHA-256, as LIKE is written. */
static const char *empty_tree(const char *like)
{
	return strlen(like) == 64 ? "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
				  : "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
}

/* The next of the texts that end with a 0 each; NULL behind the last. */
static const char *next_text(const struct str *s, size_t *at)
{
	const char *text = str_get(s) + *at;

	if (*at >= s->len)
		return NULL;
	*at += strlen(text) + 1;
	return text;
}

/* `git diff-tree`'s output is not what was asked for. */
static int garbled(struct error *e)
{
	return error_set(e, EX_IOERR, "git diff-tree: its output ends in the middle");
}

static int read_changes(const struct str *out, struct git_diff *d, struct error *e)
{
	const char *status;
	size_t at = 0;

	while ((status = next_text(out, &at))) {
		struct git_change *c;
		const char *path = next_text(out, &at), *to = *status == 'R' ? next_text(out, &at) : path;

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

	while ((line = next_text(out, &at))) {
		char old[7], new[7], from[65], to[65];
		bool was, is;

		path = next_text(out, &at);
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

int git_diff(const char *dir, const char *from, const char *to, const char *pathspec, struct git_diff *d,
	     struct error *e)
{
	CLEANUP(str_free) struct str changes = {0}, links = {0};
	const char *const files[] = {"diff-tree", "-r", "-z", "--name-status", "--find-renames", "-l0",
				     *from ? from : empty_tree(to), *to ? to : empty_tree(from), "--", pathspec, NULL};
	const char *const all[] = {"diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames",
				   "--ignore-submodules=none", *from ? from : empty_tree(to), *to ? to : empty_tree(from), NULL};

	*d = (struct git_diff){0};
	if (git(dir, files, NULL, LOCAL_MS, EX_IOERR, &changes, e) == 0 &&
	    git(dir, all, NULL, LOCAL_MS, EX_IOERR, &links, e) == 0 && read_changes(&changes, d, e) == 0 &&
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
