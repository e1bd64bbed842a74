/* SPDX-License-Identifier: MIT */
#include "appliance/volume/list.h"

#include "appliance/volume/snapshot.h"
#include "appliance/volume/whole.h"
#include "sys/clock.h"
#include "sys/mounts.h"
#include "wrap/json.h"

static void set_known(struct json *j, const char *key, long long value, bool known)
{
	if (known)
		jv_set_number(j, key, value);
	else
		jv_set_text(j, key, NULL);
}

static int list_volume(const struct storage_volume *v, struct json *to, struct error *e)
{
	CLEANUP(storage_space_free) struct storage_space space = {.metadata = -1};
	struct json *j = jv_object();
	bool mounted;

	jv_add(to, j);
	if (volumes_mounted(v, &mounted, e) != 0 || (v->driver && v->driver->space(v, &space, e) != 0))
		return -1;
	jv_set_text(j, "name", v->name);
	jv_set_text(j, "target", v->target);
	jv_set_text(j, "driver", v->driver ? v->driver->name : NULL);
	jv_set_bool(j, "mounted", mounted);
	set_known(j, "total", space.total, v->driver);
	set_known(j, "free", space.free, v->driver);
	set_known(j, "metadata", space.metadata, space.metadata >= 0);
	return 0;
}

static void list_snapshot(const char *root, const struct storage_volume *v, const struct mounts_table *mounts,
			  const struct storage_snapshot *s, struct json *to)
{
	CLEANUP(mem_freep) char *place = volumes_place(root, v, s->name);
	struct json *j = jv_object();

	jv_set_text(j, "volume", v->name);
	jv_set_text(j, "name", s->name);
	jv_set_text(j, "driver", v->driver->name);
	jv_set_number(j, "created", s->created);
	jv_set_number(j, "age", clock_now() - s->created);
	set_known(j, "expires", s->expires, s->expires);
	jv_set_bool(j, "writable", s->writable);
	jv_set_text(j, "state", s->broken ? "lost" : s->partial ? "partial" : "whole");
	set_known(j, "diverged", s->diverged, s->diverged >= 0);
	set_known(j, "left", s->left, s->left >= 0);
	jv_set_text(j, "mounted", mounts_at(mounts, place) ? place : NULL);
	jv_add(to, j);
}

static int list_all(const char *root, const struct volumes *vs, struct json *volumes,
		    struct json *snapshots, struct error *e)
{
	CLEANUP(mounts_free) struct mounts_table mounts = {0};

	if (mounts_read(&mounts, e) != 0)
		return -1;
	for (size_t i = 0; i < vs->count; i++) {
		CLEANUP(storage_list_free) struct storage_list l = {0};
		const struct storage_volume *v = &vs->item[i];

		if (list_volume(v, volumes, e) != 0 || (v->driver && v->driver->list(v, &l, e) != 0))
			return error_context(e, "volume '%s'", v->name);
		for (size_t n = 0; whole_has_mounts(v) && n < l.count; n++)
			l.item[n].partial = true;
		for (size_t n = 0; n < l.count; n++)
			list_snapshot(root, v, &mounts, &l.item[n], snapshots);
	}
	return 0;
}

struct json *snapshot_list(const char *root, const char *volume, struct error *e)
{
	CLEANUP(volumes_free) struct volumes vs = {0};
	struct json *j, *volumes, *snapshots;

	if (snapshot_check_words(NULL, volume, false, e) != 0 || volumes_find(root, volume, &vs, e) != 0)
		return NULL;
	j = jv_object();
	jv_set(j, "volumes", volumes = jv_array());
	jv_set(j, "snapshots", snapshots = jv_array());
	if (list_all(root, &vs, volumes, snapshots, e) == 0)
		return j;
	jv_free(j);
	return NULL;
}
