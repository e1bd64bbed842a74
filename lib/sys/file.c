/* SPDX-License-Identifier: MIT */
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/path.h"
#include "sys/depth.h"

void file_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int file_read_fd(int fd, const char *name, size_t max, struct str *out, struct error *e)
{
	char buf[65536];

	for (;;) {
		ssize_t n = read(fd, buf, sizeof buf);

		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(e, 0, "cannot read '%s'", name);
		if (out->len + (size_t)n > max)
			return error_set(e, EX_DATAERR, "'%s' is larger than %zu bytes", name, max);
		str_addn(out, buf, (size_t)n);
	}
}

int file_read(const char *path, size_t max, struct str *out, struct error *e)
{
	CLEANUP(file_closep) int fd = -1;

	if (strcmp(path, "-") == 0)
		return file_read_fd(STDIN_FILENO, "-", max, out, e);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(e, 0, "cannot open '%s'", path);
	return file_read_fd(fd, path, max, out, e);
}

int file_write_all(int fd, const void *data, size_t len, struct error *e)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(e, EX_IOERR, "cannot write");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_sync_dir(const char *path, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_dir(path);
	CLEANUP(file_closep) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0)
		return error_errno(e, EX_IOERR, "cannot flush folder '%s'", dir);
	return 0;
}

/* What a file is filled with: bytes, or all that comes from a descriptor. */
struct content {
	const void *data;
	size_t len;
	int from; /* -1: DATA */
};

static int fill(int fd, const struct content *c, struct error *e)
{
	char block[65536];
	ssize_t n;

	if (c->from < 0)
		return file_write_all(fd, c->data, c->len, e);
	while ((n = read(c->from, block, sizeof block)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(e, EX_IOERR, "cannot read");
		if (file_write_all(fd, block, (size_t)n, e) != 0)
			return -1;
	}
	return 0;
}

static int fill_temp(const char *temp, const struct content *c, mode_t mode, bool durable, struct error *e)
{
	CLEANUP(file_closep) int fd = -1;
	int closed;

	/* left by a killed run that had our pid: nobody else writes that name; O_EXCL tells of failure */
	unlink(temp);
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return error_errno(e, errno == EACCES || errno == EPERM ? EX_NOPERM : EX_CANTCREAT,
				   "cannot create '%s'", temp);
	if (fchmod(fd, mode) != 0) /* the umask does not count */
		return error_errno(e, EX_CANTCREAT, "cannot set the mode of '%s'", temp);
	if (fill(fd, c, e) != 0)
		return error_context(e, "'%s'", temp);
	if (durable && fsync(fd) != 0)
		return error_errno(e, EX_IOERR, "cannot flush '%s'", temp);
	closed = close(fd);
	fd = -1;
	if (closed != 0)
		return error_errno(e, EX_IOERR, "cannot close '%s'", temp);
	return 0;
}

enum { DURABLE = 1, NEW = 2 }; /* flushed; only where there is nothing yet */

/* rename(2); NEW: never over what is there. */
static int rename_temp(const char *temp, const char *path, unsigned how)
{
	struct stat st;

	if (!(how & NEW))
		return rename(temp, path);
	if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* a file system that does not know it */
	if (lstat(path, &st) == 0)
		errno = EEXIST;
	else if (errno == ENOENT)
		return rename(temp, path);
	return -1;
}

static int publish(const char *path, const struct content *c, mode_t mode, unsigned how, struct error *e)
{
	CLEANUP(mem_freep) char *temp = mem_format("%s.%ld.tmp", path, (long)getpid());

	if (fill_temp(temp, c, mode, how & DURABLE, e) != 0) {
		unlink(temp);
		return -1;
	}
	if (rename_temp(temp, path, how) != 0) {
		error_errno(e, EX_CANTCREAT, "cannot publish '%s'", path);
		unlink(temp);
		return -1;
	}
	return how & DURABLE ? file_sync_dir(path, e) : 0;
}

int file_write(const char *path, const void *data, size_t len, mode_t mode, struct error *e)
{
	return publish(path, &(struct content){data, len, -1}, mode, DURABLE, e);
}

int file_write_new(const char *path, const void *data, size_t len, mode_t mode, struct error *e)
{
	return publish(path, &(struct content){data, len, -1}, mode, DURABLE | NEW, e);
}

int file_write_quick(const char *path, const void *data, size_t len, mode_t mode, struct error *e)
{
	return publish(path, &(struct content){data, len, -1}, mode, 0, e);
}

int file_copy(const char *from, const char *to, mode_t mode, struct error *e)
{
	CLEANUP(file_closep) int fd = open(from, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(e, 0, "cannot open '%s'", from);
	return publish(to, &(struct content){NULL, 0, fd}, mode, DURABLE, e);
}

/* mkdir(2), whatever the umask is. One that another process made meanwhile is as good. */
static int make_dir(const char *path, mode_t mode, struct error *e)
{
	struct stat st;

	if (mkdir(path, mode) == 0) {
		if (chmod(path, mode) != 0)
			return error_errno(e, EX_CANTCREAT, "cannot set the mode of '%s'", path);
		return file_sync_dir(path, e);
	}
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return error_errno(e, errno == EACCES || errno == EPERM ? EX_NOPERM : EX_CANTCREAT,
			   "cannot make folder '%s'", path);
}

int file_mkdirs(const char *path, mode_t mode, struct error *e)
{
	CLEANUP(mem_freep) char *up = NULL;
	struct stat st;

	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		return error_set(e, EX_CANTCREAT, "'%s' is not a folder", path);
	}
	up = path_dir(path);
	if (file_mkdirs(up, mode, e) != 0)
		return -1;
	return make_dir(path, mode, e);
}

int file_remove(const char *path, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_dir(path);

	if (unlink(path) == 0)
		return file_sync_dir(path, e);
	if (errno == ENOTDIR)
		return 0;
	if (errno != ENOENT)
		return error_errno(e, 0, "cannot remove '%s'", path);
	/* a run that was killed may have removed it and not flushed that */
	return file_exists(dir) ? file_sync_dir(path, e) : 0;
}

int file_rename(const char *from, const char *to, struct error *e)
{
	if (rename(from, to) != 0)
		return error_errno(e, 0, "cannot rename '%s' to '%s'", from, to);
	if (file_sync_dir(from, e) != 0)
		return -1;
	return file_sync_dir(to, e);
}

/* What a removal is of: the tree's file system, and how deep it is in it. */
struct removal {
	dev_t dev;
	int level;
};

static int remove_below(struct removal *r, int dir_fd, const char *name, struct error *e);

static int empty_dir(struct removal *removal, int fd, struct error *e)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (dir == NULL) {
		close(fd);
		return error_errno(e, 0, "cannot list a folder");
	}
	for (errno = 0; r == 0 && (entry = readdir(dir)); errno = 0) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		r = remove_below(removal, dirfd(dir), entry->d_name, e);
	}
	if (r == 0 && errno)
		r = error_errno(e, 0, "cannot list a folder");
	closedir(dir);
	return r;
}

