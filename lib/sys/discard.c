/* SPDX-License-Identifier: MIT */
#include "sys/discard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/depth.h"
#include "sys/file.h"
#include "sys/signals.h"

enum {
	SUBVOLUME_INODE = 256, /* BTRFS_FIRST_FREE_OBJECTID: the root of any subvolume */
	LEVELS = 64            /* each of them holds two descriptors */
};

/*
 * Whoever owned the tree may have made it deeper than a walk can hold descriptors: what lies deeper than LEVELS is moved to
 * the top, and removed from there.
 */
struct discard {
	bool subvolumes;
	struct error *e; /* the first reason */
	bool failed;
	int top;       /* the topmost folder of this file system in the tree; -1: none yet */
	int level;     /* beneath it */
	int depth;     /* beneath all of it */
	bool moved;    /* something was moved to the top since that was read */
	unsigned long names;
};

static void discard_fail(struct discard *d, const char *path, const char *why)
{
	if (!d->failed)
		error_set(d->e, EX_IOERR, "cannot remove '%s': %s", path, why);
	d->failed = true;
}

static void discard_entry(struct discard *d, int dir, const char *name, const char *path, dev_t dev);

/* Opens a file or folder without following a link; -1: it cannot be opened, which shows when it is removed. */
static int open_inside(int dir, const char *name, bool folder)
{
	return openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (folder ? O_DIRECTORY : 0));
}

/* Takes away the flags that forbid a change; returns those that were set. */
static int unlock_file(int fd)
{
	int flags = 0, open;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0 || !(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		return 0;
	open = flags & ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
	return ioctl(fd, FS_IOC_SETFLAGS, &open) == 0 ? flags : 0;
}

static void empty_folder(struct discard *d, int fd, const char *path, dev_t dev)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *list = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *found;

	if (list == NULL) {
		discard_fail(d, path, strerror(errno));
		if (copy >= 0)
			close(copy);
		return;
	}
	rewinddir(list); /* the descriptor may have been read before: they share a place */
	while ((found = readdir(list))) {
		CLEANUP(mem_freep) char *inside = NULL;

		if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
			continue;
		inside = mem_format("%s/%s", path, found->d_name);
		discard_entry(d, fd, found->d_name, inside, dev);
	}
	closedir(list);
}

static bool is_subvolume(int fd, const struct statx *st)
{
	struct statfs fs;

	return S_ISDIR(st->stx_mode) && st->stx_ino == SUBVOLUME_INODE && fstatfs(fd, &fs) == 0 &&
	       fs.f_type == BTRFS_SUPER_MAGIC;
}

/* Whether the folder, of another file system by its number, may be emptied: a subvolume, which can be written to then. */
static bool may_cross(struct discard *d, int fd, const struct statx *st, const char *path)
{
	__u64 flags = 0;

	if (!is_subvolume(fd, st)) {
		discard_fail(d, path, "it is another file system");
		return false;
	}
	if (!d->subvolumes) {
		discard_fail(d, path, "it is a subvolume");
		return false;
	}
	if (ioctl(fd, BTRFS_IOC_SUBVOL_GETFLAGS, &flags) == 0 && (flags & BTRFS_SUBVOL_RDONLY)) {
		flags &= ~(__u64)BTRFS_SUBVOL_RDONLY;
		(void)ioctl(fd, BTRFS_IOC_SUBVOL_SETFLAGS, &flags);
	}
	return true;
}

/* False: it could not be, and is emptied where it is. */
static bool move_up(struct discard *d, int dir, const char *name)
{
	CLEANUP(mem_freep) char *as = mem_format("ecs-deep-%lu", d->names++);

	if (renameat(dir, name, d->top, as) != 0)
		return false;
	d->moved = true;
	return true;
}

/* The topmost folder of a file system is read again as long as something is moved there. */
static void empty_top(struct discard *d, int fd, const char *path, dev_t dev)
{
	struct discard outer = *d;

	d->top = fd;
	d->level = 0;
	do {
		d->moved = false;
		empty_folder(d, fd, path, dev);
	} while (d->moved);
	d->top = outer.top;
	d->level = outer.level;
	d->moved = outer.moved;
}

static void discard_folder(struct discard *d, int dir, const char *name, const char *path, dev_t dev,
			   const struct statx *st)
{
	CLEANUP(file_closep) int fd = open_inside(dir, name, true);
	dev_t own = makedev(st->stx_dev_major, st->stx_dev_minor);
	bool top = d->top < 0 || own != dev;
	struct error deep = {0};

	if (fd < 0 || depth_check(d->depth + 1, path, &deep) != 0) {
		discard_fail(d, path, fd < 0 ? strerror(errno) : deep.text);
		return;
	}
	if (own != dev && !may_cross(d, fd, st, path))
		return;
	unlock_file(fd);
	if (!top && d->level >= LEVELS && move_up(d, dir, name))
		return;
	d->level++;
	d->depth++;
	(top ? empty_top : empty_folder)(d, fd, path, own);
	d->level--;
	d->depth--;
	if (unlinkat(dir, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
		discard_fail(d, path, strerror(errno));
}

/* A further name of a file that is not thrown away keeps the flags that it had. */
static void discard_file(struct discard *d, int dir, const char *name, const char *path, const struct statx *st)
{
	bool locked = S_ISREG(st->stx_mode) && (st->stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND));
	CLEANUP(file_closep) int fd = locked ? open_inside(dir, name, false) : -1;
	int flags = unlock_file(fd);

	if (unlinkat(dir, name, 0) != 0 && errno != ENOENT)
		discard_fail(d, path, strerror(errno));
	if (flags && st->stx_nlink > 1)
		(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

static void discard_entry(struct discard *d, int dir, const char *name, const char *path, dev_t dev)
{
	struct statx st;

	if (signals_pending()) {
		if (!d->failed)
			signals_error(d->e);
		d->failed = true;
		return;
	}
	if (statx(dir, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_INO | STATX_NLINK | STATX_MODE, &st) != 0) {
		if (errno != ENOENT)
			discard_fail(d, path, strerror(errno));
	} else if (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) {
		discard_fail(d, path, "something is mounted there");
	} else if (S_ISDIR(st.stx_mode)) {
		discard_folder(d, dir, name, path, dev, &st);
	} else {
		discard_file(d, dir, name, path, &st);
	}
}

int discard_at(int dir, const char *name, const char *path, bool subvolumes, struct error *e)
{
	struct discard d = {.subvolumes = subvolumes, .e = e, .top = -1};
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : error_errno(e, EX_IOERR, "cannot look at '%s'", path);
	discard_entry(&d, dir, name, path, st.st_dev);
	if (d.failed)
		return -1;
	if (dir == AT_FDCWD)
		return file_sync_dir(name, e);
	return fsync(dir) == 0 ? 0 : error_errno(e, EX_IOERR, "cannot flush the folder of '%s'", path);
}

int discard_tree(const char *path, bool subvolumes, struct error *e)
{
	return discard_at(AT_FDCWD, path, path, subvolumes, e);
}
