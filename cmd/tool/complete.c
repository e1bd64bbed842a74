/* SPDX-License-Identifier: MIT */
#include "cmd/tool/complete.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance/volume/volumes.h"
#include "base/names.h"
#include "base/path.h"
#include "base/str.h"
#include "command/clone/list.h"
#include "sys/mounts.h"

static void add_clones(const char *root, struct strlist *names)
{
	struct error ignored = {0};

	clone_names(root, names, &ignored);
}

static void add_volumes(const char *root, struct strlist *names)
{
	(void)root;
	for (size_t i = 0; i < VOLUMES_KNOWN; i++)
		strlist_add(names, volumes_known[i].name);
}

/* Of what is mounted: to look at another volume may need a loop device. */
static bool is_mounted(const struct mounts_table *mounts, const char *root, size_t which)
{
	CLEANUP(mem_freep) char *folder = volumes_folder(root, which);
	CLEANUP(mem_freep) char *path = mounts_resolve(folder);

	return path && mounts_at(mounts, path);
}

static void add_snapshots(const char *root, struct strlist *names)
{
	CLEANUP(mounts_free) struct mounts_table mounts = {0};
	struct error ignored = {0};

	if (geteuid() != 0 || mounts_read(&mounts, &ignored) != 0)
		return;
	for (size_t i = 0; i < VOLUMES_KNOWN; i++) {
		CLEANUP(volumes_free) struct volumes vs = {0};
		CLEANUP(storage_list_free) struct storage_list found = {0};

		if (!is_mounted(&mounts, root, i) || volumes_find(root, volumes_known[i].name, &vs, &ignored) != 0 ||
		    vs.count == 0 || vs.item[0].driver == NULL ||
		    vs.item[0].driver->list(&vs.item[0], &found, &ignored) != 0)
			continue;
		for (size_t n = 0; n < found.count; n++)
			strlist_add(names, found.item[n].name);
	}
}

static void add_revisions(const char *root, struct strlist *names)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_RELEASES);
	DIR *dir = opendir(path);
	const struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		strlist_add(names, entry->d_name);
	closedir(dir);
}

static const struct {
	const char *word;
	void (*add)(const char *root, struct strlist *names);
} kinds[] = {
	[TOOL_CLONES] = {"clones", add_clones},
	[TOOL_SNAPSHOTS] = {"snapshots", add_snapshots},
	[TOOL_VOLUMES] = {"volumes", add_volumes},
	[TOOL_REVISIONS] = {"revisions", add_revisions},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

const char *complete_word(enum tool_values kind)
{
	return kinds[kind].word;
}

void complete_print(const char *what, const char *root)
{
	CLEANUP(strlist_free) struct strlist names = {0};
	CLEANUP(mem_freep) char *real = root ? realpath(root, NULL) : mem_dup("");
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (nowhere < 0 || dup2(nowhere, 2) < 0 || real == NULL)
		return;
	if (strcmp(real, "/") == 0)
		*real = '\0';
	for (size_t i = TOOL_ANY + 1; i < KINDS; i++)
		if (strcmp(kinds[i].word, what) == 0)
			kinds[i].add(real, &names);
	strlist_sort(&names);
	for (size_t i = 0; i < names.count; i++)
		if (path_is_name(names.item[i]) && (i == 0 || strcmp(names.item[i], names.item[i - 1]) != 0))
			puts(names.item[i]);
}
