/* SPDX-License-Identifier: MIT */
#include "appliance/volume/snapshot.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/cron.h"
#include "base/log.h"
#include "base/path.h"
#include "appliance/appliance.h"
#include "appliance/volume/whole.h"

#define NEW "_new"
#define OLD "_old"

enum { PAUSE_MAX = 30 }; /* seconds that the application may be paused */

/* --- the context -------------------------------------------------------------------------------------- */

void snapshot_free(struct snapshot *s)
{
	free(s->root);
	free(s->name);
	for (size_t i = 0; i < s->holds; i++)
		close(s->held[i]);
	free(s->held);
	volumes_free(&s->volumes);
	*s = (struct snapshot){0};
}

void snapshot_save(const struct snapshot *s, struct flow_facts *f)
{
	CLEANUP(mem_freep) char *volumes = volumes_save(&s->volumes);
	CLEANUP(mem_freep) char *expires = mem_format("%lld", (long long)s->expires);

	flow_facts_set(f, "snapshot", s->name);
	flow_facts_set(f, "writable", s->writable ? "1" : "0");
	flow_facts_set(f, "keep", s->keep ? "1" : "0");
	flow_facts_set(f, "expires", expires);
	flow_facts_set(f, "volumes", volumes);
}

int snapshot_load(const char *root, const struct flow_facts *f, struct snapshot *s, struct error *e)
{
	const char *name = flow_facts_get(f, "snapshot");
	const char *writable = flow_facts_get(f, "writable"), *keep = flow_facts_get(f, "keep");
	const char *expires = flow_facts_get(f, "expires"), *volumes = flow_facts_get(f, "volumes");
	unsigned long long value;

	if (!name || !writable || !keep || !expires || !volumes ||
	    !str_number(expires, INT64_MAX, &value))
		return error_set(e, EX_SOFTWARE, "internal error: the journal is incomplete (snapshot); please report it");
	*s = (struct snapshot){
		.root = mem_dup(root),
		.name = mem_dup(name),
		.writable = *writable == '1',
		.keep = *keep == '1',
		.expires = (time_t)value,
	};
	s->site = pause_containers(s->root);
	return volumes_load(root, volumes, &s->volumes, e);
}

static int has(const struct storage_volume *v, const char *name, bool *there, struct error *e)
{
	CLEANUP(storage_list_free) struct storage_list l = {0};

	if (v->driver->list(v, &l, e) != 0)
		return -1;
	*there = storage_list_find(&l, name) != NULL;
	return 0;
}

int snapshot_keep(struct snapshot *s,
		  int (*wanted)(const struct snapshot *s, const struct storage_volume *v, struct error *e),
		  struct error *e)
{
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < s->volumes.count; i++) {
		struct storage_volume *v = &s->volumes.item[i];

		if (r >= 0 && (r = wanted(s, v, e)) > 0)
			s->volumes.item[kept++] = *v;
		else
			storage_volume_free(v);
	}
	s->volumes.count = kept;
	return r < 0 ? -1 : 0;
}

static int holds(const struct snapshot *s, const struct storage_volume *v, struct error *e)
{
	bool there = false;

	return v->driver && has(v, s->name, &there, e) != 0 ? -1 : there;
}

int snapshot_keep_holders(struct snapshot *s, struct error *e)
{
	return snapshot_keep(s, holds, e);
}

static int check_both(const struct snapshot *s, const char *volume, struct error *e)
{
	if (volume)
		return volumes_check(&s->volumes, volume, e);
	return volumes_check(&s->volumes, VOLUME_FILES, e) != 0 ? -1
		       : volumes_check(&s->volumes, VOLUME_DATABASE, e);
}

int snapshot_check_words(const char *name, const char *volume, bool create, struct error *e)
{
	if (name && !path_is_name(name))
		return error_set(e, EX_USAGE, "'%s' is not a valid name: use at most 64 letters, digits, '_' and '-'",
				 name);
	if (create && (str_ends(name, NEW) || str_ends(name, OLD)))
		return error_set(e, EX_USAGE, "names that end in '" NEW "' or '" OLD "' belong to ecs-snapshot: choose another one than '%s'", name);
	if (volume && !volumes_know(volume))
		return error_set(e, EX_USAGE, "'%s' is not a volume: use " VOLUME_FILES " or " VOLUME_DATABASE,
				 volume);
	return 0;
}

