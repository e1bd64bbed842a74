/* SPDX-License-Identifier: MIT */
#include "command/update/migrationfiles.h"

#include <stdlib.h>
#include <string.h>

#include "adapter/git/git.h"
#include "base/path.h"
#include "sys/file.h"

#define PATHSPEC ":(glob)**/migrations/[0-9][0-9][0-9][0-9]_*.py"

enum { DEPTH_MAX = 8 }; /* submodules in submodules */

/* A repository, and what of it is compared. */
struct place {
	const char *dir, *prefix; /* PREFIX stands before the paths */
	const char *from, *to;
	int depth;                /* in how many submodules it lies */
};

static int compare(const struct place *p, struct migrationfiles *m, struct error *e);

static void add(struct migrationfiles *m, char status, const char *prefix, const char *path)
{
	m->item = mem_grow(m->item, (m->count + 1) * sizeof *m->item);
	m->item[m->count++] = (struct migration){status, mem_format("%s%s", prefix, path)};
}

/* Where the repository of the submodule PATH is: beside its files, or kept by the checkout. */
static char *submodule_dir(const char *dir, const char *path)
{
	CLEANUP(mem_freep) char *files = path_join(dir, path), *inside = path_join(files, ".git");
	CLEANUP(mem_freep) char *kept = mem_format("%s/.git/modules/%s", dir, path);

	if (file_exists(inside))
		return mem_dup(files);
	return file_exists(kept) ? mem_dup(kept) : NULL;
}

static int compare_link(const struct place *p, const struct git_link *link, struct migrationfiles *m, struct error *e)
{
	CLEANUP(mem_freep) char *inside = submodule_dir(p->dir, link->path);
	CLEANUP(mem_freep) char *below = mem_format("%s%s/", p->prefix, link->path);
	const struct place within = {inside, below, link->from, link->to, p->depth + 1};

	if (inside == NULL || p->depth == DEPTH_MAX)
		return error_set(e, EX_NOINPUT,
				 "the submodule '%s%s' differs, but its repository is missing: run "
				 "'git -C %s submodule update --init'",
				 p->prefix, link->path, p->dir);
	if (compare(&within, m, e) != 0)
		return error_context(e, "submodule '%s%s'", p->prefix, link->path);
	return 0;
}

static int compare(const struct place *p, struct migrationfiles *m, struct error *e)
{
	CLEANUP(git_diff_free) struct git_diff d = {0};

	if (git_diff(p->dir, p->from, p->to, PATHSPEC, &d, e) != 0)
		return -1;
	for (size_t i = 0; i < d.changes; i++)
		add(m, d.change[i].status, p->prefix, d.change[i].path);
	for (size_t i = 0; i < d.links; i++)
		if (compare_link(p, &d.link[i], m, e) != 0)
			return -1;
	return 0;
}

int migrationfiles_compare(const char *dir, const char *from, const char *to, struct migrationfiles *m,
		       struct error *e)
{
	*m = (struct migrationfiles){0};
	if (compare(&(struct place){.dir = dir, .prefix = "", .from = from, .to = to}, m, e) == 0)
		return 0;
	migrationfiles_free(m);
	return -1;
}

void migrationfiles_free(struct migrationfiles *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->item[i].path);
	free(m->item);
	*m = (struct migrationfiles){0};
}

/* --- texts ------------------------------------------------------------------------------------------------ */

/* The bytes of the UTF-8 character at P; 0 where there is none. */
static size_t character(const unsigned char *p)
{
	static const struct {
		unsigned char mask, lead;
		size_t bytes;
	} forms[] = {{0x80, 0x00, 1}, {0xe0, 0xc0, 2}, {0xf0, 0xe0, 3}, {0xf8, 0xf0, 4}};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if ((*p & forms[i].mask) != forms[i].lead)
			continue;
		for (size_t n = 1; n < forms[i].bytes; n++)
			if ((p[n] & 0xc0) != 0x80)
				return 0;
		return *p == 0xc0 || *p == 0xc1 ? 0 : forms[i].bytes;
	}
	return 0;
}

/* A name that begins with a quote would look like a quoted one. */
static bool plain(const char *path, bool utf8)
{
	const unsigned char *p = (const unsigned char *)path;

	while (*p) {
		size_t n = character(p);

		if ((utf8 && n == 0) || *p < 0x20 || *p == 0x7f)
			return false;
		p += n ? n : 1;
	}
	return *path != '"';
}

char *migrationfiles_path_text(const char *path, bool utf8)
{
	static const char escapes[] = "\a\b\t\n\v\f\r\"\\", letters[] = "abtnvfr\"\\";
	CLEANUP(str_free) struct str s = {0};

	if (plain(path, utf8))
		return mem_dup(path);
	str_addc(&s, '"');
	for (const unsigned char *p = (const unsigned char *)path; *p; p++) {
		const char *escape = strchr(escapes, *p);

		if (escape)
			str_addf(&s, "\\%c", letters[escape - escapes]);
		else if (*p < 0x20 || *p >= 0x7f)
			str_addf(&s, "\\%03o", *p);
		else
			str_addc(&s, (char)*p);
	}
	str_addc(&s, '"');
	return mem_dup(s.data);
}

char *migrationfiles_label(const char *path)
{
	const char *name = strrchr(path, '/') + 1; /* "migrations/" stands before it */
	const char *end = name - strlen("/migrations/");
	const char *app = end;

	if (end < path)
		return mem_format(".%.*s", (int)strlen(name) - 3, name);
	while (app > path && app[-1] != '/')
		app--;
	return mem_format("%.*s.%.*s", (int)(end - app), app, (int)strlen(name) - 3, name);
}
