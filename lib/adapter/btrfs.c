/* SPDX-License-Identifier: MIT */
#include "adapter/btrfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <linux/btrfs.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/file.h"
#include "sys/mount.h"

#define FOLDER NAME_SNAPSHOT_FOLDER

enum {
	TOP_ID = 5,            /* BTRFS_FS_TREE_OBJECTID: the top level */
	ROOT_INODE = 256,      /* BTRFS_FIRST_FREE_OBJECTID: the root of any subvolume */
	READ_ONLY = 1,         /* BTRFS_ROOT_SUBVOL_RDONLY, in the flags of a subvolume's root */
	SPARE = 64 << 20,      /* bytes free, or one percent of a smaller file system: below, no snapshot */
	EXPIRY_MAX = 64 << 10, /* bytes of a file with expiries */
	SYSFS_MAX = 4096       /* bytes of a file in sysfs: a page */
};

/* --- the top level, subvolumes --------------------------------------------------------------------- */

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

static int open_top(const struct storage_volume *v, struct error *e)
{
	int fd = mount_detached(v->source, "5");

	if (fd < 0)
		error_errno(e, 0, "cannot open the btrfs on '%s'", v->source);
	return fd;
}

/* Commits what was changed: a power cut after it takes nothing back. */
static int commit(int fd, const struct storage_volume *v, struct error *e)
{
	__u64 transaction = 0;

	if (ioctl(fd, BTRFS_IOC_START_SYNC, &transaction) != 0 ||
	    ioctl(fd, BTRFS_IOC_WAIT_SYNC, &transaction) != 0)
		return error_errno(e, EX_IOERR, "cannot commit to the btrfs on '%s'", v->source);
	return 0;
}

static char *entry_of(const struct storage_volume *v, const char *name)
{
	return mem_format(FOLDER "/%s_%s", v->name, name);
}

static char *own_of(const struct storage_volume *v, const char *word)
{
	return mem_format(FOLDER "/%s.%s", v->name, word);
}

/* Where a revert of a top level puts what is live then. */
static char *live_of(const struct storage_volume *v)
{
	return mem_format(FOLDER "/%s", v->name);
}

static bool is_top(const struct storage_volume *v)
{
	return strcmp(v->inner, "/") == 0;
}

/* The path of the live subvolume as seen from the top level. */
static const char *inner_of(const struct storage_volume *v)
{
	return is_top(v) ? "." : v->inner + 1;
}

