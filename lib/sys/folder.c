/* SPDX-License-Identifier: MIT */
#include "sys/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/file.h"

enum { LINKS_MAX = 40 }; /* as many as the kernel follows */

/* How far we are. */
struct way {
	int fd;      /* the folder that was reached */
	char *rest;  /* what is still to go */
	int links;
};

static void way_free(struct way *w)
{
	file_closep(&w->fd);
	mem_freep(&w->rest);
}

/* Its mode is set by its descriptor: who owns DIR may have put a link there meanwhile. */
static int make(int dir, const char *name, const char *path, struct error *e)
{
	CLEANUP(file_closep) int fd = -1;

	if (mkdirat(dir, name, 0755) != 0)
		return errno == EEXIST ? 0 : error_errno(e, errno == EACCES || errno == EPERM ? EX_NOPERM : EX_CANTCREAT,
							  "cannot make folder '%s' of '%s'", name, path);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* the umask does not count */
	if (fd < 0 || fchmod(fd, 0755) != 0 || fsync(dir) != 0)
		return error_errno(e, EX_CANTCREAT, "cannot make folder '%s' of '%s'", name, path);
	return 0;
}

/* What NAME is, no link followed; made where it is missing. A descriptor, or -1. */
static int look(int dir, const char *name, const char *path, struct stat *st, struct error *e)
{
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		/* fsync(2) takes no O_PATH */
		CLEANUP(file_closep) int parent = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (parent < 0)
			return error_errno(e, 0, "cannot open a folder of '%s'", path);
		if (make(parent, name, path, e) != 0)
			return -1;
		fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0 || fstat(fd, st) != 0) {
		error_errno(e, 0, "cannot look at '%s' of '%s'", name, path);
		file_closep(&fd);
	}
	return fd;
}

static int follow(struct way *w, int link, const char *name, const struct stat *st, const char *path, struct error *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(link, "", target, sizeof target - 1);
	char *rest;

	if (st->st_uid != 0 && st->st_uid != geteuid())
		return error_set(e, EX_NOPERM, "'%s' of '%s' is a link that user %u made: not followed", name, path, st->st_uid);
	if (n < 0)
		return error_errno(e, 0, "cannot read the link '%s' of '%s'", name, path);
	if (++w->links > LINKS_MAX)
		return error_set(e, EX_CANTCREAT, "'%s': too many links", path);
	target[n] = '\0';
	rest = mem_format("%s/%s", target, w->rest);
	mem_freep(&w->rest);
	w->rest = rest;
	if (*target != '/')
		return 0;
	file_closep(&w->fd);
	w->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return w->fd < 0 ? error_errno(e, 0, "cannot open '/'") : 0;
}

/* Goes into NAME. */
static int go(struct way *w, const char *name, const char *path, struct error *e)
{
	struct stat st;
	CLEANUP(file_closep) int fd = look(w->fd, name, path, &st, e);

	if (fd < 0)
		return -1;
	if (S_ISLNK(st.st_mode))
		return follow(w, fd, name, &st, path, e);
	if (!S_ISDIR(st.st_mode))
		return error_set(e, EX_CANTCREAT, "'%s' of '%s' is not a folder", name, path);
	file_closep(&w->fd);
	w->fd = fd;
	fd = -1;
	return 0;
}

int folder_open(const char *path, struct error *e)
{
	CLEANUP(way_free) struct way w = {.fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), .rest = mem_dup(path)};
	int fd;

	if (w.fd < 0)
		return error_errno(e, 0, "cannot open '/'");
	while (w.rest[strspn(w.rest, "/")]) {
		const char *from = w.rest + strspn(w.rest, "/");
		size_t n = strcspn(from, "/");
		CLEANUP(mem_freep) char *name = mem_dupn(from, n), *before = w.rest;

		w.rest = mem_dup(from + n);
		if (go(&w, name, path, e) != 0)
			return -1;
	}
	fd = openat(w.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? error_errno(e, 0, "cannot open '%s'", path) : fd;
}
