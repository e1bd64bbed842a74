/* SPDX-License-Identifier: MIT */
#include "adapter/btrfs/revert.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapter/btrfs/subvolume.h"
#include "base/log.h"
#include "base/path.h"
#include "sys/file.h"
#include "sys/mounts.h"

int btrfs_revert_check(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(file_closep) int top = btrfs_open_top(v, e);
	CLEANUP(mem_freep) char *before = btrfs_own_of(v, "before");
	CLEANUP(mem_freep) char *live = btrfs_live_of(v);

	(void)name;
	if (top < 0)
		return -1;
	/* by number it would mount the old one again; the top level by its name, too */
	if (v->listed && (mounts_option(v->options, "subvolid") ||
			  (btrfs_is_top(v) && mounts_option(v->options, "subvol"))))
		return error_set(e, EX_CONFIG,
				 "'%s' cannot be exchanged: fstab fixes its subvolume with '%s': use "
				 "'subvol=PATH'%s",
				 v->target, v->options, btrfs_is_top(v) ? " or no option at all" : "");
	if (btrfs_exists(top, before) || (btrfs_is_top(v) && btrfs_exists(top, live)))
		return error_set(e, EX_CANTCREAT, "the subvolume '/%s' on '%s' is in the way",
				 btrfs_is_top(v) ? live : before, v->source);
	return 1;
}

/* Whoever of the pair is the default subvolume: the live one must be. */
static int keep_default(const struct storage_volume *v, int top, unsigned long long old,
			unsigned long long new, struct error *e)
{
	unsigned long long chosen;

	if (btrfs_default(v, &chosen, e) != 0)
		return -1;
	return chosen == old ? btrfs_set_default(top, new, e) : 0;
}

/*
 * Exchanges the live subvolume and NEXT unless LATER (whether the younger of the two is live) is so
 * already: numbers of subvolumes only grow, and NEXT was taken last.
 */
static int exchange(const struct storage_volume *v, int top, const char *next, bool later,
		    struct error *e)
{
	struct btrfs_info live, other;

	if (btrfs_info(top, btrfs_inner_of(v), &live, e) != 0 || btrfs_info(top, next, &other, e) != 0)
		return -1;
	if ((live.id > other.id) == later)
		return keep_default(v, top, other.id, live.id, e);
	if (btrfs_move(top, btrfs_inner_of(v), next, RENAME_EXCHANGE, e) != 0 || btrfs_commit(top, v, e) != 0)
		return -1;
	return keep_default(v, top, live.id, other.id, e);
}

/* A snapshot of the top level has a folder of empty stubs where the snapshots are. */
static void drop_stubs(int top, const char *live)
{
	CLEANUP(mem_freep) char *path = path_join(live, BTRFS_FOLDER);
	int fd = openat(top, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	while (dir && (d = readdir(dir)))
		unlinkat(fd, d->d_name, AT_REMOVEDIR);
	if (dir)
		closedir(dir);
	unlinkat(top, path, AT_REMOVEDIR);
}

static int revert_top(const struct storage_volume *v, int top, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *from = btrfs_entry_of(v, name);
	CLEANUP(mem_freep) char *live = btrfs_live_of(v);
	struct btrfs_info i;

	if (!btrfs_exists(top, live) && btrfs_take(top, from, live, true, e) != 0)
		return -1;
	drop_stubs(top, live);
	if (btrfs_info(top, live, &i, e) != 0 || btrfs_set_default(top, i.id, e) != 0)
		return -1;
	return btrfs_commit(top, v, e);
}

int btrfs_revert(const struct storage_volume *v, const char *name, bool keep, struct error *e)
{
	CLEANUP(file_closep) int top = btrfs_open_top(v, e);
	CLEANUP(mem_freep) char *from = btrfs_entry_of(v, name);
	CLEANUP(mem_freep) char *next = btrfs_own_of(v, "next");
	CLEANUP(mem_freep) char *before = btrfs_own_of(v, "before");

	(void)keep;
	if (top < 0)
		return -1;
	if (btrfs_is_top(v))
		return revert_top(v, top, name, e);
	if (btrfs_exists(top, before))
		return 0;
	if (!btrfs_exists(top, next) && btrfs_take(top, from, next, true, e) != 0)
		return -1;
	if (exchange(v, top, next, true, e) != 0 || btrfs_move(top, next, before, RENAME_NOREPLACE, e) != 0)
		return -1;
	return btrfs_commit(top, v, e);
}

int btrfs_revert_undo(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(file_closep) int top = btrfs_open_top(v, e);
	CLEANUP(mem_freep) char *next = btrfs_own_of(v, "next");
	CLEANUP(mem_freep) char *before = btrfs_own_of(v, "before");
	CLEANUP(mem_freep) char *live = btrfs_live_of(v);

	(void)name;
	if (top < 0)
		return -1;
	if (btrfs_is_top(v)) {
		if (btrfs_set_default(top, BTRFS_TOP_ID, e) != 0 || btrfs_destroy(top, live, e) != 0)
			return -1;
		return btrfs_commit(top, v, e);
	}
	if (btrfs_exists(top, before) && btrfs_move(top, before, next, RENAME_NOREPLACE, e) != 0)
		return -1;
	if (!btrfs_exists(top, next))
		return 0;
	if (exchange(v, top, next, false, e) != 0 || btrfs_destroy(top, next, e) != 0)
		return -1;
	return btrfs_commit(top, v, e);
}

/*
 * What the top level held before a revert made another subvolume the live one. What cannot be removed
 * (somebody else's subvolume in it) takes room, and is said, but keeps nothing from working.
 */
static int empty_top(int top, struct error *e)
{
	struct dirent *d;
	int fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir == NULL)
		return error_errno(e, EX_IOERR, "cannot read the top level of the btrfs");
	while ((d = readdir(dir))) {
		CLEANUP(mem_freep) char *path = mem_format("/proc/self/fd/%d/%s", top, d->d_name);
		struct error left = {0};
		struct stat st;

		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 ||
		    strcmp(d->d_name, BTRFS_FOLDER) == 0 ||
		    fstatat(top, d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    (S_ISDIR(st.st_mode) && st.st_ino == BTRFS_ROOT_INODE)) /* a subvolume of its own */
			continue;
		if (file_remove_tree(path, &left) != 0)
			log_warn("'/%s' of the state before stays in the btrfs: %s", d->d_name, left.text);
	}
	closedir(dir);
	return 0;
}

int btrfs_revert_commit(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(file_closep) int top = btrfs_open_top(v, e);
	CLEANUP(mem_freep) char *before = btrfs_own_of(v, "before");

	(void)name;
	if (top < 0 || (btrfs_is_top(v) ? empty_top(top, e) : btrfs_destroy(top, before, e)) != 0)
		return -1;
	return btrfs_commit(top, v, e);
}
