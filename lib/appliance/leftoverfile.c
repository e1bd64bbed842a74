/* SPDX-License-Identifier: MIT */
#include "appliance/leftoverfile.h"

#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "base/path.h"
#include "base/str.h"
#include "sys/file.h"
#include "wrap/json.h"

enum { RECORD_MAX = 1 << 20 };

void leftover_free(struct leftover *l)
{
	free(l->kind);
	free(l->volume);
	free(l->what);
	free(l->why);
}

void leftovers_free(struct leftovers *l)
{
	for (size_t i = 0; i < l->count; i++)
		leftover_free(&l->item[i]);
	free(l->item);
	*l = (struct leftovers){0};
}

struct leftover *leftovers_add(struct leftovers *l, const char *kind, const char *volume, const char *what, const char *why)
{
	l->item = mem_grow(l->item, (l->count + 1) * sizeof *l->item);
	l->item[l->count] = (struct leftover){.kind = mem_dup(kind), .volume = volume ? mem_dup(volume) : NULL,
					      .what = mem_dup(what), .why = mem_dup(why)};
	return &l->item[l->count++];
}

static int parse_one(const struct json *j, const char *path, struct leftovers *all, struct error *e)
{
	struct leftover *l;
	const char *kind = jv_get_text(j, "kind"), *what = jv_get_text(j, "what"), *why = jv_get_text(j, "why");

	if (!kind || !what || !why)
		return error_set(e, EX_DATAERR, "'%s': entry %zu has no kind, name or reason", path, all->count + 1);
	l = leftovers_add(all, kind, jv_get_text(j, "volume"), what, why);
	l->since = jv_number(jv_get(j, "since"), 0);
	l->tried = jv_number(jv_get(j, "tried"), 0);
	return 0;
}

int leftovers_read(const char *root, struct leftovers *l, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_LEFTOVERS);
	CLEANUP(str_free) struct str text = {0};
	CLEANUP(jv_deletep) struct json *all = NULL;

	*l = (struct leftovers){0};
	if (!file_exists(path))
		return 0;
	if (file_read(path, RECORD_MAX, &text, e) != 0)
		return -1;
	all = jv_parse(str_get(&text), text.len, path, e);
	if (all == NULL)
		return -1;
	for (size_t i = 0; i < jv_count(all); i++)
		if (parse_one(jv_at(all, i), path, l, e) != 0) {
			leftovers_free(l);
			return -1;
		}
	return 0;
}

struct json *leftovers_json(const struct leftovers *l)
{
	struct json *all = jv_array();

	for (size_t i = 0; i < l->count; i++) {
		struct json *j = jv_object();

		jv_set_text(j, "kind", l->item[i].kind);
		jv_set_text(j, "volume", l->item[i].volume);
		jv_set_text(j, "what", l->item[i].what);
		jv_set_text(j, "why", l->item[i].why);
		jv_set_number(j, "since", l->item[i].since);
		if (l->item[i].tried)
			jv_set_number(j, "tried", l->item[i].tried);
		jv_add(all, j);
	}
	return all;
}

int leftovers_write(const char *root, const struct leftovers *l, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_LEFTOVERS);
	CLEANUP(mem_freep) char *dir = path_dir(path);
	CLEANUP(jv_deletep) struct json *all = leftovers_json(l);
	CLEANUP(str_free) struct str text = {0};

	if (l->count == 0)
		return file_remove(path, e);
	jv_write(all, 2, &text);
	str_addc(&text, '\n');
	return file_mkdirs(dir, 0755, e) == 0 ? file_write(path, text.data, text.len, 0644, e) : -1;
}

bool leftovers_is_same(const struct leftover *l, const char *kind, const char *volume, const char *what)
{
	return strcmp(l->kind, kind) == 0 && strcmp(l->what, what) == 0 &&
	       strcmp(l->volume ? l->volume : "", volume ? volume : "") == 0;
}
