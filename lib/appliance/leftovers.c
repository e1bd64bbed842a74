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

static void leftover_free(struct leftover *l)
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

/* VOLUME: or NULL. */
static struct leftover *add(struct leftovers *l, const char *kind, const char *volume, const char *what, const char *why)
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
	l = add(all, kind, jv_get_text(j, "volume"), what, why);
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

static int write_record(const char *root, const struct leftovers *l, struct error *e)
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

static bool is_same(const struct leftover *l, const char *kind, const char *volume, const char *what)
{
	return strcmp(l->kind, kind) == 0 && strcmp(l->what, what) == 0 &&
	       strcmp(l->volume ? l->volume : "", volume ? volume : "") == 0;
}

/* Records it, once, and says it. Where even that fails there is nothing else that could be done. */
static void record_leftover(const char *root, const char *kind, const char *volume, const char *what, const char *why)
{
	CLEANUP(leftovers_free) struct leftovers all;
	struct error e = {0};
	int r = leftovers_read(root, &all, &e);

	log_warn("%s could not be removed, and later runs try again: %s", what, why);
	for (size_t i = 0; i < all.count; i++)
		if (is_same(&all.item[i], kind, volume, what))
			return;
	if (r == 0) {
		add(&all, kind, volume, what, why)->since = clock_now();
		r = write_record(root, &all, &e);
	}
	if (r != 0)
		log_warn("it could not be recorded either: %s", e.text);
}

/* What bears the name from now on is something else. */
static void forget_tree(const char *root, const char *path)
{
	CLEANUP(leftovers_free) struct leftovers all;
	struct error e = {0};
	size_t left = 0;

	if (leftovers_read(root, &all, &e) != 0)
		return; /* whoever writes it next says so */
	for (size_t i = 0; i < all.count; i++)
		if (is_same(&all.item[i], "tree", NULL, path))
			leftover_free(&all.item[i]);
		else
			all.item[left++] = all.item[i];
	if (left == all.count)
		return;
	all.count = left;
	if (write_record(root, &all, &e) != 0)
		log_warn("%s", e.text);
}

/* --- setting aside ---------------------------------------------------------------------------------------- */

void leftovers_discard_at(const char *root, int dir, const char *name, const char *path)
{
	CLEANUP(mem_freep) char *as = mem_format("%s.left-%lld", name, (long long)clock_now());
	CLEANUP(mem_freep) char *aside = mem_format("%s.left-%lld", path, (long long)clock_now());
	struct error why = {0};

	if (discard_at(dir, name, path, true, &why) == 0) {
		forget_tree(root, path);
		return;
	}
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
static int retry_tree(const char *root, struct leftover *l, struct error *e)
{
	const char *what = l->what, *name = strrchr(what, '/');
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
static int retry_state(const char *root, struct leftover *l, struct error *e)
{
	CLEANUP(volumes_free) struct volumes vs = {0};
	char *aside = NULL;
	const struct storage_volume *v;

	if (volumes_find(root, l->volume, &vs, e) != 0)
		return -1;
	v = l->volume ? volumes_get(&vs, l->volume) : NULL;
	if (v == NULL || v->driver == NULL)
		return error_set(e, EX_NOINPUT, "volume '%s' is missing", l->volume ? l->volume : "");
	if (*l->what == '\0') {
		if (v->driver->set_aside(v, &aside, e) != 0 && aside == NULL)
			return -1;
		if (aside == NULL)
			return 0;
		free(l->what);
		l->what = aside;
	}
	return v->driver->remove_aside(v, l->what, e);
}

static int retry_container(const char *root, struct leftover *l, struct error *e)
{
	CLEANUP(strlist_free) struct strlist ids = {0};

	(void)root;
	strlist_add(&ids, l->what);
	return docker_remove(&ids, e);
}

static int retry_as(const char *root, struct leftover *l, struct error *e)
{
	static const struct {
		const char *kind;
		int (*retry)(const char *root, struct leftover *l, struct error *e);
	} kinds[] = {{"tree", retry_tree}, {"state", retry_state}, {"container", retry_container}};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(l->kind, kinds[i].kind) == 0)
			return kinds[i].retry(root, l, e);
	return error_set(e, EX_SOFTWARE, "this version does not know how to remove it");
}

struct attempt {
	const char *root;
	struct leftover *l;
};

/* OUT gets the name that what is left has now. */
static int attempt(void *arg, struct str *out, struct error *e)
{
	struct attempt *a = arg;
	int r = retry_as(a->root, a->l, e);

	str_add(out, a->l->what);
	return r;
}

/* True: it is gone. */
static bool retry_one(const char *root, struct leftover *l)
{
	CLEANUP(str_free) struct str what = {0};
	struct error why = {0};

	if (apart_run(attempt, &(struct attempt){root, l}, TRY_MS, &what, &why) == 0)
		return true;
	log_detail("%s", why.text);
	if (what.len)
		state_set(&l->what, what.data);
	state_set(&l->why, why.text);
	return false;
}

static bool is_due(const struct leftover *l, long long now)
{
	return l->tried == 0 || l->tried > now || now - l->tried >= AGAIN_S; /* a clock that was put back hides none */
}

/*
 * Notes the time in those of ALL that are due, EVERY one or by their time: 1 some are, 0 none, -1 on failure. It is recorded
 * before anything is tried: what hangs the machine is not tried by each command.
 */
static int note_tries(const char *root, struct leftovers *all, bool every, struct error *e)
{
	long long now = clock_now();
	bool some = false;

	for (size_t i = 0; i < all->count; i++) {
		struct leftover *l = &all->item[i];

		l->due = every || is_due(l, now);
		if (l->due)
			l->tried = now;
		some = some || l->due;
	}
	return !some ? 0 : write_record(root, all, e) == 0 ? 1 : -1;
}

/* Tries those that are due; what is gone leaves ALL. */
static void retry_due(const char *root, struct leftovers *all)
{
	long long until = clock_ms() + TRIES_MS;
	size_t left = 0;

	for (size_t i = 0; i < all->count; i++) {
		struct leftover *l = &all->item[i];

		if (l->due && clock_ms() < until && !signals_pending() && retry_one(root, l))
			leftover_free(l);
		else
			all->item[left++] = *l;
	}
	all->count = left;
}

void leftovers_retry(const char *root, bool every)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_LEFTOVERS);
	CLEANUP(leftovers_free) struct leftovers all = {0};
	struct error e = {0};
	int r;

	if (!file_exists(path) || volumes_check_mounted(root, NULL, &e) != 0)
		return;
	r = leftovers_read(root, &all, &e);
	if (r == 0)
		r = note_tries(root, &all, every, &e);
	if (r > 0) {
		retry_due(root, &all);
		r = write_record(root, &all, &e);
	}
	if (r < 0)
		log_warn("%s", e.text);
}
