/* SPDX-License-Identifier: MIT */
#include "adapter/docker/image.h"

#include <limits.h>
#include <string.h>

#include "adapter/docker/ask.h"
#include "sys/run.h"
#include "wrap/json.h"

enum { CHANGE_MS = 10 * 60000 };

/* Asks for COUNT images at once. Returns 1 if one of them is missing; docker does not say which. */
static int image_ids(char *const *names, size_t count, struct strlist *ids, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(run_free) struct run_result res = {0};
	int r;

	strlist_addv(&argv, (const char *[]){"docker", "image", "inspect", "--format", "{{.Id}}", NULL});
	for (size_t i = 0; i < count; i++)
		strlist_add(&argv, names[i]);
	r = docker_ask(&argv, "No such image", &res, e);
	if (r == 0)
		strlist_lines(ids, str_get(&res.out));
	return r;
}

int docker_image_ids(const struct strlist *names, struct strlist *ids, struct error *e)
{
	int r = names->count ? image_ids(names->item, names->count, ids, e) : 0;

	if (r <= 0)
		return r;
	for (size_t i = 0; i < names->count; i++) {
		r = image_ids(&names->item[i], 1, ids, e);
		if (r < 0)
			return -1;
		if (r == 1)
			strlist_add(ids, "");
	}
	return 0;
}

static int add_path(void *arg, const char *path, const struct json *j)
{
	(void)j;
	str_addf(arg, "%s\n", path);
	return 0;
}

int docker_image_volumes(const struct strlist *names, struct strlist *paths, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(jv_deletep) struct json *all = NULL;

	if (names->count == 0)
		return 0;
	strlist_addv(&argv, (const char *[]){"docker", "image", "inspect", NULL});
	strlist_addv(&argv, strlist_argv(names));
	if (docker_ask(&argv, NULL, &res, e) != 0)
		return -1;
	all = jv_parse(str_get(&res.out), res.out.len, "docker image inspect", e);
	if (all == NULL)
		return -1;
	if (jv_count(all) != names->count)
		return error_set(e, EX_UNAVAILABLE, "docker image inspect printed %zu images instead of %zu", jv_count(all),
				 names->count);
	for (size_t i = 0; i < names->count; i++) {
		CLEANUP(str_free) struct str text = {0};

		jv_each(jv_path(jv_at(all, i), "Config.Volumes"), add_path, &text);
		strlist_add(paths, str_get(&text));
	}
	return 0;
}

long long docker_image_size(const char *name, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(run_free) struct run_result res = {0};
	unsigned long long size = 0;
	int r;

	strlist_addv(&argv, (const char *[]){"docker", "image", "inspect", "--format", "{{.Size}}", name, NULL});
	r = docker_ask(&argv, "No such image", &res, e);
	if (r != 0)
		return r < 0 ? -1 : 0;
	str_trim(&res.out);
	return str_number(str_get(&res.out), LLONG_MAX, &size) ? (long long)size : 0;
}

int docker_image_tag(const char *image, const char *name, struct error *e)
{
	CLEANUP(run_free) struct run_result res = {0};
	const struct run r = {.argv = (const char *[]){"docker", "image", "tag", image, name, NULL}, .timeout_ms = CHANGE_MS};

	return run_check(&r, 0, &res, e);
}

int docker_image_remove(const char *name, struct error *e)
{
	CLEANUP(run_free) struct run_result res = {0};
	const struct run r = {.argv = (const char *[]){"docker", "image", "rm", name, NULL},
			      .timeout_ms = CHANGE_MS};
	long long size = docker_image_size(name, e);

	if (size <= 0)
		return (int)size;
	return run_check(&r, 0, &res, e);
}
