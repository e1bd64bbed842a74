/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapter/git/git.h"
#include "adapter/git/run.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "sys/clock.h"
#include "sys/processes.h"
#include "sys/signals.h"
#include "sys/tree.h"

enum {
	END_MS = 10000, /* that a git which was killed, or is about to be done, may take to end */
	POLL_MS = 100
};

/* --- the files --------------------------------------------------------------------------------- */

/* What a git that is killed leaves in a repository. */
struct left {
	struct strlist locks; /* in the way of the next one; relative to the folder that was walked */
	struct strlist temps; /* packs and objects that it was about to write: in nobody's way, but they may be large */
};

static bool is_temp(const char *name)
{
	return str_begins(name, "tmp_pack_") || str_begins(name, "tmp_idx_") || str_begins(name, "tmp_rev_") ||
	       str_begins(name, "tmp_obj_");
}

static int note_left(void *arg, const struct tree_item *item, struct error *e)
{
	struct left *l = arg;

	(void)e;
	if (!S_ISREG(item->st->st_mode))
		return 0;
	if (str_ends(item->name, ".lock"))
		strlist_add(&l->locks, item->path);
	else if (is_temp(item->name))
		strlist_add(&l->temps, item->path);
	return 0;
}

struct removal {
	const struct left *left; /* what was there before we looked for its owner */
	const char *dir;
};

static int remove_left(void *arg, const struct tree_item *item, struct error *e)
{
	const struct removal *r = arg;

	if (!strlist_has(&r->left->locks, item->path) && !strlist_has(&r->left->temps, item->path))
		return 0;
	if (unlinkat(item->dir, item->name, 0) != 0 && errno != ENOENT)
		return error_errno(e, EX_IOERR, "cannot remove '%s/%s'", r->dir, item->path);
	log_say("removed '%s/%s', which a killed git had left", r->dir, item->path);
	return 0;
}

/* --- who works there ---------------------------------------------------------------------------- */

struct place {
	char *path; /* all links followed */
	struct stat stat;
};

struct search {
	struct place *place; /* git's own folder, and all checkouts that share it */
	size_t count;
	long pid; /* found */
	char name[32];
};

static void search_free(struct search *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->place[i].path);
	free(s->place);
}

/* A checkout that somebody removed is no place. */
static int search_add(struct search *s, const char *path, struct error *e)
{
	CLEANUP(mem_freep) char *real = realpath(path, NULL);
	struct stat st;

	if (real == NULL || stat(real, &st) != 0)
		return errno == ENOENT ? 0 : error_errno(e, EX_IOERR, "'%s'", path);
	s->place = mem_grow(s->place, (s->count + 1) * sizeof *s->place);
	s->place[s->count++] = (struct place){mem_dup(real), st};
	return 0;
}

static bool is_beneath(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether the words or variables of the process name PLACE. */
static bool is_named(const char *place, long pid)
{
	static const char *const files[] = {"cmdline", "environ"};
	char words[8192];

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		CLEANUP(mem_freep) char *path = mem_format("/proc/%ld/%s", pid, files[i]);
		FILE *f = fopen(path, "re");
		size_t got = f ? fread(words, 1, sizeof words, f) : 0;

		if (f)
			fclose(f);
		if (memmem(words, got, place, strlen(place)))
			return true;
	}
	return false;
}

/* A git has the repository as its folder, perhaps by another mount, or names it in its words or variables. */
static bool works_there(const struct search *s, long pid)
{
	CLEANUP(mem_freep) char *link = mem_format("/proc/%ld/cwd", pid);
	char cwd[4096];
	ssize_t n = readlink(link, cwd, sizeof cwd - 1);
	struct stat st;

	if (n < 0)
		return errno != ENOENT && errno != ESRCH; /* one that has ended works nowhere */
	cwd[n] = '\0';
	if (stat(link, &st) != 0)
		st = (struct stat){0};
	for (size_t i = 0; i < s->count; i++)
		if (is_beneath(cwd, s->place[i].path) || is_same(&st, &s->place[i].stat) || is_named(s->place[i].path, pid))
			return true;
	return false;
}

static int look_at(void *arg, long pid, struct error *e)
{
	struct search *s = arg;

	(void)e;
	if (!processes_read(pid, "comm", s->name, sizeof s->name))
		return 0;
	s->name[strcspn(s->name, "\n")] = '\0';
	if (!str_begins(s->name, "git") || !works_there(s, pid))
		return 0;
	s->pid = pid;
	return 1;
}

/* 0: no git works there; 75: one does, after so long, or it cannot be told. */
static int check_unused(struct search *s, long wait_ms, struct error *e)
{
	long long until = clock_ms() + wait_ms;
	int found;

	while ((found = processes_each(look_at, s, e)) == 1) {
		if (clock_ms() >= until)
			return error_set(e, EX_TEMPFAIL, "'%s' (pid %ld) is working in '%s': try later", s->name, s->pid, s->place[0].path);
		if (signals_pause(POLL_MS, e) != 0)
			return -1;
	}
	return found;
}

/* --- both ----------------------------------------------------------------------------------------- */

static int unlock_folder(struct search *s, const char *folder, struct error *e)
{
	struct left left = {0};
	struct error busy = {0};
	int r = tree_walk(folder, NULL, note_left, &left, e);

	if (r == 0 && left.locks.count && check_unused(s, END_MS, e) != 0)
		r = error_context(e, "'%s/%s'", folder, left.locks.item[0]);
	/* what is in nobody's way may be that of a git which works there */
	if (r == 0 && (left.locks.count || (left.temps.count && check_unused(s, 0, &busy) == 0)))
		r = tree_walk(folder, NULL, remove_left, &(struct removal){&left, folder}, e);
	strlist_free(&left.locks);
	strlist_free(&left.temps);
	return r;
}

static int ask_lines(const char *dir, const char *const *args, struct strlist *lines, struct error *e)
{
	CLEANUP(str_free) struct str out = {0};

	if (git_run(&(struct git_run){.dir = dir, .args = args, .timeout_ms = GIT_LOCAL_MS, .code = EX_IOERR}, &out, e) != 0)
		return -1;
	strlist_lines(lines, str_get(&out));
	return 0;
}

/* Git's own folder need not be .git in the checkout (git-worktree(1)), and other checkouts may share it. */
int git_unlock(const char *dir, struct error *e)
{
	static const char worktree[] = "worktree ";
	CLEANUP(search_free) struct search s = {0};
	CLEANUP(strlist_free) struct strlist folder = {0}, checkouts = {0};
	struct error none = {0};

	/* what is no repository, git itself will tell */
	if (ask_lines(dir, (const char *[]){"rev-parse", "--path-format=absolute", "--git-common-dir", NULL}, &folder, &none) != 0 ||
	    folder.count != 1)
		return 0;
	if (ask_lines(dir, (const char *[]){"worktree", "list", "--porcelain", NULL}, &checkouts, e) != 0 ||
	    search_add(&s, dir, e) != 0 || search_add(&s, folder.item[0], e) != 0)
		return -1;
	for (size_t i = 0; i < checkouts.count; i++)
		if (str_begins(checkouts.item[i], worktree) &&
		    search_add(&s, checkouts.item[i] + strlen(worktree), e) != 0)
			return -1;
	return unlock_folder(&s, folder.item[0], e);
}
