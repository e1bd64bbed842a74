/* SPDX-License-Identifier: MIT */
#include "appliance/leftovers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/docker/docker.h"
#include "appliance/appliance.h"
#include "appliance/volume/volumes.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/apart.h"
#include "sys/clock.h"
#include "sys/discard.h"
#include "sys/file.h"
#include "sys/signals.h"
#include "wrap/json.h"

enum {
	RECORD_MAX = 1 << 20,
	AGAIN_S = 3600,   /* between two tries to remove one, but for those of ecs-start */
	TRY_MS = 20000,   /* that one try may take */
	TRIES_MS = 60000  /* that the tries of one command may take: the rest is for the next */
};

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

void leftovers_discard_at(const char *root, int dir, const char *name, const char *path)
{
	CLEANUP(mem_freep) char *as = mem_format("%s.left-%lld", name, (long long)clock_now());
	CLEANUP(mem_freep) char *aside = mem_format("%s.left-%lld", path, (long long)clock_now());
	struct error why = {0};

	if (discard_at(dir, name, path, true, &why) == 0)
		return;
	/* a mount point cannot be renamed: it is in the way of the next one until it is unmounted */
	if (faccessat(dir, as, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || renameat(dir, name, dir, as) != 0)
		record_leftover(root, "tree", NULL, path, why.text);
	else
		record_leftover(root, "tree", NULL, aside, why.text);
}

void leftovers_discard(const char *root, const char *path)
{
	leftovers_discard_at(root, AT_FDCWD, path, path);
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

/* The application can put a link into the place of the folder of a restore, which lies in its vault: none is followed. */
static int retry_tree(const char *root, struct json *j, struct error *e)
{
	const char *what = jv_get_text(j, "what"), *name = strrchr(what, '/');
	CLEANUP(mem_freep) char *dir = path_dir(what);
	int links = str_ends(dir, "/" NAME_RESTORE_FOLDER) ? O_NOFOLLOW : 0;
	CLEANUP(file_closep) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | links);

	(void)root;
	if (fd < 0)
		return errno == ENOENT ? 0 : error_errno(e, EX_IOERR, "cannot open '%s'", dir);
	return discard_at(fd, name ? name + 1 : what, what, true, e);
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

static int retry_as(const char *root, struct json *j, struct error *e)
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

struct attempt {
	const char *root;
	struct json *j;
};

/* OUT gets the name that what is left has now. */
static int attempt(void *arg, struct str *out, struct error *e)
{
	struct attempt *a = arg;
	int r = retry_as(a->root, a->j, e);

	str_add(out, jv_get_text(a->j, "what"));
	return r;
}

/* True: it is gone. */
static bool retry_one(const char *root, struct json *j)
{
	CLEANUP(str_free) struct str what = {0};
	struct error why = {0};

	if (apart_run(attempt, &(struct attempt){root, j}, TRY_MS, &what, &why) == 0)
		return true;
	log_detail("%s", why.text);
	if (what.len)
		jv_set_text(j, "what", what.data);
	jv_set_text(j, "why", why.text);
	return false;
}

static bool is_due(const struct json *j)
{
	long long tried = jv_number(jv_get(j, "tried"), 0), now = clock_now();

	return tried == 0 || tried > now || now - tried >= AGAIN_S; /* a clock that was put back hides none */
}

/*
 * A copy of ALL, with the time in those that are DUE now; NULL where none is, or on failure. It is recorded before anything
 * is tried: what hangs the machine is not tried by each command.
 */
static struct json *note_tries(const char *root, const struct json *all, bool every, struct strlist *due, struct error *e)
{
	struct json *noted = jv_array();

	for (size_t i = 0; i < jv_count(all); i++) {
		struct json *one = jv_copy(jv_at(all, i));

		strlist_add(due, every || is_due(one) ? "due" : "");
		if (*due->item[i])
			jv_set_number(one, "tried", clock_now());
		jv_add(noted, one);
	}
	if (strlist_has(due, "due") && write_record(root, noted, e) == 0)
		return noted;
	jv_free(noted);
	return NULL;
}

void leftovers_retry(const char *root, bool every)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_LEFTOVERS);
	CLEANUP(jv_freep) struct json *all = NULL, *noted = NULL, *left = jv_array();
	CLEANUP(strlist_free) struct strlist due = {0};
	long long until = clock_ms() + TRIES_MS;
	struct error e = {0};

	if (!file_exists(path) || volumes_check_mounted(root, NULL, &e) != 0)
		return;
	all = leftovers_list(root, &e);
	noted = all ? note_tries(root, all, every, &due, &e) : NULL;
	for (size_t i = 0; i < jv_count(noted); i++) {
		struct json *one = jv_copy(jv_at(noted, i));

		if (*due.item[i] && clock_ms() < until && !signals_pending() && retry_one(root, one))
			jv_free(one);
		else
			jv_add(left, one);
	}
	if (noted)
		write_record(root, left, &e);
	if (e.code)
		log_warn("%s", e.text);
}
