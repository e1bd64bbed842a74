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

enum {
	AGAIN_S = 3600,   /* between two tries to remove one, but for those of ecs-start */
	TRY_MS = 20000,   /* that one try may take */
	TRIES_MS = 60000  /* that the tries of one command may take: the rest is for the next */
};

/* Records it, once, and says it. Where even that fails there is nothing else that could be done. */
static void record_leftover(const char *root, const char *kind, const char *volume, const char *what, const char *why)
{
	CLEANUP(leftovers_free) struct leftovers all;
	struct error e = {0};
	int r = leftovers_read(root, &all, &e);

	log_warn("%s could not be removed, and later runs try again: %s", what, why);
	for (size_t i = 0; i < all.count; i++)
		if (leftovers_is_same(&all.item[i], kind, volume, what))
			return;
	if (r == 0) {
		leftovers_add(&all, kind, volume, what, why)->since = clock_now();
		r = leftovers_write(root, &all, &e);
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
		if (leftovers_is_same(&all.item[i], "tree", NULL, path))
			leftover_free(&all.item[i]);
		else
			all.item[left++] = all.item[i];
	if (left == all.count)
		return;
	all.count = left;
	if (leftovers_write(root, &all, &e) != 0)
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

static const struct storage_volume *volume_of(const char *root, const struct leftover *l, struct volumes *vs, struct error *e)
{
	const struct storage_volume *v;

	if (volumes_find(root, l->volume, vs, e) != 0)
		return NULL;
	v = l->volume ? volumes_get(vs, l->volume) : NULL;
	if (v == NULL || v->driver == NULL) {
		error_set(e, EX_NOINPUT, "volume '%s' is missing", l->volume ? l->volume : "");
		return NULL;
	}
	return v;
}

/*
 * "" stands for what kept the name that it has while a revert is under way. It is set aside first: only that tells it from
 * what is live.
 */
static int retry_state(const char *root, struct leftover *l, struct error *e)
{
	CLEANUP(volumes_free) struct volumes vs = {0};
	const struct storage_volume *v = volume_of(root, l, &vs, e);
	char *aside = NULL;

	if (v == NULL)
		return -1;
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

/* OUT gets the name that it has then; nothing where there is none any more. */
static int name_state(void *arg, struct str *out, struct error *e)
{
	struct attempt *a = arg;
	CLEANUP(volumes_free) struct volumes vs = {0};
	CLEANUP(mem_freep) char *aside = NULL;
	const struct storage_volume *v = volume_of(a->root, a->l, &vs, e);

	if (v == NULL || (v->driver->set_aside(v, &aside, e) != 0 && aside == NULL))
		return -1;
	str_add(out, aside ? aside : "");
	return 0;
}

/* The name of what is set aside only now is recorded before it is removed: a try that is stopped takes what it knows along. */
static int name_states(const char *root, struct leftovers *all, struct error *e)
{
	bool named = false;

	for (size_t i = 0; i < all->count; i++) {
		struct leftover *l = &all->item[i];
		CLEANUP(str_free) struct str what = {0};
		struct error why = {0};

		if (!l->due || strcmp(l->kind, "state") != 0 || *l->what || signals_pending())
			continue;
		if (apart_run(name_state, &(struct attempt){root, l}, TRY_MS, &what, &why) != 0)
			log_detail("%s", why.text);
		else if (what.len)
			state_set(&l->what, what.data);
		named = named || *l->what;
	}
	return named ? leftovers_write(root, all, e) : 0;
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
	return !some ? 0 : leftovers_write(root, all, e) == 0 ? 1 : -1;
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
	if (r > 0)
		r = name_states(root, &all, &e) == 0 ? 1 : -1;
	if (r > 0) {
		retry_due(root, &all);
		r = leftovers_write(root, &all, &e);
	}
	if (r < 0)
		log_warn("%s", e.text);
}
