/* SPDX-License-Identifier: MIT */
/*
 * Subvolumes by the kernel's own calls (linux/btrfs.h). All paths are relative to the top level, which the caller has
 * open as TOP.
 */
#ifndef ADAPTER_BTRFS_SUBVOLUME_H
#define ADAPTER_BTRFS_SUBVOLUME_H

#include <stdbool.h>
#include <time.h>

#include "adapter/storage.h"
#include "base/error.h"
#include "base/names.h"

#define BTRFS_FOLDER NAME_SNAPSHOT_FOLDER

enum {
	BTRFS_TOP_ID = 5,      /* BTRFS_FS_TREE_OBJECTID: the top level */
	BTRFS_ROOT_INODE = 256, /* BTRFS_FIRST_FREE_OBJECTID: the root of any subvolume */
	BTRFS_STUB_INODE = 2   /* BTRFS_EMPTY_SUBVOL_DIR_OBJECTID: what stands for one in a snapshot */
};

/* --- names ---------------------------------------------------------------------------------------------- */

/* The snapshot NAME; what is of the volume's own beside them; where a revert of a top level puts what is live then. */
char *btrfs_entry_of(const struct storage_volume *v, const char *name);
char *btrfs_own_of(const struct storage_volume *v, const char *word);
char *btrfs_live_of(const struct storage_volume *v);

/* Whether the top level itself is live; the path of the live subvolume, which belongs to V. */
bool btrfs_is_top(const struct storage_volume *v);
const char *btrfs_inner_of(const struct storage_volume *v);

/* --- calls ---------------------------------------------------------------------------------------------- */

/*
 * Opens the top level, in a mount that nobody sees and that is gone with the descriptor. Refuses (1) one where BTRFS_FOLDER is
 * not root's alone.
 */
int btrfs_open_top(const struct storage_volume *v, struct error *e);

/* Opens a folder beneath it without following a link, openat2(2); -1 with errno. */
int btrfs_open_in(int top, const char *path);

/* Commits what was changed: a power cut after it takes nothing back. */
int btrfs_commit(int top, const struct storage_volume *v, struct error *e);

struct btrfs_info {
	unsigned long long id; /* they only grow */
	time_t created;
	bool readonly;
};

bool btrfs_exists(int top, const char *path);
int btrfs_info(int top, const char *path, struct btrfs_info *i, struct error *e);

/* TO becomes a snapshot of FROM; taken or without space: 73. */
int btrfs_take(int top, const char *from, const char *to, bool writable, struct error *e);

/* Removes PATH, if it is there; renames FROM, with FLAGS as renameat2(2) has them. */
int btrfs_destroy(int top, const char *path, struct error *e);
int btrfs_move(int top, const char *from, const char *to, unsigned flags, struct error *e);

/* The subvolume that is mounted where none is asked for. */
int btrfs_default(const struct storage_volume *v, unsigned long long *id, struct error *e);
int btrfs_set_default(int top, unsigned long long id, struct error *e);

#endif
