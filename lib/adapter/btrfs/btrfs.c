/* SPDX-License-Identifier: MIT */
#include "adapter/btrfs/btrfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <linux/btrfs.h>

#include "adapter/btrfs/expiry.h"
#include "adapter/btrfs/nested.h"
#include "adapter/btrfs/revert.h"
#include "adapter/btrfs/subvolume.h"
#include "base/path.h"
#include "sys/file.h"

enum {
	SPARE = 64 << 20, /* bytes free, or one percent of a smaller file system: below, no snapshot */
	SYSFS_MAX = 4096  /* bytes of a file in sysfs: a page */
};

/* --- the table ---------------------------------------------------------------------------------------- */

/* The path that fstab's options will mount; without one it is the default subvolume. */
static int find_inner(struct storage_volume *v, struct error *e)
{
	CLEANUP(mem_freep) char *live = btrfs_live_of(v);
	const char *p = strstr(v->options, "subvol=");
	unsigned long long chosen;

	if (p) {
		p += strlen("subvol=");
		while (*p == '/')
			p++;
		v->inner = mem_format("/%.*s", (int)strcspn(p, ","), p);
		return 0;
	}
	if (btrfs_default(v, &chosen, e) != 0)
		return -1;
	v->inner = chosen == BTRFS_TOP_ID ? mem_dup("/") : mem_format("/%s", live);
	return 0;
}

static int btrfs_claim(struct storage_volume *v, struct error *e)
{
	if (strcmp(v->type, "btrfs") != 0)
		return 0;
	return v->inner == NULL && find_inner(v, e) != 0 ? -1 : 1;
}

/* In a snapshot an empty folder, of an inode of its own, stands for each subvolume: of those in NESTED. */
static bool is_partial(int top, const char *path, const struct strlist *nested)
{
	struct stat st;

	for (size_t i = 0; i < nested->count; i++) {
		CLEANUP(mem_freep) char *inside = path_join(path, nested->item[i]);

		if (fstatat(top, inside, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == BTRFS_STUB_INODE)
			return true;
	}
	return false;
}

/* What a list is made of: the top level, and the subvolumes that lie in the volume. */
struct btrfs_look {
	int top;
	struct strlist nested;
};

static int add_snapshot(const struct storage_volume *v, const struct btrfs_look *look, const char *entry,
			struct storage_list *l, struct error *e)
{
	struct storage_snapshot *s = storage_list_add(l);
	CLEANUP(mem_freep) char *path = path_join(BTRFS_FOLDER, entry);
	struct btrfs_info i;

	s->name = mem_dup(entry + strlen(v->name) + 1);
	s->diverged = s->left = -1; /* only quotas could tell, which cost more than they are worth */
	if (btrfs_info(look->top, path, &i, e) != 0 || btrfs_get_expiry(v, s->name, &s->expires, e) != 0)
		return -1;
	s->partial = is_partial(look->top, path, &look->nested);
	s->created = i.created;
	s->writable = !i.readonly;
	return 0;
}

static bool is_snapshot(int top, const struct storage_volume *v, const char *entry)
{
	CLEANUP(mem_freep) char *path = path_join(BTRFS_FOLDER, entry);
	size_t n = strlen(v->name);
	struct stat st;

	return strncmp(entry, v->name, n) == 0 && entry[n] == '_' && path_is_name(entry + n + 1) &&
	       fstatat(top, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == BTRFS_ROOT_INODE;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct storage_snapshot *)a)->name,
		      ((const struct storage_snapshot *)b)->name);
}

static int list_folder(const struct storage_volume *v, const struct btrfs_look *look, struct storage_list *l,
		       struct error *e)
{
	int folder = btrfs_open_in(look->top, BTRFS_FOLDER), r = 0;
	struct dirent *d;
	DIR *dir;

	if (folder < 0)
		return errno == ENOENT ? 0 : error_errno(e, 0, "cannot open '/" BTRFS_FOLDER "'");
	dir = fdopendir(folder);
	while (dir && r == 0 && (d = readdir(dir)))
		if (is_snapshot(look->top, v, d->d_name))
			r = add_snapshot(v, look, d->d_name, l, e);
	closedir(dir);
	return r;
}

static int btrfs_list(const struct storage_volume *v, struct storage_list *l, struct error *e)
{
	struct btrfs_look look = {.top = btrfs_open_top(v, e)};
	struct error ignored = {0};
	int r;

	if (look.top < 0)
		return -1;
	if (v->mounted) /* what cannot be asked while it is not mounted is not in the way of a list */
		btrfs_nested(v, &look.nested, &ignored);
	r = list_folder(v, &look, l, e);
	if (l->count)
		qsort(l->item, l->count, sizeof *l->item, compare);
	strlist_free(&look.nested);
	close(look.top);
	return r;
}

