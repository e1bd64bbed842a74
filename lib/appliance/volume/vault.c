/* SPDX-License-Identifier: MIT */
#include "appliance/volume/vault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/names.h"
#include "base/str.h"
#include "sys/file.h"

#define LOST "lost+found"

static bool is_ours(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, LOST) == 0 ||
	       strcmp(name, NAME_RESTORE_FOLDER) == 0 || strcmp(name, NAME_SNAPSHOT_FOLDER) == 0;
}

static int list_folder(int fd, struct strlist *names, struct error *e)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* of its own: fdopendir() would move the caller's */
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *d;
	int failed;

	if (dir == NULL) {
		error_errno(e, EX_IOERR, "cannot read a folder of the vault");
		file_closep(&copy);
		return -1;
	}
	while (errno = 0, (d = readdir(dir)))
		if (!is_ours(d->d_name))
			strlist_add(names, d->d_name);
	failed = errno; /* a list that was cut off is no list */
	closedir(dir);
	errno = failed;
	return failed ? error_errno(e, EX_IOERR, "cannot read a folder of the vault") : 0;
}

int vault_is_empty(const char *vault, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};
	CLEANUP(file_closep) int fd = open(vault, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 1 : error_errno(e, EX_IOERR, "cannot read the folder '%s'", vault);
	return list_folder(fd, &names, e) != 0 ? -1 : names.count == 0;
}

int vault_move(int from, int to, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};

	if (list_folder(from, &names, e) != 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (renameat(from, names.item[i], to, names.item[i]) != 0)
			return error_errno(e, EX_IOERR, "cannot move '%s' within the vault", names.item[i]);
	if (names.count && (fsync(to) != 0 || fsync(from) != 0))
		return error_errno(e, EX_IOERR, "cannot flush a folder of the vault");
	return 0;
}