int snapshot_open(const char *root, const char *name, const char *volume, bool create,
		  struct snapshot *s, struct error *e)
{
	if (snapshot_check_words(name, volume, create, e) != 0)
		return -1;
	*s = (struct snapshot){.root = mem_dup(root), .name = mem_dup(name)};
	s->site = pause_containers(s->root);
	if (volumes_find(root, volume, &s->volumes, e) != 0)
		return -1;
	if (create)
		return check_both(s, volume, e);
	if (snapshot_keep_holders(s, e) != 0)
		return -1;
	if (s->volumes.count == 0)
		return error_set(e, EX_NOINPUT, "no volume has a snapshot '%s': see 'ecs-snapshot list'", name);
	return 0;
}

/* --- create ------------------------------------------------------------------------------------------ */

static char *with(const struct snapshot *s, const char *suffix)
{
	return mem_format("%s%s", s->name, suffix);
}

int snapshot_check_unused(const struct snapshot *s, const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *place = volumes_place(s->root, v, name);

	return volumes_check_unused(v, name, place, e);
}

int snapshot_check_create(struct snapshot *s, struct error *e)
{
	CLEANUP(mem_freep) char *fresh = with(s, NEW);
	CLEANUP(mem_freep) char *former = with(s, OLD);
	size_t others = 0;

	SNAPSHOT_EACH(s, v) {
		CLEANUP(storage_list_free) struct storage_list l = {0};

		if (v->driver->list(v, &l, e) != 0)
			return -1;
		/* what could not be removed when it was replaced is removed now */
		s->crowded = s->crowded || storage_list_find(&l, fresh) || storage_list_find(&l, former);
		if (storage_list_find(&l, fresh) && snapshot_check_unused(s, v, fresh, e) != 0)
			return -1;
		if (storage_list_find(&l, former) && snapshot_check_unused(s, v, former, e) != 0)
			return -1;
		if (storage_list_find(&l, s->name) && snapshot_check_unused(s, v, s->name, e) != 0)
			return -1;
		if (others == 0 && v->driver->advise) /* of both alike: once */
			v->driver->advise(v);
		if (v->driver->room(v, others++, e) != 0)
			return -1;
		whole_warn(v);
	}
	return 0;
}

static int take_all(struct snapshot *s, const char *name, struct error *e)
{
	SNAPSHOT_EACH(s, v)
		if (v->driver->create(v, name, s->writable, s->expires, e) != 0)
			return error_context(e, "snapshot of '%s'", v->name);
	return 0;
}

static int take_paused(struct snapshot *s, const char *name, struct error *e)
{
	struct pause guard;

	if (pause_begin(&guard, &s->site, PAUSE_MAX, e) != 0)
		return -1;
	return pause_end(&guard, take_all(s, name, e), &s->paused_ms, e);
}

/* Removes NAME_new and NAME_old, which no flow uses now. */
static int clear_names(struct snapshot *s, const char *fresh, struct error *e)
{
	CLEANUP(mem_freep) char *former = with(s, OLD);

	SNAPSHOT_EACH(s, v) {
		CLEANUP(storage_list_free) struct storage_list l = {0};
		CLEANUP(mem_freep) char *place = volumes_place(s->root, v, former);

		if (v->driver->list(v, &l, e) != 0)
			return -1;
		if (storage_list_find(&l, fresh) && v->driver->remove(v, fresh, e) != 0)
			return -1;
		if (storage_list_find(&l, former) && (volumes_unmount_snapshot(v, former, place, e) != 0 ||
						      v->driver->remove(v, former, e) != 0))
			return -1;
	}
	return 0;
}

int snapshot_take(void *ctx, struct error *e)
{
	struct snapshot *s = ctx;
	CLEANUP(mem_freep) char *fresh = with(s, NEW);

	if (s->crowded && clear_names(s, fresh, e) != 0)
		return -1;
	SNAPSHOT_EACH(s, v)
		volumes_flush(v);
	/* one alone is of one instant anyway */
	if (s->volumes.count < 2)
		return take_all(s, fresh, e);
	return take_paused(s, fresh, e);
}

int snapshot_untake(void *ctx, struct error *e)
{
	struct snapshot *s = ctx;
	CLEANUP(mem_freep) char *fresh = with(s, NEW);

	SNAPSHOT_EACH(s, v)
		if (v->driver->remove(v, fresh, e) != 0)
			return -1;
	return 0;
}

