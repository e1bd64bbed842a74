/* SPDX-License-Identifier: MIT */
#include "sys/holders.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sys/mounts.h"
#include "sys/processes.h"

/* --- open files ------------------------------------------------------------------------------------ */

static bool lies_in(const char *link, dev_t device)
{
	struct stat st;

	return stat(link, &st) == 0 && st.st_dev == device;
}

static bool has_open(long pid, dev_t device)
{
	CLEANUP(mem_freep) char *fds = mem_format("/proc/%ld/fd", pid);
	DIR *dir = opendir(fds);
	struct dirent *d;
	bool found = false;

	while (dir && !found && (d = readdir(dir))) {
		CLEANUP(mem_freep) char *link = mem_format("%s/%s", fds, d->d_name);

		found = d->d_name[0] != '.' && lies_in(link, device);
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool has_link(long pid, dev_t device)
{
	static const char *const names[] = {"cwd", "root", "exe"};
	bool found = false;

	for (size_t i = 0; !found && i < sizeof names / sizeof *names; i++) {
		CLEANUP(mem_freep) char *link = mem_format("/proc/%ld/%s", pid, names[i]);

		found = lies_in(link, device);
	}
	return found;
}

static void add_process(struct strlist *who, long pid)
{
	char name[64];
	bool known = processes_read(pid, "comm", name, sizeof name);

	name[strcspn(name, "\n")] = '\0';
	strlist_addf(who, "%s (pid %ld)", known ? name : "?", pid);
}

struct search {
	dev_t device;
	struct strlist *found;
};

static int look_open(void *arg, long pid, struct error *e)
{
	struct search *s = arg;

	(void)e;
	if (has_link(pid, s->device) || has_open(pid, s->device))
		add_process(s->found, pid);
	return 0;
}

int holders_of(const char *path, struct strlist *who, struct error *e)
{
	struct search s = {.found = who};
	struct stat st;

	if (stat(path, &st) != 0)
		return error_errno(e, 0, "cannot look at '%s'", path);
	s.device = st.st_dev;
	return processes_each(look_open, &s, e);
}

/* --- mounts ---------------------------------------------------------------------------------------- */

struct mounts {
	const char *device, *subroot, *but, *except;
	dev_t number; /* of the device, 0: it is none */
	ino_t own;    /* this process's namespace */
	struct strlist groups; /* the numbers of the peer groups of what is mounted at EXCEPT: it may be there twice */
	struct strlist seen; /* namespaces, as text */
	struct strlist *where;
};

static ino_t namespace_of(const char *pid)
{
	CLEANUP(mem_freep) char *path = mem_format("/proc/%s/ns/mnt", pid);
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

static bool same_device(const struct mounts *m, const char *source)
{
	struct stat st;

	if (strcmp(source, m->device) == 0)
		return true;
	return m->number && source[0] == '/' && stat(source, &st) == 0 && S_ISBLK(st.st_mode) &&
	       st.st_rdev == m->number;
}

static bool within(const char *subroot, const char *wanted)
{
	size_t n = strcmp(wanted, "/") == 0 ? 0 : strlen(wanted);

	return strncmp(subroot, wanted, n) == 0 && (subroot[n] == '\0' || subroot[n] == '/');
}

/* The number behind "shared:" in the table of mounts; the caller frees it. NULL: none. */
static char *group_of(const char *peers)
{
	const char *p = strstr(peers, "shared:");

	return p ? mem_dupn(p + 7, strcspn(p + 7, " ")) : NULL;
}

/* Whether it is unmounted together with EXCEPT: a peer, or one that receives what is done to it. */
static bool follows(const struct mounts *m, const char *peers)
{
	for (const char *p = peers; *p;) {
		size_t n = strcspn(p, " "), colon = strcspn(p, ":") + 1;

		if (n > colon && (strncmp(p, "shared:", 7) == 0 || strncmp(p, "master:", 7) == 0)) {
			CLEANUP(mem_freep) char *group = mem_dupn(p + colon, n - colon);

			if (strlist_has(&m->groups, group))
				return true;
		}
		p += n + (p[n] == ' ');
	}
	return false;
}

static void add_mount(const struct mounts *m, const struct mounts_entry *entry, ino_t space, long pid)
{
	if (!same_device(m, entry->source) || !within(entry->subroot, m->subroot) ||
	    (m->but && within(entry->subroot, m->but)))
		return;
	if (space == m->own) {
		if (m->except == NULL || strcmp(entry->target, m->except) != 0)
			strlist_add(m->where, entry->target);
	} else if (!follows(m, entry->peers)) {
		strlist_addf(m->where, "%s (pid %ld)", entry->target, pid);
	}
}

static int look_mounts(void *arg, long pid, struct error *e)
{
	struct mounts *m = arg;
	CLEANUP(mounts_free) struct mounts_table t = {0};
	CLEANUP(mem_freep) char *text = mem_format("%ld", pid);
	ino_t space = namespace_of(text);
	CLEANUP(mem_freep) char *id = mem_format("%llu", (unsigned long long)space);

	if (space == 0 || strlist_has(&m->seen, id))
		return 0;
	strlist_add(&m->seen, id);
	if (mounts_read_of(pid, &t, e) != 0)
		return -1;
	for (size_t i = 0; i < t.count; i++)
		add_mount(m, &t.entry[i], space, pid);
	return 0;
}

static int find_groups(struct mounts *m, struct error *e)
{
	CLEANUP(mounts_free) struct mounts_table t = {0};

	if (m->except == NULL)
		return 0;
	if (mounts_read(&t, e) != 0)
		return -1;
	for (size_t i = 0; i < t.count; i++) {
		CLEANUP(mem_freep) char *group = NULL;

		if (strcmp(t.entry[i].target, m->except) == 0)
			group = group_of(t.entry[i].peers);
		if (group)
			strlist_add(&m->groups, group);
	}
	return 0;
}

int holders_mounts(const char *device, const char *subroot, const char *but, const char *except,
		   struct strlist *where, struct error *e)
{
	struct mounts m = {device, subroot, but, except, .own = namespace_of("self"), .where = where};
	struct stat st;
	int r;

	if (stat(device, &st) == 0 && S_ISBLK(st.st_mode))
		m.number = st.st_rdev;
	r = find_groups(&m, e) != 0 ? -1 : processes_each(look_mounts, &m, e);
	strlist_free(&m.seen);
	strlist_free(&m.groups);
	return r;
}
