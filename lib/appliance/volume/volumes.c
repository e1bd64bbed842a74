/* SPDX-License-Identifier: MIT */
#include "appliance/volume/volumes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "adapter/btrfs/btrfs.h"
#include "adapter/lvm/lvm.h"
#include "base/names.h"
#include "base/path.h"
#include "appliance/appliance.h"
#include "sys/file.h"
#include "sys/loop.h"
#include "sys/mounts.h"
#include "wrap/json.h"

const struct volumes_known volumes_known[VOLUMES_KNOWN] = {
	[VOLUMES_FILES] = {VOLUME_FILES, NAME_FILES, NAME_FILES_SEED},
	[VOLUMES_DATABASE] = {VOLUME_DATABASE, NAME_DATABASE, NAME_DATABASE_SEED},
};

static const struct storage_driver *const drivers[] = {&btrfs_driver, &lvm_thin_driver, &lvm_driver};

enum { DRIVERS = sizeof drivers / sizeof *drivers };

const struct volumes_known *volumes_know(const char *name)
{
	for (size_t i = 0; i < VOLUMES_KNOWN; i++)
		if (strcmp(volumes_known[i].name, name) == 0)
			return &volumes_known[i];
	return NULL;
}

char *volumes_folder(const char *root, size_t which)
{
	char *path = path_root(root, volumes_known[which].target);
	CLEANUP(mem_freep) char *seed = path_root(root, volumes_known[which].seed);

	if (file_exists(path) || !file_exists(seed))
		return path;
	free(path);
	return mem_dup(seed);
}

struct storage_volume *volumes_get(const struct volumes *vs, const char *name)
{
	for (size_t i = 0; i < vs->count; i++)
		if (strcmp(vs->item[i].name, name) == 0)
			return &vs->item[i];
	return NULL;
}

void volumes_free(struct volumes *vs)
{
	for (size_t i = 0; i < vs->count; i++)
		storage_volume_free(&vs->item[i]);
	free(vs->item);
	*vs = (struct volumes){0};
}

static struct storage_volume *add(struct volumes *vs, const char *root, const char *name)
{
	struct storage_volume *v;

	vs->item = mem_grow(vs->item, (vs->count + 1) * sizeof *vs->item);
	v = &vs->item[vs->count++];
	*v = (struct storage_volume){.name = mem_dup(name), .state = path_root(root, NAME_SNAPSHOTS_DIR)};
	return v;
}

/* --- finding --------------------------------------------------------------------------------------- */

/* The tables that the search looks at. */
struct tables {
	const char *root;
	bool clone;
	struct mounts_table mounts, fstab;
};

/* fstab beneath a root may name its mount points with or without it, and by way of links. PATH has none. */
static const struct mounts_entry *listed_at(const struct tables *t, const char *path)
{
	for (size_t i = t->fstab.count; i-- > 0;) {
		const struct mounts_entry *entry = &t->fstab.entry[i];
		CLEANUP(mem_freep) char *beneath = path_root(t->root, entry->target);
		CLEANUP(mem_freep) char *one = mounts_resolve(beneath), *two = mounts_resolve(entry->target);

		if (strcmp(one, path) == 0 || strcmp(two, path) == 0)
			return entry;
	}
	return NULL;
}

/* Keeps a loop device, or sets up the one for v->file; other devices stay as they are. */
static int hold_loop(struct storage_volume *v, struct error *e)
{
	char *device = NULL;

	if (v->file == NULL)
		return 0;
	v->hold = loop_attach(v->file, &device, e);
	if (v->hold < 0)
		return -1;
	free(v->source);
	v->source = device;
	return 0;
}

/* Sets the block device that a source of fstab stands for. */
static int set_source(struct storage_volume *v, const char *listed, struct error *e)
{
	static const char *const tags[][2] = {
		{"LABEL=", "label"}, {"UUID=", "uuid"}, {"PARTLABEL=", "partlabel"}, {"PARTUUID=", "partuuid"}};
	struct stat st;

	free(v->source);
	v->source = NULL;
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (str_begins(listed, tags[i][0]))
			v->source = mem_format("/dev/disk/by-%s/%s", tags[i][1], listed + strlen(tags[i][0]));
	if (v->source == NULL)
		v->source = mem_dup(listed);
	if (v->file == NULL && stat(listed, &st) == 0 && S_ISREG(st.st_mode))
		v->file = mem_dup(listed);
	return hold_loop(v, e);
}

static void set_listed(struct storage_volume *v, const struct mounts_entry *entry)
{
	v->listed = mem_dup(entry->source);
	v->type = mem_dup(entry->type);
	v->options = mem_dup(entry->options);
}

