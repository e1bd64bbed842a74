/* SPDX-License-Identifier: MIT */
#include "adapter/btrfs/subvolume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/btrfs.h>
#include <linux/openat2.h>

#include "base/path.h"
#include "sys/file.h"

enum { READ_ONLY = 1 }; /* BTRFS_ROOT_SUBVOL_RDONLY, in the flags of a subvolume's root */

/* The mount lives as long as the folder that is opened in it. */
static int mount_detached(const char *source, const char *subvolid)
{
	CLEANUP(file_closep) int fs = fsopen("btrfs", FSOPEN_CLOEXEC);
	CLEANUP(file_closep) int tree = -1;

	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0) != 0 ||
	    (subvolid && fsconfig(fs, FSCONFIG_SET_STRING, "subvolid", subvolid, 0) != 0) ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
		return -1;
	tree = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return tree < 0 ? -1 : openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int btrfs_open_in(int top, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	return (int)syscall(SYS_openat2, top, path, &how, sizeof how);
}

/* Where the top level is the vault itself, the application may put what it likes in the place of our folder. */
static int check_folder(int top, const struct storage_volume *v, struct error *e)
{
	struct stat st;

	if (fstatat(top, BTRFS_FOLDER, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : error_errno(e, EX_IOERR, "cannot look at '/" BTRFS_FOLDER "' of the btrfs on '%s'",
							 v->source);
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 022) == 0)
		return 0;
	return error_set(e, EXIT_FAILED, "'/" BTRFS_FOLDER "' of the btrfs on '%s' is not a folder that root alone can change: "
			 "look at what is in it, then remove it, or give it back to root with mode 0700", v->source);
}

int btrfs_open_top(const struct storage_volume *v, struct error *e)
{
	CLEANUP(file_closep) int fd = mount_detached(v->source, "5");
	int checked = fd;

	if (fd < 0)
		return error_errno(e, 0, "cannot open the btrfs on '%s'", v->source);
	if (check_folder(fd, v, e) != 0)
		return -1;
	fd = -1;
	return checked;
}

int btrfs_commit(int fd, const struct storage_volume *v, struct error *e)
{
	__u64 transaction = 0;

	if (ioctl(fd, BTRFS_IOC_START_SYNC, &transaction) != 0 ||
	    ioctl(fd, BTRFS_IOC_WAIT_SYNC, &transaction) != 0)
		return error_errno(e, EX_IOERR, "cannot commit to the btrfs on '%s'", v->source);
	return 0;
}

char *btrfs_entry_of(const struct storage_volume *v, const char *name)
{
	return mem_format(BTRFS_FOLDER "/%s_%s", v->name, name);
}

char *btrfs_own_of(const struct storage_volume *v, const char *word)
{
	return mem_format(BTRFS_FOLDER "/%s.%s", v->name, word);
}

char *btrfs_live_of(const struct storage_volume *v)
{
	return mem_format(BTRFS_FOLDER "/%s", v->name);
}

bool btrfs_is_top(const struct storage_volume *v)
{
	return strcmp(v->inner, "/") == 0;
}

const char *btrfs_inner_of(const struct storage_volume *v)
{
	return btrfs_is_top(v) ? "." : v->inner + 1;
}

bool btrfs_exists(int top, const char *path)
{
	struct stat st;

	return fstatat(top, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int btrfs_info(int top, const char *path, struct btrfs_info *i, struct error *e)
{
	struct btrfs_ioctl_get_subvol_info_args args = {0};
	CLEANUP(file_closep) int fd = btrfs_open_in(top, path);

	/* some kernels return 1 for a subvolume that was filled in all the same */
	if (fd < 0 || ioctl(fd, BTRFS_IOC_GET_SUBVOL_INFO, &args) < 0)
		return error_errno(e, EX_IOERR, "cannot look at the subvolume '/%s'", path);
	*i = (struct btrfs_info){args.treeid, (time_t)args.otime.sec, args.flags & READ_ONLY};
	return 0;
}

/* Splits PATH into its folder, opened, and its last name (a pointer into PATH). */
static int open_folder(int top, const char *path, const char **name, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_dir(path);
	const char *slash = strrchr(path, '/');
	int fd = btrfs_open_in(top, dir);

	*name = slash ? slash + 1 : path;
	if (fd < 0)
		error_errno(e, 0, "cannot open '/%s' of the btrfs", dir);
	return fd;
}

int btrfs_take(int top, const char *from, const char *to, bool writable, struct error *e)
{
	struct btrfs_ioctl_vol_args_v2 args = {.flags = writable ? 0 : BTRFS_SUBVOL_RDONLY};
	CLEANUP(file_closep) int source = -1;
	CLEANUP(file_closep) int folder = -1;
	const char *name;

	if (mkdirat(top, BTRFS_FOLDER, 0700) != 0 && errno != EEXIST)
		return error_errno(e, 0, "cannot make '/" BTRFS_FOLDER "' in the btrfs");
	source = btrfs_open_in(top, from);
	if (source < 0)
		return error_errno(e, 0, "cannot open the subvolume '/%s'", from);
	folder = open_folder(top, to, &name, e);
	if (folder < 0)
		return -1;
	args.fd = source;
	snprintf(args.name, sizeof args.name, "%s", name);
	if (ioctl(folder, BTRFS_IOC_SNAP_CREATE_V2, &args) != 0)
		return error_errno(e, errno == EEXIST ? EX_CANTCREAT : errno == ENOSPC ? EX_CANTCREAT : 0,
				   "cannot take the snapshot '/%s'", to);
	return 0;
}

int btrfs_destroy(int top, const char *path, struct error *e)
{
	struct btrfs_ioctl_vol_args args = {0};
	CLEANUP(file_closep) int folder = -1;
	const char *name;

	if (!btrfs_exists(top, path))
		return 0;
	folder = open_folder(top, path, &name, e);
	if (folder < 0)
		return -1;
	snprintf(args.name, sizeof args.name, "%s", name);
	if (ioctl(folder, BTRFS_IOC_SNAP_DESTROY, &args) != 0)
		return error_errno(e, EXIT_FAILED, "cannot remove the subvolume '/%s'", path);
	return 0;
}

int btrfs_move(int top, const char *from, const char *to, unsigned flags, struct error *e)
{
	if (renameat2(top, from, top, to, flags) != 0)
		return error_errno(e, EX_IOERR, "cannot rename the subvolume '/%s' to '/%s'", from, to);
	return 0;
}

int btrfs_default(const struct storage_volume *v, unsigned long long *id, struct error *e)
{
	CLEANUP(file_closep) int fd = mount_detached(v->source, NULL);
	struct btrfs_info i;

	if (fd < 0)
		return error_errno(e, 0, "cannot open the btrfs on '%s'", v->source);
	if (btrfs_info(fd, ".", &i, e) != 0)
		return -1;
	*id = i.id;
	return 0;
}

int btrfs_set_default(int top, unsigned long long id, struct error *e)
{
	__u64 value = id;

	if (ioctl(top, BTRFS_IOC_DEFAULT_SUBVOL, &value) != 0)
		return error_errno(e, EX_IOERR, "cannot set the default subvolume %llu", id);
	return 0;
}
