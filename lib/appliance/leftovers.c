/* SPDX-License-Identifier: MIT */
#include "appliance/leftovers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/docker/docker.h"
#include "appliance/appliance.h"
#include "appliance/volume/volumes.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/clock.h"
#include "sys/discard.h"
#include "sys/file.h"
#include "wrap/json.h"

enum { RECORD_MAX = 1 << 20 };

/* --- the record ------------------------------------------------------------------------------------------- */

struct json *leftovers_list(const char *root, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_LEFTOVERS);
	CLEANUP(str_free) struct str text = {0};

	if (!file_exists(path))
		return jv_array();
	if (file_read(path, RECORD_MAX, &text, e) != 0)
		return NULL;
	return jv_parse(str_get(&text), text.len, path, e);
}

static int write_record(const char *root, const struct json *all, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_LEFTOVERS);
	CLEANUP(mem_freep) char *dir = path_dir(path);
	CLEANUP(str_free) struct str text = {0};

	if (jv_count(all) == 0)
		return file_remove(path, e);
	jv_write(all, 2, &text);
	str_addc(&text, '\n');
	return file_mkdirs(dir, 0755, e) == 0 ? file_write(path, text.data, text.len, 0644, e) : -1;
}

static bool is_same(const struct json *j, const char *kind, const char *volume, const char *what)
{
	const char *k = jv_get_text(j, "kind"), *v = jv_get_text(j, "volume"), *w = jv_get_text(j, "what");

	return k && w && strcmp(k, kind) == 0 && strcmp(w, what) == 0 && strcmp(v ? v : "", volume ? volume : "") == 0;
}

/* Records it, once, and says it. Where even that fails there is nothing else that could be done. */
static void record_leftover(const char *root, const char *kind, const char *volume, const char *what, const char *why)
{
	struct error e = {0};
	CLEANUP(jv_freep) struct json *all = leftovers_list(root, &e);
	struct json *j;

	log_warn("%s could not be removed, and later runs try again: %s", what, why);
	for (size_t i = 0; i < jv_count(all); i++)
		if (is_same(jv_at(all, i), kind, volume, what))
			return;
	if (all) {
		j = jv_object();
		jv_set_text(j, "kind", kind);
		jv_set_text(j, "volume", volume);
		jv_set_text(j, "what", what);
		jv_set_text(j, "why", why);
		jv_set_number(j, "since", clock_now());
		jv_add(all, j);
	}
	if (all == NULL || write_record(root, all, &e) != 0)
		log_warn("it could not be recorded either: %s", e.text);
}

/* --- setting aside ---------------------------------------------------------------------------------------- */

void leftovers_discard(const char *root, const char *path)
{
	CLEANUP(mem_freep) char *aside = mem_format("%s.left-%lld", path, (long long)clock_now());
	struct error why = {0};

	if (discard_tree(path, true, &why) == 0)
		return;
	/* a mount point cannot be renamed: it is in the way of the next one until it is unmounted */
	if (file_exists(aside) || rename(path, aside) != 0)
		record_leftover(root, "tree", NULL, path, why.text);
	else
		record_leftover(root, "tree", NULL, aside, why.text);
}

void leftovers_set_aside(const char *root, const struct storage_volume *v, const struct error *why)
{
	CLEANUP(mem_freep) char *as = NULL;
	struct error e = {0};

	if (v->driver->set_aside(v, &as, &e) != 0)
		log_detail("%s", e.text);
	if (as || e.code)
		record_leftover(root, "state", v->name, as ? as : "", why->text);
}

int leftovers_remove_containers(const char *root, const struct strlist *ids, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};

	if (docker_remove(ids, e) == 0)
		return 0;
	if (docker_inspect(ids, &list, e) != 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		record_leftover(root, "container", NULL, list.item[i].id, e->text);
	*e = (struct error){0};
	return 0;
}

/* --- trying again ----------------------------------------------------------------------------------------- */

static int retry_tree(const char *root, struct json *j, struct error *e)
{
	(void)root;
	return discard_tree(jv_get_text(j, "what"), true, e);
}

/*
 * "" stands for what kept the name that it has while a revert is under way. It is set aside first: only that tells it from
 * what is live.
 */
static int retry_state(const char *root, struct json *j, struct error *e)
{
	CLEANUP(volumes_free) struct volumes vs = {0};
	CLEANUP(mem_freep) char *aside = NULL;
	const char *name = jv_get_text(j, "volume"), *as = jv_get_text(j, "what");
	const struct storage_volume *v;

	if (volumes_find(root, name, &vs, e) != 0)
		return -1;
	v = name ? volumes_get(&vs, name) : NULL;
	if (v == NULL || v->driver == NULL)
		return error_set(e, EX_NOINPUT, "volume '%s' is missing", name ? name : "");
	if (*as == '\0') {
		if (v->driver->set_aside(v, &aside, e) != 0 && aside == NULL)
			return -1;
		if (aside == NULL)
			return 0;
		jv_set_text(j, "what", aside);
		as = aside;
	}
	return v->driver->remove_aside(v, as, e);
}

static int retry_container(const char *root, struct json *j, struct error *e)
{
	CLEANUP(strlist_free) struct strlist ids = {0};

	(void)root;
	strlist_add(&ids, jv_get_text(j, "what"));
	return docker_remove(&ids, e);
}

/* J gets the name that what is left was given meanwhile. */
static int retry_one(const char *root, struct json *j, struct error *e)
{
	static const struct {
		const char *kind;
		int (*retry)(const char *root, struct json *j, struct error *e);
	} kinds[] = {{"tree", retry_tree}, {"state", retry_state}, {"container", retry_container}};
	const char *kind = jv_get_text(j, "kind");

	for (size_t i = 0; kind && jv_get_text(j, "what") && i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kind, kinds[i].kind) == 0)
			return kinds[i].retry(root, j, e);
	return error_set(e, EX_SOFTWARE, "this version does not know how to remove it");
}

void leftovers_retry(const char *root)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_LEFTOVERS);
	CLEANUP(jv_freep) struct json *all = NULL, *left = NULL;
	struct error e = {0};

	if (!file_exists(path) || volumes_check_mounted(root, NULL, &e) != 0)
		return;
	all = leftovers_list(root, &e);
	left = jv_array();
	for (size_t i = 0; i < jv_count(all); i++) {
		CLEANUP(jv_freep) struct json *one = jv_copy(jv_at(all, i));
		struct error why = {0};

		if (retry_one(root, one, &why) == 0)
			continue;
		log_detail("%s", why.text);
		jv_add(left, jv_copy(one));
	}
	if (all == NULL || write_record(root, left, &e) != 0)
		log_warn("%s", e.text);
}
