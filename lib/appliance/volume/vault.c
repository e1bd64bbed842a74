/* SPDX-License-Identifier: MIT */
#include "appliance/volume/vault.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "base/path.h"
#include "base/str.h"
#include "sys/file.h"

#define LOST "lost+found"

static bool is_ours(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, LOST) == 0 ||
	       strcmp(name, NAME_RESTORE_FOLDER) == 0 || strcmp(name, NAME_SNAPSHOT_FOLDER) == 0;
}

static int list_folder(const char *path, struct strlist *names, struct error *e)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	int failed;

	if (dir == NULL)
		return errno == ENOENT ? 0 : error_errno(e, EX_IOERR, "cannot read the folder '%s'", path);
	while (errno = 0, (d = readdir(dir)))
		if (!is_ours(d->d_name))
			strlist_add(names, d->d_name);
	failed = errno; /* a list that was cut off is no list */
	closedir(dir);
	errno = failed;
	return failed ? error_errno(e, EX_IOERR, "cannot read the folder '%s'", path) : 0;
}

int vault_is_empty(const char *vault, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};

	return list_folder(vault, &names, e) != 0 ? -1 : names.count == 0;
}

static int sync_folder(const char *path, struct error *e)
{
	CLEANUP(mem_freep) char *inside = path_join(path, ".");

	return file_sync_dir(inside, e);
}

int vault_move(const char *from, const char *to, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};

	if (list_folder(from, &names, e) != 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_freep) char *one = path_join(from, names.item[i]), *two = path_join(to, names.item[i]);

		if (rename(one, two) != 0)
			return error_errno(e, EX_IOERR, "cannot rename '%s'", one);
	}
	if (names.count == 0)
		return 0;
	return sync_folder(to, e) != 0 ? -1 : sync_folder(from, e);
}
