/* SPDX-License-Identifier: MIT */
#include "adapter/btrfs/nested.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <linux/btrfs.h>

#include "adapter/btrfs/subvolume.h"
#include "sys/file.h"

/* Adds the subvolumes that lie in the folder PATH ("" or ending in "/") of the volume TOP. */
static int add_of_folder(int top, const char *path, struct strlist *paths, struct error *e)
{
	int fd = openat(top, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;
	struct stat st;

	if (dir == NULL)
		return error_errno(e, EX_IOERR, "cannot read the folder '%s'", path);
	while ((d = readdir(dir))) {
		CLEANUP(mem_freep) char *whole = mem_format("%s%s", path, d->d_name);

		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0 &&
		    fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
		    st.st_ino == BTRFS_ROOT_INODE && !strlist_has(paths, whole))
			strlist_add(paths, whole);
	}
	closedir(dir);
	return 0;
}

/* The folder of the inode ID, with a "/" at its end; the volume's own root is "". */
static int path_of(int top, unsigned long long id, struct btrfs_ioctl_ino_lookup_args *args, struct error *e)
{
	*args = (struct btrfs_ioctl_ino_lookup_args){.objectid = id};
	if (id != BTRFS_ROOT_INODE && ioctl(top, BTRFS_IOC_INO_LOOKUP, args) != 0)
		return error_errno(e, EX_IOERR, "cannot find the folder of a subvolume");
	return 0;
}

int btrfs_nested(const struct storage_volume *v, struct strlist *paths, struct error *e)
{
	CLEANUP(file_closep) int top = open(v->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct btrfs_ioctl_get_subvol_rootref_args refs = {0};
	struct btrfs_ioctl_ino_lookup_args folder;
	bool more = true;

	if (top < 0)
		return error_errno(e, EX_IOERR, "cannot open '%s'", v->target);
	while (more) { /* 255 at a time */
		int r = ioctl(top, BTRFS_IOC_GET_SUBVOL_ROOTREF, &refs);

		more = r != 0 && errno == EOVERFLOW && refs.num_items > 0;
		if (r != 0 && !more)
			return error_errno(e, EX_IOERR, "cannot list the subvolumes in '%s'", v->target);
		for (size_t i = 0; i < refs.num_items; i++) {
			if (path_of(top, refs.rootref[i].dirid, &folder, e) != 0)
				return -1;
			if (!str_begins(folder.name, BTRFS_FOLDER "/") && add_of_folder(top, folder.name, paths, e) != 0)
				return -1;
		}
		if (more)
			refs.min_treeid = refs.rootref[refs.num_items - 1].treeid + 1;
	}
	return 0;
}
