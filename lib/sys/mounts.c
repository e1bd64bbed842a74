/* SPDX-License-Identifier: MIT */
#include "sys/mounts.h"

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* mountinfo and fstab write white space and backslash as \ooo (proc(5), getmntent(3)). */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

static struct mounts_entry *add(struct mounts_table *t)
{
	t->entry = mem_grow(t->entry, (t->count + 1) * sizeof *t->entry);
	t->entry[t->count] = (struct mounts_entry){0};
	return &t->entry[t->count++];
}

static char *field(const char *text)
{
	char *copy = mem_dup(text);

	unescape(copy);
	return copy;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" (proc(5)) */
static void parse_line(char *line, struct mounts_table *t)
{
	char *word[32];
	CLEANUP(str_free) struct str peers = {0};
	size_t n = 0, dash = 0;
	struct mounts_entry *m;

	line[strcspn(line, "\n")] = '\0';
	/* one space parts two fields: a source may be empty */
	for (char *w; n < sizeof word / sizeof *word && (w = strsep(&line, " ")); n++) {
		if (dash == 0 && n > 5 && strcmp(w, "-") == 0)
			dash = n;
		word[n] = w;
	}
	if (dash == 0 || n < dash + 4)
		return;
	m = add(t);
	m->subroot = field(word[3]);
	m->target = field(word[4]);
	m->type = field(word[dash + 1]);
	m->source = field(word[dash + 2]);
	m->options = mem_format("%s,%s", word[5], word[dash + 3]);
	for (size_t i = 6; i < dash; i++)
		str_addf(&peers, "%s%s", i > 6 ? " " : "", word[i]);
	m->peers = mem_dup(str_get(&peers));
}

static int read_from(const char *path, bool must, struct mounts_table *t, struct error *e)
{
	FILE *file = fopen(path, "re");
	CLEANUP(mem_freep) char *line = NULL;
	size_t cap = 0;
	int bad;

	if (file == NULL)
		return must ? error_errno(e, EX_IOERR, "cannot read the table of mounts") : 0;
	while (getline(&line, &cap, file) > 0)
		parse_line(line, t);
	bad = ferror(file);
	fclose(file);
	return bad ? error_set(e, EX_IOERR, "cannot read the table of mounts") : 0;
}

int mounts_read(struct mounts_table *t, struct error *e)
{
	return read_from("/proc/self/mountinfo", true, t, e);
}

int mounts_read_of(long pid, struct mounts_table *t, struct error *e)
{
	CLEANUP(mem_freep) char *path = mem_format("/proc/%ld/mountinfo", pid);

	return read_from(path, false, t, e);
}

int mounts_read_fstab(const char *path, struct mounts_table *t, struct error *e)
{
	FILE *file = setmntent(path, "re");
	struct mntent *found;

	if (file == NULL)
		return errno == ENOENT ? 0 : error_errno(e, 0, "cannot read '%s'", path);
	while ((found = getmntent(file))) {
		struct mounts_entry *m;

		if (found->mnt_dir[0] != '/')
			continue;
		m = add(t);
		m->source = mem_dup(found->mnt_fsname);
		m->target = mem_dup(found->mnt_dir);
		m->type = mem_dup(found->mnt_type);
		m->options = mem_dup(found->mnt_opts);
	}
	endmntent(file);
	return 0;
}

void mounts_free(struct mounts_table *t)
{
	for (size_t i = 0; i < t->count; i++) {
		struct mounts_entry *m = &t->entry[i];

		free(m->source);
		free(m->target);
		free(m->type);
		free(m->options);
		free(m->subroot);
		free(m->peers);
	}
	free(t->entry);
	*t = (struct mounts_table){0};
}

char *mounts_resolve(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : mem_dup(path);
}

static const struct mounts_entry *find_target(const struct mounts_table *t, const char *target)
{
	for (size_t i = t->count; i-- > 0;)
		if (strcmp(t->entry[i].target, target) == 0)
			return &t->entry[i];
	return NULL;
}

const struct mounts_entry *mounts_at(const struct mounts_table *t, const char *target)
{
	const struct mounts_entry *found = find_target(t, target);
	CLEANUP(mem_freep) char *real = found ? NULL : mounts_resolve(target);

	return found ? found : find_target(t, real);
}

bool mounts_option(const char *options, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = options; p && *p;) {
		size_t len = strcspn(p, ",");

		if (strncmp(p, name, n) == 0 && (p[n] == '=' || len == n))
			return true;
		p += len + (p[len] == ',');
	}
	return false;
}
