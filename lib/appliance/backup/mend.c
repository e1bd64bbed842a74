/* SPDX-License-Identifier: MIT */
#include "appliance/backup/mend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "sys/attributes.h"

#define TEMPORARY ".ecs-restore.mend"

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static int replace(const struct tree_item *item, struct error *e)
{
	if (renameat(item->dir, TEMPORARY, item->dir, item->name) == 0)
		return 0;
	error_errno(e, EX_IOERR, "cannot replace '%s'", item->path);
	unlinkat(item->dir, TEMPORARY, 0);
	return -1;
}

static int set_target(const struct tree_item *item, const char *target, struct error *e)
{
	if (symlinkat(target, item->dir, TEMPORARY) != 0)
		return error_errno(e, EX_IOERR, "cannot make the link '%s'", item->path);
	return replace(item, e);
}

static int set_time(const struct tree_item *item, struct timespec mtime, struct error *e)
{
	const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, mtime};

	if (utimensat(item->dir, item->name, times, AT_SYMLINK_NOFOLLOW) != 0)
		return error_errno(e, EX_IOERR, "cannot set the time of '%s'", item->path);
	return 0;
}

/* In an order in which none undoes another: a new owner takes modes and capabilities away, an access list sets modes. */
int mend_entry(const struct tree_item *item, const struct manifest_entry *want, const struct manifest_entry *got,
	       struct error *e)
{
	bool link = want->type == 'l', relinked = link && !same(want->target, got->target);
	bool owned = !relinked && want->uid == got->uid && want->gid == got->gid;
	bool listed = owned && same(want->attributes, got->attributes);

	if (relinked && set_target(item, want->target ? want->target : "", e) != 0)
		return -1;
	if (!owned && fchownat(item->dir, item->name, want->uid, want->gid, AT_SYMLINK_NOFOLLOW) != 0)
		return error_errno(e, EX_IOERR, "cannot change the owner of '%s'", item->path);
	if (!listed && (want->attributes || want->links) && (want->type == 'f' || want->type == 'd') &&
	    attributes_write(item, want->attributes, e) != 0)
		return -1;
	/* never a link: the walk has looked, and nobody else changes this tree */
	if (!link && (!listed || want->mode != got->mode) && fchmodat(item->dir, item->name, want->mode, 0) != 0)
		return error_errno(e, EX_IOERR, "cannot change the mode of '%s'", item->path);
	if (want->type == 'd') /* what comes into it changes its time: see below */
		return 0;
	return set_time(item, want->mtime, e);
}

int mend_folder_time(const struct tree_item *item, const struct manifest_entry *want, struct error *e)
{
	return want->type == 'd' && S_ISDIR(item->st->st_mode) ? set_time(item, want->mtime, e) : 0;
}

/* --- files with several names -------------------------------------------------------------------- */

struct mend_link {
	unsigned long long inode; /* in the manifest */
	ino_t made;               /* where it was restored */
	char *path;
};

void mend_links_free(struct mend_links *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->item[i].path);
	free(l->item);
	*l = (struct mend_links){0};
}

/* Where INODE stands in the sorted list, or belongs. */
static size_t place_of(const struct mend_links *l, unsigned long long inode)
{
	size_t low = 0, high = l->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (l->item[middle].inode < inode)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(struct mend_links *l, size_t at, const struct mend_link *link)
{
	if (l->count == l->room) {
		l->room = l->room ? l->room * 2 : 64;
		l->item = mem_grow(l->item, l->room * sizeof *l->item);
	}
	memmove(l->item + at + 1, l->item + at, (l->count - at) * sizeof *l->item);
	l->item[at] = *link;
	l->count++;
}

int mend_link(struct mend_links *l, const char *tree, const struct tree_item *item, const struct manifest_entry *want,
	      struct error *e)
{
	size_t at = place_of(l, want->inode);
	CLEANUP(mem_freep) char *first = NULL;

	if (at == l->count || l->item[at].inode != want->inode) {
		insert(l, at, &(struct mend_link){want->inode, item->st->st_ino, mem_dup(item->path)});
		return 0;
	}
	if (l->item[at].made == item->st->st_ino)
		return 0;
	first = path_join(tree, l->item[at].path);
	if (linkat(AT_FDCWD, first, item->dir, TEMPORARY, 0) != 0)
		return error_errno(e, EX_IOERR, "cannot make '%s' a hard link to '%s'", item->path, l->item[at].path);
	return replace(item, e) != 0 ? -1 : 1;
}