/* What /sys/fs/btrfs/UUID/allocation/data/NAME says, in bytes; 0 where the kernel does not tell. */
static long long data_bytes(const struct btrfs_ioctl_fs_info_args *info, const char *name)
{
	CLEANUP(str_free) struct str text = {0};
	CLEANUP(str_free) struct str path = {0};
	struct error no = {0};

	str_add(&path, "/sys/fs/btrfs/");
	for (int i = 0; i < BTRFS_FSID_SIZE; i++)
		str_addf(&path, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", info->fsid[i]);
	str_addf(&path, "/allocation/data/%s", name);
	return file_read(path.data, SYSFS_MAX, &text, &no) == 0 ? atoll(str_get(&text)) : 0;
}

/*
 * Bytes that are taken, but that statfs() counts as free until the next commit, for up to half a minute: written and
 * in memory only (bytes_may_use), then on their way to the drive or there, in no tree yet (bytes_reserved).
 */
static long long uncommitted(int top)
{
	struct btrfs_ioctl_fs_info_args info = {0};

	if (ioctl(top, BTRFS_IOC_FS_INFO, &info) != 0)
		return 0;
	return data_bytes(&info, "bytes_may_use") + data_bytes(&info, "bytes_reserved");
}

static int btrfs_space(const struct storage_volume *v, struct storage_space *s, struct error *e)
{
	CLEANUP(file_closep) int top = btrfs_open_top(v, e);
	struct statvfs f;

	if (top < 0)
		return -1;
	if (fstatvfs(top, &f) != 0)
		return error_errno(e, EX_IOERR, "cannot read the free space of the btrfs on '%s'", v->source);
	*s = (struct storage_space){
		.of = mem_format("the btrfs on '%s'", v->source),
		.total = (long long)f.f_blocks * (long long)f.f_frsize,
		.free = (long long)f.f_bavail * (long long)f.f_frsize - uncommitted(top),
		.metadata = -1,
	};
	if (s->free < 0)
		s->free = 0;
	return 0;
}

static int btrfs_room(const struct storage_volume *v, size_t others, struct error *e)
{
	CLEANUP(storage_space_free) struct storage_space s = {0};
	long long spare;

	(void)others; /* a snapshot itself takes next to nothing */
	if (btrfs_space(v, &s, e) != 0)
		return -1;
	spare = s.total / 100 < SPARE ? s.total / 100 : SPARE;
	if (s.free < spare)
		return error_set(e, EX_CANTCREAT,
				 "no room for a snapshot of '%s': %s has %lld MiB left of %lld: remove "
				 "snapshots ('ecs-snapshot list' shows them)",
				 v->name, s.of, s.free >> 20, s.total >> 20);
	return 0;
}

static int btrfs_create(const struct storage_volume *v, const char *name, bool writable, time_t expires,
			struct error *e)
{
	CLEANUP(file_closep) int top = btrfs_open_top(v, e);
	CLEANUP(mem_freep) char *path = btrfs_entry_of(v, name);

	/* the expiry first: a snapshot without one would live for ever after a power cut */
	if (top < 0 || btrfs_put_expiry(v, name, expires, e) != 0)
		return -1;
	if (btrfs_exists(top, path))
		return error_set(e, EX_CANTCREAT, "snapshot '%s' of '%s' already exists", name, v->name);
	return btrfs_take(top, btrfs_inner_of(v), path, writable, e);
}

static int btrfs_rename(const struct storage_volume *v, const char *from, const char *to,
			struct error *e)
{
	CLEANUP(file_closep) int top = btrfs_open_top(v, e);
	CLEANUP(mem_freep) char *old = btrfs_entry_of(v, from);
	CLEANUP(mem_freep) char *new = btrfs_entry_of(v, to);
	time_t expires;

	if (top < 0)
		return -1;
	if (btrfs_exists(top, old)) {
		if (btrfs_get_expiry(v, from, &expires, e) != 0 || btrfs_put_expiry(v, to, expires, e) != 0 ||
		    btrfs_move(top, old, new, RENAME_NOREPLACE, e) != 0)
			return -1;
	} else if (!btrfs_exists(top, new)) {
		return error_set(e, EX_NOINPUT, "'%s' has no snapshot '%s'", v->name, from);
	}
	return btrfs_commit(top, v, e) != 0 ? -1 : btrfs_put_expiry(v, from, 0, e);
}

static int btrfs_remove(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(file_closep) int top = btrfs_open_top(v, e);
	CLEANUP(mem_freep) char *path = btrfs_entry_of(v, name);

	if (top < 0 || btrfs_destroy(top, path, e) != 0 || btrfs_commit(top, v, e) != 0)
		return -1;
	return btrfs_put_expiry(v, name, 0, e);
}

static int btrfs_expire(const struct storage_volume *v, const char *name, time_t expires,
			struct error *e)
{
	return btrfs_put_expiry(v, name, expires, e);
}

/* --- mounting -------------------------------------------------------------------------------------- */

/* OPTIONS without those that choose the subvolume or reading and writing, and with EXTRA. */
static char *options_with(const char *options, const char *extra)
{
	struct str s = {0};

	for (const char *p = options; *p;) {
		size_t n = strcspn(p, ",");

		if (strncmp(p, "subvol", 6) != 0 && !(n == 2 && (strncmp(p, "rw", 2) == 0 ||
							      strncmp(p, "ro", 2) == 0)))
			str_addf(&s, "%.*s,", (int)n, p);
		p += n + (p[n] == ',');
	}
	str_add(&s, extra);
	return s.data;
}

static int btrfs_open(const struct storage_volume *v, const char *name, bool writable,
		      struct storage_place *p, struct error *e)
{
	CLEANUP(file_closep) int top = btrfs_open_top(v, e);
	CLEANUP(mem_freep) char *path = btrfs_entry_of(v, name);
	struct btrfs_info i;

	if (top < 0 || btrfs_info(top, path, &i, e) != 0)
		return -1;
	if (writable && i.readonly)
		return error_set(e, EX_USAGE,
				 "snapshot '%s' of '%s' is read-only: make one with 'create --rw'", name,
				 v->name);
	*p = (struct storage_place){
		.source = mem_dup(v->source),
		.type = mem_dup("btrfs"),
		.options = mem_format("%s,subvol=/%s", writable ? "rw" : "ro", path),
	};
	return 0;
}

static int btrfs_close(const struct storage_volume *v, const char *name, struct error *e)
{
	(void)v, (void)name, (void)e;
	return 0;
}

static void btrfs_seen_as(const struct storage_volume *v, const char *name, char **device,
			  char **subroot)
{
	*device = mem_dup(v->source);
	*subroot = mem_format("/" BTRFS_FOLDER "/%s_%s", v->name, name);
}

static int btrfs_hold(const struct storage_volume *v)
{
	struct error ignored = {0};

	return btrfs_open_top(v, &ignored);
}

static int btrfs_home(const struct storage_volume *v, struct storage_place *p, struct error *e)
{
	CLEANUP(file_closep) int top = btrfs_open_top(v, e);
	CLEANUP(mem_freep) char *live = btrfs_live_of(v);
	CLEANUP(mem_freep) char *extra = NULL;
	unsigned long long chosen;

	if (top < 0 || btrfs_default(v, &chosen, e) != 0)
		return -1;
	if (btrfs_is_top(v) && chosen != BTRFS_TOP_ID && btrfs_exists(top, live))
		extra = mem_format("rw,subvol=/%s", live);
	else
		extra = mem_format("rw,subvol=%s", v->inner);
	*p = (struct storage_place){
		.source = mem_dup(v->listed ? v->listed : v->source),
		.type = mem_dup("btrfs"),
		.options = v->listed ? mem_dup(v->options) : options_with(v->options, extra),
	};
	return 0;
}

const struct storage_driver btrfs_driver = {
	.name = "btrfs",
	.claim = btrfs_claim,
	.list = btrfs_list,
	.space = btrfs_space,
	.outside = btrfs_nested,
	.room = btrfs_room,
	.create = btrfs_create,
	.rename = btrfs_rename,
	.remove = btrfs_remove,
	.expire = btrfs_expire,
	.open = btrfs_open,
	.close = btrfs_close,
	.seen_as = btrfs_seen_as,
	.hold = btrfs_hold,
	.revert_check = btrfs_revert_check,
	.revert = btrfs_revert,
	.revert_undo = btrfs_revert_undo,
	.revert_commit = btrfs_revert_commit,
	.revert_clear = btrfs_revert_clear,
	.set_aside = btrfs_set_aside,
	.remove_aside = btrfs_remove_aside,
	.home = btrfs_home,
};