/* The table of mounts knows better than fstab. */
static int set_mounted(struct storage_volume *v, const struct mounts_entry *entry, struct error *e)
{
	v->mounted = true;
	v->source = mem_dup(entry->source);
	v->file = loop_file(entry->source);
	free(v->type);
	v->type = mem_dup(entry->type);
	if (v->options == NULL)
		v->options = mem_dup(entry->options);
	if (strcmp(entry->type, "btrfs") == 0)
		v->inner = mem_dup(entry->subroot);
	return hold_loop(v, e);
}

static int claim(struct storage_volume *v, struct error *e)
{
	for (size_t i = 0; i < DRIVERS; i++) {
		int r = drivers[i]->claim(v, e);

		if (r < 0)
			return error_context(e, "volume '%s'", v->name);
		if (r > 0) {
			v->driver = drivers[i];
			return 0;
		}
	}
	return 0;
}

/* Fills V if the volume is mounted at, listed for, or a folder at TARGET: 1; else 0. */
static int find_at(const struct tables *t, const char *target, bool plain, struct storage_volume *v,
		   struct error *e)
{
	CLEANUP(mem_freep) char *beneath = path_root(t->root, target);
	CLEANUP(mem_freep) char *path = mounts_resolve(beneath);
	const struct mounts_entry *mounted = mounts_at(&t->mounts, path);
	const struct mounts_entry *listed = listed_at(t, path);

	if (mounted == NULL && listed == NULL && !(plain && file_exists(path)))
		return 0;
	v->target = mem_dup(path);
	if (listed)
		set_listed(v, listed);
	if ((mounted && set_mounted(v, mounted, e) != 0) ||
	    (listed && !mounted && set_source(v, listed->source, e) != 0))
		return -1;
	if ((mounted || listed) && !t->clone && claim(v, e) != 0)
		return -1;
	return 1;
}

/* The mission's place or the seed's; a mount at either goes before a plain folder at either. */
static int find(const struct tables *t, size_t which, struct volumes *vs, struct error *e)
{
	struct storage_volume *v = add(vs, t->root, volumes_known[which].name);

	for (int plain = 0; plain < 2; plain++) {
		int r = find_at(t, volumes_known[which].target, plain, v, e);

		if (r == 0)
			r = find_at(t, volumes_known[which].seed, plain, v, e);
		if (r != 0)
			return r < 0 ? -1 : 0;
	}
	storage_volume_free(v);
	vs->count--;
	return 0;
}

static void tables_free(struct tables *t)
{
	mounts_free(&t->mounts);
	mounts_free(&t->fstab);
}

static int read_tables(const char *root, struct tables *t, struct error *e)
{
	CLEANUP(mem_freep) char *fstab = path_root(root, "/etc/fstab");

	t->root = root;
	return mounts_read(&t->mounts, e) != 0 ? -1 : mounts_read_fstab(fstab, &t->fstab, e);
}

int volumes_find(const char *root, const char *only, struct volumes *vs, struct error *e)
{
	CLEANUP(tables_free) struct tables t = {0};

	if (read_tables(root, &t, e) != 0)
		return -1;
	vs->clone = t.clone = appliance_is_clone(root);
	for (size_t i = 0; i < VOLUMES_KNOWN; i++)
		if ((only == NULL || strcmp(only, volumes_known[i].name) == 0) && find(&t, i, vs, e) != 0)
			return -1;
	return 0;
}

int volumes_check(const struct volumes *vs, const char *name, struct error *e)
{
	const struct storage_volume *v = volumes_get(vs, name);
	bool mounted;

	if (v == NULL)
		return error_set(e, EX_NOINPUT,
				 "volume '%s' is missing: nothing is mounted for it, and fstab has no entry: "
				 "see VOLUMES in ecs-snapshot(8)",
				 name);
	if (vs->clone)
		return error_set(e, EX_CONFIG, "volume '%s' belongs to a clone and takes no snapshots", name);
	if (v->driver == NULL)
		return error_set(e, EX_CONFIG,
				 "volume '%s' takes no snapshots: '%s' is %s: see VOLUMES in ecs-snapshot(8)",
				 name, v->target,
				 v->source ? "on a file system without them" : "a plain folder");
	if (volumes_mounted(v, &mounted, e) != 0)
		return -1;
	if (!mounted)
		return error_set(e, EX_NOINPUT, "volume '%s' is not mounted: run 'mount %s'", name,
				 v->target);
	return 0;
}

/* --- all of them ------------------------------------------------------------------------------- */