static bool exists(int top, const char *path)
{
	struct stat st;

	return fstatat(top, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

struct info {
	unsigned long long id;
	time_t created;
	bool readonly;
};

static int info_of(int top, const char *path, struct info *i, struct error *e)
{
	struct btrfs_ioctl_get_subvol_info_args args = {0};
	CLEANUP(file_closep) int fd = openat(top, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* some kernels return 1 for a subvolume that was filled in all the same */
	if (fd < 0 || ioctl(fd, BTRFS_IOC_GET_SUBVOL_INFO, &args) < 0)
		return error_errno(e, EX_IOERR, "cannot look at the subvolume '/%s'", path);
	*i = (struct info){args.treeid, (time_t)args.otime.sec,
			   args.flags & READ_ONLY};
	return 0;
}

/* Splits PATH into its folder, opened, and its last name (a pointer into PATH). */
static int open_folder(int top, const char *path, const char **name, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_dir(path);
	const char *slash = strrchr(path, '/');
	int fd = openat(top, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*name = slash ? slash + 1 : path;
	if (fd < 0)
		error_errno(e, 0, "cannot open '/%s' of the btrfs", dir);
	return fd;
}

static int take(int top, const char *from, const char *to, bool writable, struct error *e)
{
	struct btrfs_ioctl_vol_args_v2 args = {.flags = writable ? 0 : BTRFS_SUBVOL_RDONLY};
	CLEANUP(file_closep) int source = -1;
	CLEANUP(file_closep) int folder = -1;
	const char *name;

	if (mkdirat(top, FOLDER, 0700) != 0 && errno != EEXIST)
		return error_errno(e, 0, "cannot make '/" FOLDER "' in the btrfs");
	source = openat(top, from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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

static int destroy(int top, const char *path, struct error *e)
{
	struct btrfs_ioctl_vol_args args = {0};
	CLEANUP(file_closep) int folder = -1;
	const char *name;

	if (!exists(top, path))
		return 0;
	folder = open_folder(top, path, &name, e);
	if (folder < 0)
		return -1;
	snprintf(args.name, sizeof args.name, "%s", name);
	if (ioctl(folder, BTRFS_IOC_SNAP_DESTROY, &args) != 0)
		return error_errno(e, EXIT_FAILED, "cannot remove the subvolume '/%s'", path);
	return 0;
}

static int move(int top, const char *from, const char *to, unsigned flags, struct error *e)
{
	if (renameat2(top, from, top, to, flags) != 0)
		return error_errno(e, EX_IOERR, "cannot rename the subvolume '/%s' to '/%s'", from, to);
	return 0;
}

static int default_of(const struct storage_volume *v, unsigned long long *id, struct error *e)
{
	CLEANUP(file_closep) int fd = mount_detached(v->source, NULL);
	struct info i;

	if (fd < 0)
		return error_errno(e, 0, "cannot open the btrfs on '%s'", v->source);
	if (info_of(fd, ".", &i, e) != 0)
		return -1;
	*id = i.id;
	return 0;
}

static int set_default(int top, unsigned long long id, struct error *e)
{
	__u64 value = id;

	if (ioctl(top, BTRFS_IOC_DEFAULT_SUBVOL, &value) != 0)
		return error_errno(e, EX_IOERR, "cannot set the default subvolume %llu", id);
	return 0;
}

/* --- expiry: /var/lib/ecs/snapshots/NAME holds a line "VOLUME EPOCH" for each volume ----------------- */

static int read_expiry(const struct storage_volume *v, const char *name, struct strlist *lines,
		       struct error *e)
{
	CLEANUP(mem_freep) char *path = path_join(v->state, name);
	CLEANUP(str_free) struct str text = {0};

	if (!file_exists(path))
		return 0;
	if (file_read(path, EXPIRY_MAX, &text, e) != 0)
		return -1;
	strlist_lines(lines, str_get(&text));
	return 0;
}

static bool is_line_of(const struct storage_volume *v, const char *line)
{
	size_t n = strlen(v->name);

	return strncmp(line, v->name, n) == 0 && line[n] == ' ';
}

static int get_expiry(const struct storage_volume *v, const char *name, time_t *expires, struct error *e)
{
	CLEANUP(strlist_free) struct strlist lines = {0};
	unsigned long long value;

	*expires = 0;
	if (read_expiry(v, name, &lines, e) != 0)
		return -1;
	for (size_t i = 0; i < lines.count; i++)
		if (is_line_of(v, lines.item[i]) &&
		    str_number(lines.item[i] + strlen(v->name) + 1, INT64_MAX, &value))
			*expires = (time_t)value;
	return 0;
}

static int put_expiry(const struct storage_volume *v, const char *name, time_t expires, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_join(v->state, name);
	CLEANUP(strlist_free) struct strlist lines = {0};
	CLEANUP(str_free) struct str text = {0};

	if (read_expiry(v, name, &lines, e) != 0)
		return -1;
	for (size_t i = 0; i < lines.count; i++)
		if (!is_line_of(v, lines.item[i]))
			str_addf(&text, "%s\n", lines.item[i]);
	if (expires)
		str_addf(&text, "%s %lld\n", v->name, (long long)expires);
	if (text.len == 0)
		return file_remove(path, e);
	if (file_mkdirs(v->state, 0755, e) != 0)
		return -1;
	return file_write(path, text.data, text.len, 0644, e);
}

/* --- the table ---------------------------------------------------------------------------------------- */

/* The path that fstab's options will mount; without one it is the default subvolume. */
static int find_inner(struct storage_volume *v, struct error *e)
{
	CLEANUP(mem_freep) char *live = live_of(v);
	const char *p = strstr(v->options, "subvol=");
	unsigned long long chosen;

	if (p) {
		p += strlen("subvol=");
		while (*p == '/')
			p++;
		v->inner = mem_format("/%.*s", (int)strcspn(p, ","), p);
		return 0;
	}
	if (default_of(v, &chosen, e) != 0)
		return -1;
	v->inner = chosen == TOP_ID ? mem_dup("/") : mem_format("/%s", live);
	return 0;
}

static int btrfs_claim(struct storage_volume *v, struct error *e)
{
	if (strcmp(v->type, "btrfs") != 0)
		return 0;
	return v->inner == NULL && find_inner(v, e) != 0 ? -1 : 1;
}

static int add_snapshot(const struct storage_volume *v, int top, const char *entry,
			struct storage_list *l, struct error *e)
{
	struct storage_snapshot *s = storage_list_add(l);
	CLEANUP(mem_freep) char *path = path_join(FOLDER, entry);
	struct info i;

	s->name = mem_dup(entry + strlen(v->name) + 1);
	s->diverged = s->left = -1; /* only quotas could tell, which cost more than they are worth */
	if (info_of(top, path, &i, e) != 0 || get_expiry(v, s->name, &s->expires, e) != 0)
		return -1;
	s->created = i.created;
	s->writable = !i.readonly;
	return 0;
}

static bool is_snapshot(int top, const struct storage_volume *v, const char *entry)
{
	CLEANUP(mem_freep) char *path = path_join(FOLDER, entry);
	size_t n = strlen(v->name);
	struct stat st;

	return strncmp(entry, v->name, n) == 0 && entry[n] == '_' && path_is_name(entry + n + 1) &&
	       fstatat(top, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == ROOT_INODE;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct storage_snapshot *)a)->name,
		      ((const struct storage_snapshot *)b)->name);
}

static int btrfs_list(const struct storage_volume *v, struct storage_list *l, struct error *e)
{
	CLEANUP(file_closep) int top = open_top(v, e);
	struct dirent *d;
	int r = 0, folder;
	DIR *dir;

	if (top < 0)
		return -1;
	folder = openat(top, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return errno == ENOENT ? 0 : error_errno(e, 0, "cannot open '/" FOLDER "'");
	dir = fdopendir(folder);
	while (dir && r == 0 && (d = readdir(dir)))
		if (is_snapshot(top, v, d->d_name))
			r = add_snapshot(v, top, d->d_name, l, e);
	closedir(dir);
	if (l->count)
		qsort(l->item, l->count, sizeof *l->item, compare);
	return r;
}

/* Bytes that were written, but are in memory only: statfs() counts them as free for up to half a minute. The kernel
   tells them in sysfs, in the unit of bytes; where it does not, they are 0. */
static long long unflushed(int top)
{
	struct btrfs_ioctl_fs_info_args info = {0};
	CLEANUP(str_free) struct str text = {0};
	struct error no = {0};
	char path[128], *p = path;

	if (ioctl(top, BTRFS_IOC_FS_INFO, &info) != 0)
		return 0;
	p += sprintf(p, "/sys/fs/btrfs/");
	for (int i = 0; i < BTRFS_FSID_SIZE; i++)
		p += sprintf(p, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", info.fsid[i]);
	sprintf(p, "/allocation/data/bytes_may_use");
	return file_read(path, SYSFS_MAX, &text, &no) == 0 ? atoll(str_get(&text)) : 0;
}

static int btrfs_space(const struct storage_volume *v, struct storage_space *s, struct error *e)
{
	CLEANUP(file_closep) int top = open_top(v, e);
	struct statvfs f;

	if (top < 0)
		return -1;
	if (fstatvfs(top, &f) != 0)
		return error_errno(e, EX_IOERR, "cannot see how full the btrfs on '%s' is", v->source);
	*s = (struct storage_space){
		.of = mem_format("the btrfs on '%s'", v->source),
		.total = (long long)f.f_blocks * (long long)f.f_frsize,
		.free = (long long)f.f_bavail * (long long)f.f_frsize - unflushed(top),
		.metadata = -1,
	};
	if (s->free < 0)
		s->free = 0;
	return 0;
}

static int btrfs_room(const struct storage_volume *v, size_t others, struct error *e)
{
	CLEANUP(storage_space_free) struct storage_space s = {0};
	long long spare;

	(void)others; /* a snapshot itself takes next to nothing */
	if (btrfs_space(v, &s, e) != 0)
		return -1;
	spare = s.total / 100 < SPARE ? s.total / 100 : SPARE;
	if (s.free < spare)
		return error_set(e, EX_CANTCREAT,
				 "no room for a snapshot of '%s': %s has %lld MiB left of %lld: remove "
				 "snapshots, see 'ecs-snapshot list'",
				 v->name, s.of, s.free >> 20, s.total >> 20);
	return 0;
}

static int btrfs_create(const struct storage_volume *v, const char *name, bool writable, time_t expires,
			struct error *e)
{
	CLEANUP(file_closep) int top = open_top(v, e);
	CLEANUP(mem_freep) char *path = entry_of(v, name);

	/* the expiry first: a snapshot without one would live for ever after a power cut */
	if (top < 0 || put_expiry(v, name, expires, e) != 0)
		return -1;
	if (exists(top, path))
		return error_set(e, EX_CANTCREAT, "snapshot '%s' of '%s' exists already", name, v->name);
	return take(top, inner_of(v), path, writable, e);
}

static int btrfs_rename(const struct storage_volume *v, const char *from, const char *to,
			struct error *e)
{
	CLEANUP(file_closep) int top = open_top(v, e);
	CLEANUP(mem_freep) char *old = entry_of(v, from);
	CLEANUP(mem_freep) char *new = entry_of(v, to);
	time_t expires;

	if (top < 0)
		return -1;
	if (exists(top, old)) {
		if (get_expiry(v, from, &expires, e) != 0 || put_expiry(v, to, expires, e) != 0 ||
		    move(top, old, new, RENAME_NOREPLACE, e) != 0)
			return -1;
	} else if (!exists(top, new)) {
		return error_set(e, EX_NOINPUT, "'%s' has no snapshot '%s'", v->name, from);
	}
	return commit(top, v, e) != 0 ? -1 : put_expiry(v, from, 0, e);
}

static int btrfs_remove(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(file_closep) int top = open_top(v, e);
	CLEANUP(mem_freep) char *path = entry_of(v, name);

	if (top < 0 || destroy(top, path, e) != 0 || commit(top, v, e) != 0)
		return -1;
	return put_expiry(v, name, 0, e);
}

static int btrfs_expire(const struct storage_volume *v, const char *name, time_t expires,
			struct error *e)
{
	return put_expiry(v, name, expires, e);
}

/* --- mounting -------------------------------------------------------------------------------------- */

/* OPTIONS without those that choose the subvolume or reading and writing, and with EXTRA. */
static char *options_with(const char *options, const char *extra)
{
	struct str s = {0};

	for (const char *p = options; *p;) {
		size_t n = strcspn(p, ",");

		if (strncmp(p, "subvol", 6) != 0 && !(n == 2 && (strncmp(p, "rw", 2) == 0 ||
							      strncmp(p, "ro", 2) == 0)))
			str_addf(&s, "%.*s,", (int)n, p);
		p += n + (p[n] == ',');
	}
	str_add(&s, extra);
	return s.data;
}

static int btrfs_open(const struct storage_volume *v, const char *name, bool writable,
		      struct storage_place *p, struct error *e)
{
	CLEANUP(file_closep) int top = open_top(v, e);
	CLEANUP(mem_freep) char *path = entry_of(v, name);
	struct info i;

	if (top < 0 || info_of(top, path, &i, e) != 0)
		return -1;
	if (writable && i.readonly)
		return error_set(e, EX_USAGE,
				 "snapshot '%s' of '%s' is read-only: make one with 'create --rw'", name,
				 v->name);
	*p = (struct storage_place){
		.source = mem_dup(v->source),
		.type = mem_dup("btrfs"),
		.options = mem_format("%s,subvol=/%s", writable ? "rw" : "ro", path),
	};
	return 0;
}

static int btrfs_close(const struct storage_volume *v, const char *name, struct error *e)
{
	(void)v, (void)name, (void)e;
	return 0;
}

static void btrfs_seen_as(const struct storage_volume *v, const char *name, char **device,
			  char **subroot)
{
	*device = mem_dup(v->source);
	*subroot = mem_format("/" FOLDER "/%s_%s", v->name, name);
}

static int btrfs_home(const struct storage_volume *v, struct storage_place *p, struct error *e)
{
	CLEANUP(file_closep) int top = open_top(v, e);
	CLEANUP(mem_freep) char *live = live_of(v);
	CLEANUP(mem_freep) char *extra = NULL;
	unsigned long long chosen;

	if (top < 0 || default_of(v, &chosen, e) != 0)
		return -1;
	if (is_top(v) && chosen != TOP_ID && exists(top, live))
		extra = mem_format("rw,subvol=/%s", live);
	else
		extra = mem_format("rw,subvol=%s", v->inner);
	*p = (struct storage_place){
		.source = mem_dup(v->listed ? v->listed : v->source),
		.type = mem_dup("btrfs"),
		.options = v->listed ? mem_dup(v->options) : options_with(v->options, extra),
	};
	return 0;
}

/* --- revert ---------------------------------------------------------------------------------------- */

static int btrfs_revert_check(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(file_closep) int top = open_top(v, e);
	CLEANUP(mem_freep) char *before = own_of(v, "before");
	CLEANUP(mem_freep) char *live = live_of(v);

	(void)name;
	if (top < 0)
		return -1;
	/* by number it would mount the old one again; the top level by its name, too */
	if (v->listed && (mount_option(v->options, "subvolid") ||
			  (is_top(v) && mount_option(v->options, "subvol"))))
		return error_set(e, EX_CONFIG,
				 "'%s' cannot be exchanged: fstab fixes its subvolume with '%s': use "
				 "'subvol=PATH'%s",
				 v->target, v->options, is_top(v) ? " or no option at all" : "");
	if (exists(top, before) || (is_top(v) && exists(top, live)))
		return error_set(e, EX_CANTCREAT, "the subvolume '/%s' on '%s' is in the way",
				 is_top(v) ? live : before, v->source);
	return 1;
}

/* Whoever of the pair is the default subvolume: the live one must be. */
static int keep_default(const struct storage_volume *v, int top, unsigned long long old,
			unsigned long long new, struct error *e)
{
	unsigned long long chosen;

	if (default_of(v, &chosen, e) != 0)
		return -1;
	return chosen == old ? set_default(top, new, e) : 0;
}

/*
 * Exchanges the live subvolume and NEXT unless LATER (whether the younger of the two is live) is so
 * already: numbers of subvolumes only grow, and NEXT was taken last.
 */
static int exchange(const struct storage_volume *v, int top, const char *next, bool later,
		    struct error *e)
{
	struct info live, other;

	if (info_of(top, inner_of(v), &live, e) != 0 || info_of(top, next, &other, e) != 0)
		return -1;
	if ((live.id > other.id) == later)
		return keep_default(v, top, other.id, live.id, e);
	if (move(top, inner_of(v), next, RENAME_EXCHANGE, e) != 0 || commit(top, v, e) != 0)
		return -1;
	return keep_default(v, top, live.id, other.id, e);
}

/* A snapshot of the top level has a folder of empty stubs where the snapshots are. */
static void drop_stubs(int top, const char *live)
{
	CLEANUP(mem_freep) char *path = path_join(live, FOLDER);
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
	CLEANUP(mem_freep) char *from = entry_of(v, name);
	CLEANUP(mem_freep) char *live = live_of(v);
	struct info i;

	if (!exists(top, live) && take(top, from, live, true, e) != 0)
		return -1;
	drop_stubs(top, live);
	if (info_of(top, live, &i, e) != 0 || set_default(top, i.id, e) != 0)
		return -1;
	return commit(top, v, e);
}

static int btrfs_revert(const struct storage_volume *v, const char *name, bool keep, struct error *e)
{
	CLEANUP(file_closep) int top = open_top(v, e);
	CLEANUP(mem_freep) char *from = entry_of(v, name);
	CLEANUP(mem_freep) char *next = own_of(v, "next");
	CLEANUP(mem_freep) char *before = own_of(v, "before");

	(void)keep;
	if (top < 0)
		return -1;
	if (is_top(v))
		return revert_top(v, top, name, e);
	if (exists(top, before))
		return 0;
	if (!exists(top, next) && take(top, from, next, true, e) != 0)
		return -1;
	if (exchange(v, top, next, true, e) != 0 || move(top, next, before, RENAME_NOREPLACE, e) != 0)
		return -1;
	return commit(top, v, e);
}

static int btrfs_revert_undo(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(file_closep) int top = open_top(v, e);
	CLEANUP(mem_freep) char *next = own_of(v, "next");
	CLEANUP(mem_freep) char *before = own_of(v, "before");
	CLEANUP(mem_freep) char *live = live_of(v);

	(void)name;
	if (top < 0)
		return -1;
	if (is_top(v)) {
		if (set_default(top, TOP_ID, e) != 0 || destroy(top, live, e) != 0)
			return -1;
		return commit(top, v, e);
	}
	if (exists(top, before) && move(top, before, next, RENAME_NOREPLACE, e) != 0)
		return -1;
	if (!exists(top, next))
		return 0;
	if (exchange(v, top, next, false, e) != 0 || destroy(top, next, e) != 0)
		return -1;
	return commit(top, v, e);
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
		    strcmp(d->d_name, FOLDER) == 0 ||
		    fstatat(top, d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    (S_ISDIR(st.st_mode) && st.st_ino == ROOT_INODE)) /* a subvolume of its own */
			continue;
		if (file_remove_tree(path, &left) != 0)
			log_warn("'/%s' of the state before stays in the btrfs: %s", d->d_name, left.text);
	}
	closedir(dir);
	return 0;
}

static int btrfs_revert_commit(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(file_closep) int top = open_top(v, e);
	CLEANUP(mem_freep) char *before = own_of(v, "before");

	(void)name;
	if (top < 0 || (is_top(v) ? empty_top(top, e) : destroy(top, before, e)) != 0)
		return -1;
	return commit(top, v, e);
}

const struct storage_driver btrfs_driver = {
	.name = "btrfs",
	.claim = btrfs_claim,
	.list = btrfs_list,
	.space = btrfs_space,
	.room = btrfs_room,
	.create = btrfs_create,
	.rename = btrfs_rename,
	.remove = btrfs_remove,
	.expire = btrfs_expire,
	.open = btrfs_open,
	.close = btrfs_close,
	.seen_as = btrfs_seen_as,
	.revert_check = btrfs_revert_check,
	.revert = btrfs_revert,
	.revert_undo = btrfs_revert_undo,
	.revert_commit = btrfs_revert_commit,
	.home = btrfs_home,
};
