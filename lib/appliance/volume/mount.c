/* SPDX-License-Identifier: MIT */
#include "appliance/volume/volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/mount.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/holders.h"
#include "sys/mounts.h"
#include "sys/signals.h"

enum {
	PATIENCE_MS = 5000, /* with a volume or a device that is in use */
	RETRY_MS = 200
};

/* --- the volume -------------------------------------------------------------------------------------- */

static int is_mounted(const char *target, bool *mounted, struct error *e)
{
	CLEANUP(mounts_free) struct mounts_table t = {0};

	if (mounts_read(&t, e) != 0)
		return -1;
	*mounted = mounts_at(&t, target) != NULL;
	return 0;
}

int volumes_mounted(const struct storage_volume *v, bool *mounted, struct error *e)
{
	return is_mounted(v->target, mounted, e);
}

static int try_mount(const struct storage_place *p, const char *target, struct error *e)
{
	struct error first = {0};

	if (mount_mount(p->source, p->type, p->options, target, p->otherwise ? &first : e) == 0)
		return 0;
	if (p->otherwise == NULL || mount_mount(p->source, p->type, p->otherwise, target, e) != 0)
		return p->otherwise ? error_append(e, "and before that: %s", first.text) : -1;
	log_detail("'%s' is mounted with '%s': %s", target, p->otherwise, first.text);
	return 0;
}

/* A device that is busy is tried again for a while. */
static int mount_place(const struct storage_place *p, const char *target, struct error *e)
{
	long long until = clock_ms() + PATIENCE_MS;
	struct error ignored = {0};

	while (try_mount(p, target, e) != 0) {
		if (e->code != EX_TEMPFAIL)
			return -1;
		if (clock_ms() > until || signals_pause(RETRY_MS, &ignored) != 0) {
			e->code = EXIT_FAILED;
			return -1;
		}
	}
	return 0;
}

int volumes_mount(const struct storage_volume *v, struct error *e)
{
	CLEANUP(storage_place_free) struct storage_place p = {0};
	bool mounted;

	if (volumes_mounted(v, &mounted, e) != 0 || (!mounted && file_mkdirs(v->target, 0755, e) != 0))
		return -1;
	if (mounted)
		return 0;
	if (v->driver->home(v, &p, e) != 0)
		return -1;
	return mount_place(&p, v->target, e);
}

/* "in use by A, B" */
static int refuse(const char *what, const char *how, const struct strlist *who, struct error *e)
{
	CLEANUP(str_free) struct str names = {0};

	for (size_t i = 0; i < who->count; i++)
		str_addf(&names, "%s%s", i ? ", " : "", who->item[i]);
	return error_set(e, EXIT_FAILED, "%s is in use: %s %s", what, how, str_get(&names));
}

/* Unmounts TARGET, or says who holds it; WHAT is for the message. */
static int unmount(const char *what, const char *target, struct error *e)
{
	CLEANUP(strlist_free) struct strlist who = {0};
	struct error ignored = {0};

	if (mount_unmount(target, e) == 0)
		return 0;
	if (holders_of(target, &who, &ignored) == 0 && who.count)
		return refuse(what, "held by", &who, e);
	return -1;
}

static int try_unmount(const struct storage_volume *v, struct error *e)
{
	CLEANUP(strlist_free) struct strlist where = {0};
	CLEANUP(mem_freep) char *what = mem_format("volume '%s'", v->name);
	bool btrfs = strcmp(v->type, "btrfs") == 0, top = btrfs && strcmp(v->inner, "/") == 0;
	bool mounted = false;

	if (volumes_mounted(v, &mounted, e) != 0)
		return -1;
	if (!mounted)
		return 0;
	if (holders_mounts(v->source, btrfs ? v->inner : "/", top ? "/" NAME_SNAPSHOT_FOLDER : NULL,
			   v->target, &where, e) != 0)
		return -1;
	if (where.count)
		return refuse(what, "mounted at", &where, e);
	/* one mounts it by hand while systemd does, and it is there twice */
	while (mounted)
		if (unmount(what, v->target, e) != 0 || volumes_mounted(v, &mounted, e) != 0)
			return -1;
	return 0;
}