static int move_if(const struct storage_volume *v, const struct storage_list *l, const char *from, const char *to,
		   struct error *e)
{
	return storage_list_find(l, from) ? v->driver->rename(v, from, to, e) : 0;
}

int snapshot_name(void *ctx, struct error *e)
{
	struct snapshot *s = ctx;
	CLEANUP(mem_freep) char *fresh = with(s, NEW);
	CLEANUP(mem_freep) char *former = with(s, OLD);

	SNAPSHOT_EACH(s, v) {
		CLEANUP(storage_list_free) struct storage_list l = {0};

		if (v->driver->list(v, &l, e) != 0)
			return -1;
		if (storage_list_find(&l, fresh) && (move_if(v, &l, s->name, former, e) != 0 ||
						     v->driver->rename(v, fresh, s->name, e) != 0))
			return -1;
	}
	return 0;
}

int snapshot_unname(void *ctx, struct error *e)
{
	struct snapshot *s = ctx;
	CLEANUP(mem_freep) char *fresh = with(s, NEW);
	CLEANUP(mem_freep) char *former = with(s, OLD);

	SNAPSHOT_EACH(s, v) {
		CLEANUP(storage_list_free) struct storage_list l = {0};

		/* where NAME_new is still there, NAME is the former one, unless that was moved away */
		if (v->driver->list(v, &l, e) != 0 ||
		    (!storage_list_find(&l, fresh) && move_if(v, &l, s->name, fresh, e) != 0) ||
		    move_if(v, &l, former, s->name, e) != 0)
			return -1;
	}
	return snapshot_plan(s, e);
}

int snapshot_due(const struct volumes *vs, const char *name, time_t *due, struct error *e)
{
	*due = 0;
	for (size_t i = 0; i < vs->count; i++) {
		CLEANUP(storage_list_free) struct storage_list l = {0};
		const struct storage_snapshot *found;

		if (vs->item[i].driver == NULL)
			continue;
		if (vs->item[i].driver->list(&vs->item[i], &l, e) != 0)
			return -1;
		found = storage_list_find(&l, name);
		if (found && found->expires && (*due == 0 || found->expires < *due))
			*due = found->expires;
	}
	return 0;
}

bool snapshot_is_clones(const struct snapshot *s)
{
	CLEANUP(mem_freep) char *home = appliance_clone_root(s->root, s->name);

	return appliance_is_clone(home);
}

int snapshot_plan(void *ctx, struct error *e)
{
	struct snapshot *s = ctx;
	CLEANUP(volumes_free) struct volumes all = {0};
	bool whole = s->volumes.count == VOLUMES_KNOWN;
	time_t due;

	if (reserved_has_cron(s->name))
		return 0;
	if ((!whole && volumes_find(s->root, NULL, &all, e) != 0) ||
	    snapshot_due(whole ? &s->volumes : &all, s->name, &due, e) != 0)
		return -1;
	if (due == 0)
		return cron_remove(s->root, s->name, e);
	if (cron_due(s->root, s->name) == due)
		return 0;
	return cron_put(s->root, s->name, snapshot_is_clones(s) ? "ecs-clone" : "ecs-snapshot", due, e);
}

int snapshot_replan(void *ctx, struct error *e)
{
	struct snapshot *s = ctx;
	struct error why = {0};

	(void)e;
	if (snapshot_plan(s, &why) != 0)
		log_warn("cannot update the cron entry of '%s': %s: run 'ecs-snapshot expire'", s->name, why.text);
	return 0;
}

/* Unmounts where we mounted it ourselves, and removes. What fails is said: there is no way back here. */
static int drop(struct snapshot *s, const char *name)
{
	SNAPSHOT_EACH(s, v) {
		CLEANUP(mem_freep) char *place = volumes_place(s->root, v, name);
		struct error e = {0};

		if (volumes_unmount_snapshot(v, name, place, &e) == 0 &&
		    volumes_check_unused(v, name, NULL, &e) == 0 && v->driver->remove(v, name, &e) == 0)
			continue;
		log_warn("snapshot '%s' of '%s' could not be removed: %s", name, v->name, e.text);
		s->left = true;
	}
	return 0;
}

int snapshot_forget(void *ctx, struct error *e)
{
	struct snapshot *s = ctx;
	CLEANUP(mem_freep) char *former = with(s, OLD);

	(void)e;
	return drop(s, former);
}

int snapshot_drop(void *ctx, struct error *e)
{
	struct snapshot *s = ctx;

	(void)e;
	return drop(s, s->name);
}
