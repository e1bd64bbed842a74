/* SPDX-License-Identifier: MIT */
#include "appliance/volume/list.h"

#include <stdlib.h>

#include "appliance/volume/snapshot.h"
#include "appliance/volume/whole.h"
#include "sys/clock.h"
#include "sys/mounts.h"
#include "wrap/json.h"

static int add_room(struct snapshot_listing *l, const struct storage_volume *v, struct error *e)
{
	CLEANUP(storage_space_free) struct storage_space space = {.metadata = -1};
	struct snapshot_room *r;
	bool mounted;

	if (volumes_mounted(v, &mounted, e) != 0 || (v->driver && v->driver->space(v, &space, e) != 0))
		return -1;
	l->room = mem_grow(l->room, (l->rooms + 1) * sizeof *l->room);
	r = &l->room[l->rooms++];
	*r = (struct snapshot_room){
		.name = mem_dup(v->name),
		.target = mem_dup(v->target),
		.driver = v->driver ? v->driver->name : NULL,
		.mounted = mounted,
		.total = v->driver ? space.total : -1,
		.free = v->driver ? space.free : -1,
		.metadata = space.metadata,
	};
	return 0;
}

static void add_snapshot(struct snapshot_listing *l, const char *root, const struct storage_volume *v,
			 const struct mounts_table *mounts, const struct storage_snapshot *s)
{
	CLEANUP(mem_freep) char *place = volumes_place(root, v, s->name);

	l->snapshot = mem_grow(l->snapshot, (l->snapshots + 1) * sizeof *l->snapshot);
	l->snapshot[l->snapshots++] = (struct snapshot_entry){
		.volume = mem_dup(v->name),
		.name = mem_dup(s->name),
		.driver = v->driver->name,
		.created = s->created,
		.age = clock_now() - s->created,
		.expires = s->expires,
		.writable = s->writable,
		.lost = s->broken,
		.partial = s->partial,
		.diverged = s->diverged,
		.left = s->left,
		.mounted = mounts_at(mounts, place) ? mem_dup(place) : NULL,
	};
}

int snapshot_list(const char *root, const char *volume, struct snapshot_listing *l, struct error *e)
{
	CLEANUP(volumes_free) struct volumes vs = {0};
	CLEANUP(mounts_free) struct mounts_table mounts = {0};

	*l = (struct snapshot_listing){0};
	if (snapshot_check_words(NULL, volume, false, e) != 0 || volumes_find(root, volume, &vs, e) != 0 ||
	    mounts_read(&mounts, e) != 0)
		return -1;
	for (size_t i = 0; i < vs.count; i++) {
		CLEANUP(storage_list_free) struct storage_list found = {0};
		const struct storage_volume *v = &vs.item[i];
		bool partial;

		if (add_room(l, v, e) != 0 || (v->driver && v->driver->list(v, &found, e) != 0))
			return error_context(e, "volume '%s'", v->name);
		partial = whole_has_mounts(v);
		for (size_t n = 0; n < found.count; n++) {
			found.item[n].partial = found.item[n].partial || partial;
			add_snapshot(l, root, v, &mounts, &found.item[n]);
		}
	}
	return 0;
}

void snapshot_listing_free(struct snapshot_listing *l)
{
	for (size_t i = 0; i < l->rooms; i++) {
		free(l->room[i].name);
		free(l->room[i].target);
	}
	for (size_t i = 0; i < l->snapshots; i++) {
		free(l->snapshot[i].volume);
		free(l->snapshot[i].name);
		free(l->snapshot[i].mounted);
	}
	free(l->room);
	free(l->snapshot);
	*l = (struct snapshot_listing){0};
}

const char *snapshot_word(const struct snapshot_entry *s)
{
	return s->lost ? "lost" : s->partial ? "partial" : "whole";
}

/* --- JSON ------------------------------------------------------------------------------------------------- */

struct json *snapshot_rooms_json(const struct snapshot_listing *l)
{
	struct json *all = jv_array();

	for (size_t i = 0; i < l->rooms; i++) {
		const struct snapshot_room *r = &l->room[i];
		struct json *j = jv_object();

		jv_set_text(j, "name", r->name);
		jv_set_text(j, "target", r->target);
		jv_set_text(j, "driver", r->driver);
		jv_set_bool(j, "mounted", r->mounted);
		jv_set_known(j, "total", r->total, r->driver);
		jv_set_known(j, "free", r->free, r->driver);
		jv_set_known(j, "metadata", r->metadata, r->metadata >= 0);
		jv_add(all, j);
	}
	return all;
}

struct json *snapshot_entries_json(const struct snapshot_listing *l)
{
	struct json *all = jv_array();

	for (size_t i = 0; i < l->snapshots; i++) {
		const struct snapshot_entry *s = &l->snapshot[i];
		struct json *j = jv_object();

		jv_set_text(j, "volume", s->volume);
		jv_set_text(j, "name", s->name);
		jv_set_text(j, "driver", s->driver);
		jv_set_number(j, "created", s->created);
		jv_set_number(j, "age", s->age);
		jv_set_known(j, "expires", s->expires, s->expires);
		jv_set_bool(j, "writable", s->writable);
		jv_set_text(j, "state", snapshot_word(s));
		jv_set_known(j, "diverged", s->diverged, s->diverged >= 0);
		jv_set_known(j, "left", s->left, s->left >= 0);
		jv_set_text(j, "mounted", s->mounted);
		jv_add(all, j);
	}
	return all;
}
