/* SPDX-License-Identifier: MIT */
#include "sys/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/depth.h"
#include "sys/file.h"
#include "sys/signals.h"

struct walk {
	const struct strlist *skip;
	int (*fn)(void *arg, const struct tree_item *item, struct error *e);
	void *arg;
	int level; /* of the folder that is walked; its root is 1 */
};

static int rank(char c)
{
	return c == '\0' ? 0 : c == '/' ? 1 : (unsigned char)c + 1;
}

int tree_order(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return rank(*a) - rank(*b);
}

static int names_of(int fd, const char *path, struct strlist *names, struct error *e)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *d;
	int failed;

	if (dir == NULL) {
		error_errno(e, 0, "cannot read the folder '%s'", path);
		file_closep(&copy);
		return -1;
	}
	while (errno = 0, (d = readdir(dir)))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			strlist_add(names, d->d_name);
	failed = errno;
	closedir(dir);
	errno = failed;
	if (failed)
		return error_errno(e, 0, "cannot read the folder '%s'", path);
	strlist_sort(names);
	return 0;
}

static int walk_folder(struct walk *w, int fd, const char *path, struct error *e);

static int visit(struct walk *w, int fd, const char *path, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *whole = *path ? mem_format("%s/%s", path, name) : mem_dup(name);
	CLEANUP(file_closep) int inner = -1;
	struct stat st;
	struct tree_item item = {whole, fd, name, &st};

	if (w->skip && strlist_has(w->skip, whole))
		return 0;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : error_errno(e, 0, "cannot look at '%s'", whole);
	if (w->fn(w->arg, &item, e) != 0)
		return -1;
	if (!S_ISDIR(st.st_mode))
		return 0;
	inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (inner < 0)
		return error_errno(e, 0, "cannot open the folder '%s'", whole);
	return walk_folder(w, inner, whole, e);
}

static int walk_folder(struct walk *w, int fd, const char *path, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};

	if (signals_pending())
		return signals_error(e);
	if (depth_check(++w->level, path, e) != 0 || names_of(fd, path, &names, e) != 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (visit(w, fd, path, names.item[i], e) != 0)
			return -1;
	w->level--;
	return 0;
}

int tree_walk(const char *root, const struct strlist *skip,
	      int (*fn)(void *arg, const struct tree_item *item, struct error *e), void *arg,
	      struct error *e)
{
	struct walk w = {skip, fn, arg, 0};
	CLEANUP(file_closep) int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(e, 0, "cannot open the folder '%s'", root);
	return walk_folder(&w, fd, "", e);
}
