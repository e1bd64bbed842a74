/* SPDX-License-Identifier: MIT */
#include "adapter/btrfs/revert.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapter/btrfs/subvolume.h"
#include "base/path.h"
#include "base/str.h"
#include "sys/clock.h"
#include "sys/discard.h"
#include "sys/file.h"
#include "sys/mounts.h"

static int in_the_way(const struct storage_volume *v, const char *path, struct error *e)
{
	return error_set(e, EX_CANTCREAT, "the subvolume '/%s' on '%s' is in the way: rename or delete it", path, v->source);
}

int btrfs_revert_check(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(file_closep) int top = btrfs_open_top(v, e);
	CLEANUP(mem_freep) char *before = btrfs_own_of(v, "before"), *next = btrfs_own_of(v, "next");
	CLEANUP(mem_freep) char *live = btrfs_live_of(v);

	(void)name;
	if (top < 0)
		return -1;
	/* by number it would mount the old one again; the top level by its name, too */
	if (v->listed && (mounts_option(v->options, "subvolid") ||
			  (btrfs_is_top(v) && mounts_option(v->options, "subvol"))))
		return error_set(e, EX_CONFIG,
				 "'%s' cannot be reverted: fstab chooses its subvolume by '%s': use "
				 "'subvol=PATH'%s",
				 v->target, v->options, btrfs_is_top(v) ? " or no option at all" : "");
	if (btrfs_is_top(v) ? btrfs_exists(top, live) : btrfs_exists(top, next)) /* it would be taken for a copy of NAME */
		return in_the_way(v, btrfs_is_top(v) ? live : next, e);
	return btrfs_exists(top, before) ? in_the_way(v, before, e) : 1;
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
	int fd = openat(top, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
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

	(void)name;
	if (top < 0)
		return -1;
	if (btrfs_is_top(v))
		return btrfs_set_default(top, BTRFS_TOP_ID, e) != 0 ? -1 : btrfs_commit(top, v, e);
	if (btrfs_exists(top, before) && btrfs_move(top, before, next, RENAME_NOREPLACE, e) != 0)
		return -1;
	return btrfs_exists(top, next) ? exchange(v, top, next, false, e) : 0;
}

/* What was live until the undo: a copy of the snapshot, and what was written to it. */
static char *undone_of(const struct storage_volume *v)
{
	return btrfs_is_top(v) ? btrfs_live_of(v) : btrfs_own_of(v, "next");
}

int btrfs_revert_clear(const struct storage_volume *v, struct error *e)
{
	CLEANUP(file_closep) int top = btrfs_open_top(v, e);
	CLEANUP(mem_freep) char *undone = undone_of(v);

	if (top < 0 || btrfs_destroy(top, undone, e) != 0)
		return -1;
	return btrfs_commit(top, v, e);
}

/* --- what is left ----------------------------------------------------------------------------------------- */

/* Whether this entry of the top level belonged to the volume: no subvolume, which is somebody else's, and not our folder. */
static bool is_content(int top, const char *name)
{
	struct stat st;

	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strcmp(name, BTRFS_FOLDER) != 0 &&
	       fstatat(top, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       !(S_ISDIR(st.st_mode) && st.st_ino == BTRFS_ROOT_INODE);
}

static int list_content(int top, struct strlist *names, struct error *e)
{
	int fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (dir == NULL)
		return error_errno(e, EX_IOERR, "cannot read the top level of the btrfs");
	while ((d = readdir(dir)))
		if (is_content(top, d->d_name))
			strlist_add(names, d->d_name);
	closedir(dir);
	return 0;
}

/* What the top level held before a revert made another subvolume the live one: all that can go, goes. */
static int empty_top(const struct storage_volume *v, int top, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};
	unsigned long long chosen;
	int r;

	if (btrfs_default(v, &chosen, e) != 0)
		return -1;
	if (chosen == BTRFS_TOP_ID)
		return error_set(e, EX_SOFTWARE, "the top level of the btrfs on '%s' is in use: refusing to empty it", v->source);
	r = list_content(top, &names, e);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_freep) char *path = mem_format("/proc/self/fd/%d/%s", top, names.item[i]);
		struct error own = {0};

		if (discard_tree(path, false, r == 0 ? e : &own) != 0)
			r = -1;
	}
	return r;
}

int btrfs_revert_commit(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(file_closep) int top = btrfs_open_top(v, e);
	CLEANUP(mem_freep) char *before = btrfs_own_of(v, "before");

	(void)name;
	if (top < 0 || (btrfs_is_top(v) ? empty_top(v, top, e) : btrfs_destroy(top, before, e)) != 0)
		return -1;
	return btrfs_commit(top, v, e);
}

/* What is left in the top level, moved into the folder ASIDE. */
static int move_content(int top, const char *aside, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};

	if (list_content(top, &names, e) != 0)
		return -1;
	if (mkdirat(top, aside, 0700) != 0)
		return error_errno(e, 0, "cannot make '/%s' in the btrfs", aside);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_freep) char *to = path_join(aside, names.item[i]);

		if (btrfs_move(top, names.item[i], to, RENAME_NOREPLACE, e) != 0)
			return -1;
	}
	return 0;
}

int btrfs_set_aside(const struct storage_volume *v, char **as, struct error *e)
{
	CLEANUP(file_closep) int top = btrfs_open_top(v, e);
	CLEANUP(mem_freep) char *name = mem_format("left-%lld", (long long)clock_now());
	CLEANUP(mem_freep) char *aside = btrfs_own_of(v, name), *before = btrfs_own_of(v, "before");
	CLEANUP(mem_freep) char *undone = undone_of(v);
	unsigned long long chosen;
	int r = 0;

	*as = NULL;
	if (top < 0 || btrfs_default(v, &chosen, e) != 0)
		return -1;
	if (btrfs_is_top(v) && chosen != BTRFS_TOP_ID)
		r = move_content(top, aside, e);
	else if (!btrfs_is_top(v) && btrfs_exists(top, before))
		r = btrfs_move(top, before, aside, RENAME_NOREPLACE, e);
	else if (btrfs_exists(top, undone))
		r = btrfs_move(top, undone, aside, RENAME_NOREPLACE, e);
	if (btrfs_exists(top, aside))
		*as = mem_dup(aside);
	return r != 0 ? -1 : btrfs_commit(top, v, e);
}

int btrfs_remove_aside(const struct storage_volume *v, const char *as, struct error *e)
{
	CLEANUP(file_closep) int top = btrfs_open_top(v, e);
	CLEANUP(mem_freep) char *path = mem_format("/proc/self/fd/%d/%s", top, as);
	struct stat st;

	if (top < 0)
		return -1;
	if (!str_begins(as, BTRFS_FOLDER "/"))
		return error_set(e, EX_SOFTWARE, "'%s' was not set aside by a revert", as);
	if (fstatat(top, as, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : error_errno(e, EX_IOERR, "cannot look at '/%s' in the btrfs", as);
	if ((st.st_ino == BTRFS_ROOT_INODE ? btrfs_destroy(top, as, e) : discard_tree(path, false, e)) != 0)
		return -1;
	return btrfs_commit(top, v, e);
}
