/* SPDX-License-Identifier: MIT */
#include "adapter/backup/resticlocks.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/backup/resticcall.h"
#include "base/log.h"
#include "base/path.h"
#include "sys/file.h"
#include "wrap/json.h"

enum { HOST_MAX = 256, HOSTS_MAX = 1 << 16, ID = 64 };

struct lock {
	char id[ID + 1];
	char *host, *since; /* owned; as the lock says: whoever can write there may have written it */
	long long pid;
	bool read;          /* the three of them could be read */
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

/* --- names of this machine ---------------------------------------------------------------------- */

static bool read_host(char host[HOST_MAX])
{
	host[HOST_MAX - 1] = '\0';
	return gethostname(host, HOST_MAX - 1) == 0 && *host;
}

/* One name a line; the file is a cache: where it is gone, fewer locks are proven dead. */
static void read_hosts(const struct driver *g, struct strlist *hosts)
{
	CLEANUP(mem_freep) char *path = path_join(g->state, "hosts");
	CLEANUP(str_free) struct str text = {0};
	struct error e = {0};

	if (file_exists(path) && file_read(path, HOSTS_MAX, &text, &e) != 0)
		log_detail("%s", e.text);
	strlist_lines(hosts, str_get(&text));
}

void resticlocks_note_host(const struct driver *g)
{
	CLEANUP(mem_freep) char *path = path_join(g->state, "hosts");
	CLEANUP(strlist_free) struct strlist hosts = {0};
	CLEANUP(str_free) struct str text = {0};
	char host[HOST_MAX];
	struct error e = {0};

	read_hosts(g, &hosts);
	if (!read_host(host) || strlist_has(&hosts, host))
		return;
	strlist_add(&hosts, host);
	strlist_text(&hosts, &text);
	if (file_write_quick(path, text.data, text.len, 0600, &e) != 0)
		log_detail("%s", e.text);
}

/* --- reading ------------------------------------------------------------------------------------ */

static void read_lock(const struct driver *g, struct lock *l)
{
	const char *words[] = {"cat", "lock", l->id, "--no-lock", NULL};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(jv_freep) struct json *j = NULL;
	struct error e = {0};

	if (restic_look(g, words, EX_UNAVAILABLE, &res, &e) == 0)
		j = jv_parse(str_get(&res.out), res.out.len, "restic cat lock", &e);
	if (e.text[0])
		log_detail("%s", e.text); /* its owner may have let it go meanwhile */
	l->host = mem_dup(jv_get_text(j, "hostname"));
	l->since = mem_dup(jv_get_text(j, "time"));
	l->pid = jv_number(jv_get(j, "pid"), 0);
	l->read = l->host && l->since && l->pid > 0;
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
	if (file_read(path, HOST_MAX, &name, &e) != 0)
		return file_exists(path);
	str_trim(&name);
	return strcmp(str_get(&name), "restic") == 0;
}

static bool is_dead(const struct lock *l, const struct strlist *hosts)
{
	return l->read && strlist_has(hosts, l->host) && !is_restic(l->pid);
}

static bool all_dead(const struct driver *g, const struct locks *l, const struct locks *left)
{
	CLEANUP(strlist_free) struct strlist hosts = {0};

	read_hosts(g, &hosts);
	for (size_t i = 0; i < left->count; i++)
		if (!has_lock(l, left->item[i].id))
			return false; /* a new one */
	for (size_t i = 0; i < l->count; i++)
		if (has_lock(left, l->item[i].id) && !is_dead(&l->item[i], &hosts))
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
	if (before.count == 0)
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
