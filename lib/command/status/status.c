/* SPDX-License-Identifier: MIT */
#include "command/status/status.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/names.h"
#include "base/path.h"
#include "env/publish.h"
#include "appliance/appliance.h"
#include "appliance/containers.h"
#include "appliance/maintenance.h"
#include "appliance/volume/volumes.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/mounts.h"

static void note_trouble(struct status *s, const struct error *e)
{
	strlist_add(&s->trouble, e->text);
	if (s->code == 0)
		s->code = e->code;
}

/* The volume NAME at PATH, which is taken over. */
static void look_at_volume(struct status *s, const char *root, const char *name, char *path,
			   const struct mounts_table *mounts, const struct mounts_table *fstab)
{
	struct status_volume *v;
	struct statvfs fs;

	s->volume = mem_grow(s->volume, (s->volumes + 1) * sizeof *s->volume);
	v = &s->volume[s->volumes++];
	*v = (struct status_volume){.name = mem_dup(name), .path = path};
	v->mounted = mounts_at(mounts, v->path) != NULL;
	v->listed = mounts_at(fstab, v->path + strlen(root)) != NULL;
	v->there = file_exists(v->path);
	if (v->there && statvfs(v->path, &fs) == 0) {
		v->total = (long long)fs.f_blocks * (long long)fs.f_frsize;
		v->free = (long long)fs.f_bavail * (long long)fs.f_frsize;
	}
}

static void look_at_volumes(struct status *s, const char *root)
{
	CLEANUP(mem_freep) char *path = path_root(root, "/etc/fstab");
	CLEANUP(mounts_free) struct mounts_table mounts = {0}, fstab = {0};
	struct error e = {0};

	if (mounts_read(&mounts, &e) != 0 || mounts_read_fstab(path, &fstab, &e) != 0)
		note_trouble(s, &e);
	for (size_t i = 0; i < VOLUMES_KNOWN; i++)
		look_at_volume(s, root, volumes_known[i].name, volumes_folder(root, i), &mounts, &fstab);
	look_at_volume(s, root, "temp", path_root(root, NAME_TEMP), &mounts, &fstab);
}

static void look_at_lock(struct status *s, const char *root)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_LOCK);
	CLEANUP(str_free) struct str who = {0};
	struct error e = {0};
	int held = lock_look(path, &who, &e);

	if (held < 0)
		note_trouble(s, &e);
	else if (held)
		s->holder = mem_dup(who.data);
}

/* No environment yet, or one that is not usable, is ecs-start's to say. */
static bool is_standby(const char *root)
{
	CLEANUP(env_deletep) struct env *env = NULL;
	struct error ignored = {0};

	return env_active(root, &env, &ignored) == 0 && env_bool(env, "appliance.standby");
}

static void look_at_storage(struct status *s, const char *root)
{
	struct error e = {0};

	s->storage_known = snapshot_list(root, NULL, &s->storage, &e) == 0;
	if (!s->storage_known) {
		snapshot_listing_free(&s->storage); /* half of it would look like all */
		error_context(&e, "snapshots");
		note_trouble(s, &e);
	}
}

static void look_at_leftovers(struct status *s, const char *root)
{
	struct error e = {0};

	s->leftovers_known = leftovers_read(root, &s->leftovers, &e) == 0;
	if (!s->leftovers_known)
		note_trouble(s, &e);
}

/* What counts for "running": the application's containers that are no one-offs. */
static const char *containers_word(const struct status *s)
{
	size_t run = 0, healthy = 0, all = 0;

	for (size_t i = 0; i < s->containers.count; i++) {
		const struct docker_container *c = &s->containers.item[i];

		if (c->oneoff)
			continue;
		all++;
		run += c->state != DOCKER_STOPPED && str_begins(c->service, "ecs.");
		healthy += docker_is_healthy(c);
	}
	for (size_t i = 0; i < s->state.services; i++) /* one that is gone does not run either */
		all += docker_service(&s->containers, s->state.service[i].name) == NULL;
	if (run == 0)
		return s->standby ? "standby" : s->state.revision ? "stopped" : "empty";
	return healthy == all ? "running" : "degraded";
}

static const char *find_word(const struct status *s, bool engine)
{
	const char *word = containers_word(s);

	if (s->left.flow && s->holder == NULL)
		return "unfinished";
	if (!engine)
		return "unknown";
	if (s->maintenance && strcmp(word, "running") != 0 && strcmp(word, "standby") != 0)
		return "maintenance";
	return word;
}

void status_look(const char *root, const struct flow_kind *kinds, struct status *s)
{
	struct error e = {0};
	bool engine = true;

	*s = (struct status){0};
	if (state_read(root, &s->state, &e) != 0)
		note_trouble(s, &e);
	look_at_lock(s, root);
	e = (struct error){0};
	if (flow_look(root, kinds, &s->left, &e) != 0)
		note_trouble(s, &e);
	s->maintenance = maintenance_is_shown(root);
	s->standby = is_standby(root);
	look_at_volumes(s, root);
	look_at_storage(s, root);
	look_at_leftovers(s, root);
	e = (struct error){0};
	if (containers_list(root, &s->containers, &e) != 0) {
		engine = false;
		note_trouble(s, &e);
	}
	s->word = find_word(s, engine);
}

void status_free(struct status *s)
{
	state_free(&s->state);
	flow_left_free(&s->left);
	docker_list_free(&s->containers);
	strlist_free(&s->trouble);
	free(s->holder);
	for (size_t i = 0; i < s->volumes; i++) {
		free(s->volume[i].name);
		free(s->volume[i].path);
	}
	free(s->volume);
	snapshot_listing_free(&s->storage);
	leftovers_free(&s->leftovers);
	*s = (struct status){0};
}

/* --- words ---------------------------------------------------------------------------------------- */

const char *status_state_word(const struct docker_container *c)
{
	static const char *const words[] = {
		[DOCKER_GONE] = "gone",           [DOCKER_STOPPED] = "stopped",
		[DOCKER_RESTARTING] = "restarting", [DOCKER_RUNNING] = "running",
		[DOCKER_PAUSED] = "paused",
	};

	return words[c->state];
}

const char *status_health_word(const struct docker_container *c)
{
	static const char *const words[] = {
		[DOCKER_NO_CHECK] = NULL,
		[DOCKER_STARTING] = "starting",
		[DOCKER_HEALTHY] = "healthy",
		[DOCKER_UNHEALTHY] = "unhealthy",
	};

	/* what was found while it still ran says nothing any more */
	return c->state == DOCKER_RUNNING ? words[c->health] : NULL;
}

const char *status_volume_word(const struct status_volume *v)
{
	if (v->mounted)
		return "mounted";
	if (v->listed)
		return "missing"; /* fstab has it, and it did not come up */
	return v->there ? "folder" : "none";
}

const char *status_direction(const struct status *s)
{
	return s->left.onward ? "onward" : "back";
}
