/* SPDX-License-Identifier: MIT */
#include "cmd/tool/values.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/git/git.h"
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

/* Branches and tags of the application, as --to and --from take them. */
static void add_revisions(const char *root, struct strlist *names)
{
	CLEANUP(mem_freep) char *checkout = path_root(root, NAME_SOURCE);
	struct error ignored = {0};

	git_names(checkout, names, &ignored);
}

static void add_parts(const char *root, struct strlist *names)
{
	(void)root;
	strlist_add(names, "database");
	strlist_add(names, "files");
}

static void (*const kinds[])(const char *root, struct strlist *names) = {
	[TOOL_CLONES] = add_clones,       [TOOL_SNAPSHOTS] = add_snapshots, [TOOL_VOLUMES] = add_volumes,
	[TOOL_REVISIONS] = add_revisions, [TOOL_PARTS] = add_parts,
};

/* A name that a shell takes as one word, whatever somebody called a tag or a folder. */
static bool is_plain(const char *name)
{
	return *name && *name != '-' &&
	       name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/+-")] == '\0';
}

void values_add(enum tool_values kind, const char *root, struct strlist *names)
{
	CLEANUP(mem_freep) char *real = root ? realpath(root, NULL) : mem_dup("");
	CLEANUP(strlist_free) struct strlist found = {0};

	if (kind == TOOL_ANY || real == NULL)
		return;
	if (strcmp(real, "/") == 0)
		*real = '\0';
	kinds[kind](real, &found);
	strlist_sort(&found);
	for (size_t i = 0; i < found.count; i++)
		if (is_plain(found.item[i]) && (i == 0 || strcmp(found.item[i], found.item[i - 1]) != 0))
			strlist_add(names, found.item[i]);
}