/* A mount point holds what is not ours to remove, be it of the same file system (mount --bind). */
static int look_below(int dir_fd, const char *name, struct statx *st, struct error *e)
{
	if (statx(dir_fd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, st) != 0)
		return errno == ENOENT ? 0 : error_errno(e, 0, "cannot look at '%s'", name);
	if (st->stx_attributes & STATX_ATTR_MOUNT_ROOT)
		return error_set(e, EX_IOERR, "'%s' is a mount point: not removed", name);
	return 1;
}

static int remove_below(struct removal *r, int dir_fd, const char *name, struct error *e)
{
	struct statx st;
	int fd, found = look_below(dir_fd, name, &st, e);

	if (found <= 0)
		return found;
	if (makedev(st.stx_dev_major, st.stx_dev_minor) != r->dev) /* a subvolume is no mount point */
		return error_set(e, EX_IOERR, "'%s' is another file system: not removed", name);
	if (S_ISDIR(st.stx_mode)) {
		fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return error_errno(e, 0, "cannot open '%s'", name);
		if (depth_check(++r->level, name, e) != 0) {
			close(fd);
			return -1;
		}
		if (empty_dir(r, fd, e) != 0)
			return -1;
		r->level--;
	}
	if (unlinkat(dir_fd, name, S_ISDIR(st.stx_mode) ? AT_REMOVEDIR : 0) != 0 && errno != ENOENT)
		return error_errno(e, 0, "cannot remove '%s'", name);
	return 0;
}

int file_remove_tree(const char *path, struct error *e)
{
	struct statx st;
	int found = look_below(AT_FDCWD, path, &st, e);

	if (found <= 0)
		return found;
	if (remove_below(&(struct removal){.dev = makedev(st.stx_dev_major, st.stx_dev_minor)}, AT_FDCWD, path, e) != 0)
		return error_context(e, "removing '%s'", path);
	return file_sync_dir(path, e);
}

int file_sync_all(const char *path, struct error *e)
{
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(e, 0, "cannot open '%s'", path);
	return syncfs(fd) == 0 ? 0 : error_errno(e, EX_IOERR, "cannot flush the file system of '%s'", path);
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

int file_dir_empty(const char *path, struct error *e)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int empty = 1;

	if (dir == NULL) {
		if (errno == ENOENT)
			return 1;
		return error_errno(e, 0, "cannot list '%s'", path);
	}
	errno = 0;
	while (empty && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    strcmp(entry->d_name, "lost+found") != 0)
			empty = 0;
	if (empty && errno)
		empty = error_errno(e, 0, "cannot list '%s'", path);
	closedir(dir);
	return empty;
}
