/* SPDX-License-Identifier: MIT */
#include "adapter/backup/resticlocks.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/backup/resticcall.h"
#include "adapter/backup/resticown.h"
#include "base/log.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "wrap/json.h"

enum {
	NAME_MAX_BYTES = 256,
	ID = 64,
	STALE_S = 1800 /* restic renews its lock every five minutes, and takes one that is so old for dead */
};

struct lock {
	char id[ID + 1];
	char *host, *since; /* owned; as the lock says: whoever can write there may have written it */
	time_t when;        /* of since */
	long long pid;
	bool read;          /* all of them could be read */
};

struct locks {
	struct lock *item;
	size_t count;
};

static void locks_free(struct locks *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->item[i].host);
		free(l->item[i].since);
	}
	free(l->item);
	*l = (struct locks){0};
}

/* --- reading ------------------------------------------------------------------------------------ */

static void read_lock(const struct driver *g, struct lock *l)
{
	const char *words[] = {"cat", "lock", l->id, "--no-lock", NULL};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(jv_deletep) struct json *j = NULL;
	struct error e = {0};

	if (restic_look(g, words, EX_UNAVAILABLE, &res, &e) == 0)
		j = jv_parse(str_get(&res.out), res.out.len, "restic cat lock", &e);
	if (e.text[0])
		log_detail("%s", e.text); /* its owner may have let it go meanwhile */
	l->host = mem_dup(jv_get_text(j, "hostname"));
	l->since = mem_dup(jv_get_text(j, "time"));
	l->pid = jv_number(jv_get(j, "pid"), 0);
	l->when = l->since ? restic_read_time(l->since) : -1;
	l->read = l->host && l->when >= 0 && l->pid > 0;
}

static int read_locks(const struct driver *g, bool whole, struct locks *out, struct error *e)
{
	static const char *const words[] = {"list", "locks", "--no-lock", "--quiet", NULL};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(strlist_free) struct strlist lines = {0};

	if (restic_look(g, words, EX_UNAVAILABLE, &res, e) != 0)
		return -1;
	strlist_lines(&lines, str_get(&res.out));
	for (size_t i = 0; i < lines.count; i++) {
		const char *id = lines.item[i];
		struct lock *l;

		if (strlen(id) != ID || id[strspn(id, "0123456789abcdef")] != '\0')
			continue;
		out->item = mem_grow(out->item, (out->count + 1) * sizeof *out->item);
		l = &out->item[out->count++];
		*l = (struct lock){0};
		memcpy(l->id, id, ID);
		if (whole)
			read_lock(g, l);
	}
	return 0;
}

static bool has_lock(const struct locks *l, const char *id)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->item[i].id, id) == 0)
			return true;
	return false;
}

/* --- judging ------------------------------------------------------------------------------------ */

/* A process of that number that is another program got the number of a dead one. */
static bool is_restic(long long pid)
{
	CLEANUP(mem_freep) char *path = mem_format("/proc/%lld/comm", pid);
	CLEANUP(str_free) struct str name = {0};
	struct error e = {0};

	if (!file_exists(path))
		return false;
	if (file_read(path, NAME_MAX_BYTES, &name, &e) != 0)
		return file_exists(path);
	str_trim(&name);
	return strcmp(str_get(&name), "restic") == 0;
}

static bool is_own_and_dead(const struct driver *g, const struct lock *l)
{
	return l->read && resticown_has(g, l->host, l->pid, l->when) && !is_restic(l->pid);
}

/*
 * Whether restic would take L for dead though its owner may live: it knows hosts by their name alone, and this one bears
 * ours.
 */
static bool is_in_danger(const struct driver *g, const struct lock *l, const char *host)
{
	return l->read && host && strcmp(l->host, host) == 0 && kill((pid_t)l->pid, 0) != 0 &&
	       clock_now() - l->when <= STALE_S && !is_own_and_dead(g, l);
}

/* Whether restic may remove what it takes for stale; else says why not. */
static bool may_judge(const struct driver *g, const struct locks *l)
{
	CLEANUP(mem_freep) char *host = resticown_host();

	for (size_t i = 0; i < l->count; i++) {
		const struct lock *one = &l->item[i];

		if (!is_in_danger(g, one, host))
			continue;
		log_warn("restic: process %lld on '%.64s' has held a lock since %.19s; this machine did not start it, and another "
			 "machine may have this name: the lock is removed half an hour after it was last renewed", one->pid, one->host, one->since);
		return false;
	}
	return true;
}

static bool all_dead(const struct driver *g, const struct locks *l, const struct locks *left)
{
	for (size_t i = 0; i < left->count; i++)
		if (!has_lock(l, left->item[i].id))
			return false; /* a new one */
	for (size_t i = 0; i < l->count; i++)
		if (has_lock(left, l->item[i].id) && !is_own_and_dead(g, &l->item[i]))
			return false;
	return true;
}

static void say_removed(const struct locks *before, const struct locks *left)
{
	for (size_t i = 0; i < before->count; i++) {
		const struct lock *l = &before->item[i];

		if (l->read && !has_lock(left, l->id))
			log_say("restic: the lock of process %lld on '%.64s', of %.19s, is gone: nobody holds it any more",
				l->pid, l->host, l->since);
	}
}

/* restic can remove those that it takes for stale, or all. */
int resticlocks_remove_dead(const struct driver *g, struct error *e)
{
	static const char *const stale[] = {"unlock", NULL}, *const every[] = {"unlock", "--remove-all", NULL};
	CLEANUP(locks_free) struct locks before = {0};
	CLEANUP(locks_free) struct locks left = {0};
	CLEANUP(locks_free) struct locks last = {0};
	CLEANUP(run_free) struct run_result one = {0};
	CLEANUP(run_free) struct run_result all = {0};

	if (read_locks(g, true, &before, e) != 0)
		return -1;
	if (before.count == 0 || !may_judge(g, &before))
		return 0;
	if (restic_look(g, stale, EX_UNAVAILABLE, &one, e) != 0 || read_locks(g, false, &left, e) != 0)
		return -1;
	if (left.count && all_dead(g, &before, &left) && restic_look(g, every, EX_UNAVAILABLE, &all, e) != 0)
		return -1;
	if (read_locks(g, false, &last, e) != 0)
		return -1;
	say_removed(&before, &last);
	return 0;
}
