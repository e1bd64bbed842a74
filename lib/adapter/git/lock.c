/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapter/git/git.h"
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

static int note_lock(void *arg, const struct tree_item *item, struct error *e)
{
	struct strlist *locks = arg;

	(void)e;
	if (S_ISREG(item->st->st_mode) && str_ends(item->name, ".lock"))
		strlist_add(locks, item->path);
	return 0;
}

struct removal {
	const struct strlist *locks; /* those that were there before we looked for their owner */
	const char *dir;
};

static int remove_lock(void *arg, const struct tree_item *item, struct error *e)
{
	const struct removal *r = arg;

	if (!strlist_has(r->locks, item->path))
		return 0;
	if (unlinkat(item->dir, item->name, 0) != 0 && errno != ENOENT)
		return error_errno(e, EX_IOERR, "cannot remove '%s/%s'", r->dir, item->path);
	log_say("removed '%s/%s', which a killed git had left", r->dir, item->path);
	return 0;
}

/* --- who works there ---------------------------------------------------------------------------- */

struct search {
	const char *real;       /* the checkout, all links followed */
	struct stat top, inner; /* it, and its .git */
	long pid;               /* found */
	char name[32];
};

static bool is_beneath(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* A git has the repository as its folder, perhaps by another mount, or names it in its words or variables. */
static bool works_there(const struct search *s, long pid)
{
	CLEANUP(mem_freep) char *link = mem_format("/proc/%ld/cwd", pid);
	char cwd[4096], words[8192];
	ssize_t n = readlink(link, cwd, sizeof cwd - 1);
	struct stat st;

	if (n < 0)
		return errno != ENOENT && errno != ESRCH; /* one that has ended works nowhere */
	cwd[n] = '\0';
	if (is_beneath(cwd, s->real))
		return true;
	if (stat(link, &st) == 0 && (is_same(&st, &s->top) || is_same(&st, &s->inner)))
		return true;
	static const char *const files[] = {"cmdline", "environ"};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		CLEANUP(mem_freep) char *path = mem_format("/proc/%ld/%s", pid, files[i]);
		FILE *f = fopen(path, "re");
		size_t got = f ? fread(words, 1, sizeof words, f) : 0;

		if (f)
			fclose(f);
		if (memmem(words, got, s->real, strlen(s->real)))
			return true;
	}
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

/* 0: no git works in DIR; 75: one does, or it cannot be told. */
static int check_unused(const char *dir, struct error *e)
{
	CLEANUP(mem_freep) char *real = realpath(dir, NULL), *inner = mem_format("%s/.git", dir);
	struct search s = {.real = real};
	long long until = clock_ms() + END_MS;
	int found;

	if (real == NULL || stat(dir, &s.top) != 0 || stat(inner, &s.inner) != 0)
		return error_errno(e, EX_IOERR, "'%s'", dir);
	while ((found = processes_each(look_at, &s, e)) == 1) {
		if (clock_ms() > until)
			return error_set(e, EX_TEMPFAIL, "'%s' (pid %ld) works in '%s': try later", s.name, s.pid, dir);
		if (signals_pause(POLL_MS, e) != 0)
			return -1;
	}
	return found;
}

int git_unlock(const char *dir, struct error *e)
{
	CLEANUP(mem_freep) char *inner = mem_format("%s/.git", dir);
	CLEANUP(strlist_free) struct strlist locks = {0};
	struct stat st;

	if (lstat(inner, &st) != 0 || !S_ISDIR(st.st_mode)) /* git itself will say what it is */
		return 0;
	if (tree_walk(inner, NULL, note_lock, &locks, e) != 0)
		return -1;
	if (locks.count == 0)
		return 0;
	if (check_unused(dir, e) != 0)
		return error_context(e, "'%s/%s'", inner, locks.item[0]);
	return tree_walk(inner, NULL, remove_lock, &(struct removal){&locks, inner}, e);
}