/*
 * Whatever starts a container or a service holds every mount of the machine for a moment, in a mount
 * namespace of its own that it is about to leave: what is in use is tried again for a while.
 */
int volumes_unmount(const struct storage_volume *v, struct error *e)
{
	long long until = clock_ms() + PATIENCE_MS;
	struct error ignored = {0};

	while (try_unmount(v, e) != 0) {
		if (clock_ms() > until || signals_pause(RETRY_MS, &ignored) != 0)
			return -1;
	}
	return 0;
}

void volumes_flush(const struct storage_volume *v)
{
	CLEANUP(file_closep) int fd = open(v->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && syncfs(fd) != 0)
		log_detail("cannot flush '%s' beforehand", v->target);
}

/* --- its snapshots ------------------------------------------------------------------------------ */

char *volumes_place(const char *root, const struct storage_volume *v, const char *name)
{
	CLEANUP(mem_freep) char *dir = path_root(root, NAME_RUN_DIR);

	return mem_format("%s/snapshots/%s_%s", dir, v->name, name);
}

/* Mounted already: that is well, unless it is to be written to and cannot. */
static int check_mode(const struct mounts_entry *mounted, bool writable, struct error *e)
{
	if (writable && str_begins(mounted->options, "ro"))
		return error_set(e, EXIT_FAILED, "'%s' is mounted read-only: unmount it first",
				 mounted->target);
	return 0;
}

int volumes_mount_snapshot(const struct storage_volume *v, const char *name, bool writable,
			   const char *path, struct error *e)
{
	CLEANUP(storage_place_free) struct storage_place p = {0};
	CLEANUP(mounts_free) struct mounts_table t = {0};
	const struct mounts_entry *mounted;

	if (mounts_read(&t, e) != 0)
		return -1;
	mounted = mounts_at(&t, path);
	if (mounted)
		return check_mode(mounted, writable, e);
	if (v->driver->open(v, name, writable, &p, e) != 0 || file_mkdirs(path, 0755, e) != 0)
		return -1;
	return mount_place(&p, path, e);
}

static int try_unmount_snapshot(const struct storage_volume *v, const char *name, const char *path, struct error *e)
{
	CLEANUP(mem_freep) char *what = mem_format("snapshot '%s' of '%s'", name, v->name);
	bool mounted;

	if (is_mounted(path, &mounted, e) != 0)
		return -1;
	return mounted ? unmount(what, path, e) : 0;
}

int volumes_unmount_snapshot(const struct storage_volume *v, const char *name, const char *path,
			     struct error *e)
{
	long long until = clock_ms() + PATIENCE_MS;
	struct error ignored = {0};

	while (try_unmount_snapshot(v, name, path, e) != 0)
		if (clock_ms() > until || signals_pause(RETRY_MS, &ignored) != 0)
			return -1;
	if (rmdir(path) != 0 && errno != ENOENT)
		return error_errno(e, 0, "cannot remove '%s'", path);
	return v->driver->close(v, name, e);
}

int volumes_check_unused(const struct storage_volume *v, const char *name, const char *path,
			 struct error *e)
{
	CLEANUP(mem_freep) char *what = mem_format("snapshot '%s' of '%s'", name, v->name);
	CLEANUP(mem_freep) char *device = NULL;
	CLEANUP(mem_freep) char *subroot = NULL;
	CLEANUP(strlist_free) struct strlist found = {0};
	bool mounted = false;

	v->driver->seen_as(v, name, &device, &subroot);
	if (holders_mounts(device, subroot, NULL, path, &found, e) != 0)
		return -1;
	if (found.count)
		return refuse(what, "mounted at", &found, e);
	if (path && is_mounted(path, &mounted, e) != 0)
		return -1;
	if (mounted && holders_of(path, &found, e) != 0)
		return -1;
	return found.count ? refuse(what, "held by", &found, e) : 0;
}