/* Whether the mount point TARGET of fstab is /data or beneath it, be it by way of a link. */
static bool is_data(const char *root, const char *target)
{
	CLEANUP(mem_freep) char *top = path_root(root, "/data"), *path = path_root(root, target);
	CLEANUP(mem_freep) char *data = mounts_resolve(top), *real = mounts_resolve(path);
	size_t n = strlen(data);

	if (strcmp(target, "/data") == 0 || str_begins(target, "/data/"))
		return true;
	return strncmp(real, data, n) == 0 && (real[n] == '/' || real[n] == '\0');
}

int volumes_check_mounted(const char *root, size_t *count, struct error *e)
{
	CLEANUP(mem_freep) char *fstab = path_root(root, "/etc/fstab");
	CLEANUP(mounts_free) struct mounts_table wanted = {0}, mounted = {0};

	if (mounts_read_fstab(fstab, &wanted, e) != 0 || mounts_read(&mounted, e) != 0)
		return -1;
	for (size_t i = 0; i < wanted.count; i++) {
		const struct mounts_entry *w = &wanted.entry[i];
		CLEANUP(mem_freep) char *target = path_root(root, w->target);

		if (!is_data(root, w->target) || mounts_option(w->options, "noauto"))
			continue;
		if (!mounts_at(&mounted, target))
			return error_set(e, EX_CONFIG, "'%s' is in fstab but not mounted: run 'mount -a'",
					 w->target);
		if (count)
			(*count)++;
	}
	return 0;
}

/* --- saving ---------------------------------------------------------------------------------------- */

char *volumes_save(const struct volumes *vs)
{
	CLEANUP(jv_deletep) struct json *list = jv_array();
	struct str text = {0};

	for (size_t i = 0; i < vs->count; i++) {
		const struct storage_volume *v = &vs->item[i];
		struct json *j = jv_object();

		jv_set_text(j, "name", v->name);
		jv_set_text(j, "target", v->target);
		jv_set_text(j, "source", v->source);
		jv_set_text(j, "listed", v->listed);
		jv_set_text(j, "file", v->file);
		jv_set_text(j, "type", v->type);
		jv_set_text(j, "options", v->options);
		jv_set_text(j, "driver", v->driver ? v->driver->name : NULL);
		jv_set_text(j, "group", v->group);
		jv_set_text(j, "inner", v->inner);
		jv_set_text(j, "pool", v->pool);
		jv_add(list, j);
	}
	jv_write(list, 0, &text);
	return text.data;
}

static void load(struct storage_volume *v, const struct json *j)
{
	const char *driver = jv_get_text(j, "driver");

	v->target = mem_dup(jv_get_text(j, "target"));
	v->source = mem_dup(jv_get_text(j, "source"));
	v->listed = mem_dup(jv_get_text(j, "listed"));
	v->file = mem_dup(jv_get_text(j, "file"));
	v->type = mem_dup(jv_get_text(j, "type"));
	v->options = mem_dup(jv_get_text(j, "options"));
	v->group = mem_dup(jv_get_text(j, "group"));
	v->inner = mem_dup(jv_get_text(j, "inner"));
	v->pool = mem_dup(jv_get_text(j, "pool"));
	for (size_t i = 0; driver && i < DRIVERS; i++)
		if (strcmp(drivers[i]->name, driver) == 0)
			v->driver = drivers[i];
}

/* The device as it is called now. */
static int look_again(struct storage_volume *v, const struct mounts_table *mounts, struct error *e)
{
	const struct mounts_entry *mounted = mounts_at(mounts, v->target);

	v->mounted = mounted != NULL;
	if (mounted) {
		free(v->source);
		v->source = mem_dup(mounted->source);
	} else if (v->listed) {
		return set_source(v, v->listed, e);
	}
	return hold_loop(v, e);
}

int volumes_load(const char *root, const char *text, struct volumes *vs, struct error *e)
{
	CLEANUP(jv_deletep) struct json *list = jv_parse(text, strlen(text), "volumes", e);
	CLEANUP(mounts_free) struct mounts_table mounts = {0};

	if (list == NULL || mounts_read(&mounts, e) != 0)
		return -1;
	for (size_t i = 0; i < jv_count(list); i++) {
		const struct json *j = jv_at(list, i);
		const char *name = jv_get_text(j, "name");
		struct storage_volume *v = add(vs, root, name ? name : "");

		load(v, j);
		if (v->target == NULL || v->driver == NULL)
			return error_set(e, EX_SOFTWARE, "internal error: the journal is incomplete (volume '%s'); please report it", v->name);
		if (look_again(v, &mounts, e) != 0)
			return -1;
	}
	return 0;
}
