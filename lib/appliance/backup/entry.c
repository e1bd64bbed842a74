/* SPDX-License-Identifier: MIT */
#include "appliance/backup/entry.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/attributes.h"
#include "sys/file.h"
#include "sys/signals.h"

enum { BLOCK = 1 << 17 };

void manifest_entry_free(struct manifest_entry *m)
{
	free(m->path);
	free(m->target);
	free(m->attributes);
	*m = (struct manifest_entry){0};
}

/* --- digests ------------------------------------------------------------------------------------ */

static int digest_fd(int fd, const char *name, char out[DIGEST_TEXT], long long *size, struct error *e)
{
	CLEANUP(mem_freep) char *block = mem_alloc(BLOCK);
	struct digest *d = digest_begin();
	ssize_t n;

	*size = 0;
	while ((n = read(fd, block, BLOCK)) > 0 && !signals_pending()) {
		digest_add(d, block, (size_t)n);
		*size += n;
	}
	digest_end(d, out);
	if (n > 0)
		return signals_error(e);
	return n < 0 ? error_errno(e, EX_IOERR, "cannot read '%s'", name) : 0;
}

int manifest_digest(const char *path, char digest[DIGEST_TEXT], long long *size, struct error *e)
{
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(e, 0, "cannot open '%s'", path);
	return digest_fd(fd, path, digest, size, e);
}

int manifest_digest_item(const struct tree_item *item, char out[DIGEST_TEXT], long long *size,
		       struct error *e)
{
	CLEANUP(file_closep) int fd =
		openat(item->dir, item->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return error_errno(e, 0, "cannot open '%s'", item->path);
	return digest_fd(fd, item->path, out, size, e);
}

/* --- entries of a tree -------------------------------------------------------------------------- */

char manifest_type(mode_t mode)
{
	return S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : S_ISFIFO(mode) ? 'p' : '\0';
}

int manifest_look(const struct tree_item *item, struct manifest_entry *m, struct error *e)
{
	const struct stat *st = item->st;

	*m = (struct manifest_entry){
		.type = manifest_type(st->st_mode), .mode = st->st_mode & 07777, .uid = st->st_uid,
		.gid = st->st_gid, .mtime = st->st_mtim, .ctime = st->st_ctim, .size = st->st_size,
		.inode = st->st_ino, .links = st->st_nlink, .path = mem_dup(item->path),
	};
	if ((m->type == 'f' || m->type == 'd') && attributes_read(item, &m->attributes, e) != 0)
		return -1;
	if (m->type == 'l') {
		char target[4097];
		ssize_t n = readlinkat(item->dir, item->name, target, sizeof target - 1);

		if (n < 0)
			return error_errno(e, 0, "cannot read the link '%s'", item->path);
		m->target = mem_dupn(target, (size_t)n);
	}
	return 0;
}
