/* SPDX-License-Identifier: MIT */
#include "sys/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "sys/file.h"

enum {
	JOURNAL_MAX = 16 << 20, /* bytes; far more than any flow writes */
	JOURNAL_ROOM = 64 << 10 /* bytes set aside: a disk that fills up must not stop a walk back */
};

/* Cuts off what stands behind the last newline. */
static int cut_torn(int fd, const char *path, struct error *e)
{
	CLEANUP(str_free) struct str text = {0};
	const char *last;
	off_t whole;

	if (file_read_fd(fd, path, JOURNAL_MAX, &text, e) != 0)
		return -1;
	last = text.len ? memrchr(text.data, '\n', text.len) : NULL;
	whole = last ? last - text.data + 1 : 0;
	if ((size_t)whole != text.len && ftruncate(fd, whole) != 0)
		return error_errno(e, EX_IOERR, "cannot mend '%s'", path);
	return 0;
}

/*
 * Its size stays. Where no room is left, a flow does not begin; one that did goes on to its end. A file
 * system that cannot set room aside is no reason not to begin.
 */
static int set_aside(int fd, const char *path, struct error *e)
{
	int err;

	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, JOURNAL_ROOM) == 0)
		return 0;
	err = errno;
	if (err == EOPNOTSUPP || lseek(fd, 0, SEEK_END) > 0)
		return 0;
	errno = err;
	return error_errno(e, EX_IOERR, "no room for '%s'", path);
}

int journal_open(const char *path, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_dir(path);
	CLEANUP(file_closep) int fd = -1;
	int got;

	if (file_mkdirs(dir, 0755, e) != 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(e, errno == EACCES ? EX_NOPERM : EX_CANTCREAT, "cannot open '%s'",
				   path);
	if (cut_torn(fd, path, e) != 0 || set_aside(fd, path, e) != 0 || file_sync_dir(path, e) != 0)
		return -1;
	got = fd;
	fd = -1;
	return got;
}

int journal_put(int fd, const char *line, struct error *e)
{
	CLEANUP(str_free) struct str text = {0};
	struct stat st;

	if (fstat(fd, &st) != 0)
		return error_errno(e, EX_IOERR, "cannot look at the journal");
	str_addf(&text, "%s\n", line);
	if (file_write_all(fd, text.data, text.len, e) != 0) {
		if (ftruncate(fd, st.st_size) != 0) /* the next line must not join a torn one */
			error_append(e, "and it could not be mended: %s", strerror(errno));
		return error_context(e, "journal");
	}
	if (fdatasync(fd) != 0)
		return error_errno(e, EX_IOERR, "cannot flush the journal");
	return 0;
}

int journal_read(const char *path, struct strlist *lines, struct error *e)
{
	CLEANUP(str_free) struct str text = {0};
	char *last;

	if (!file_exists(path))
		return 0;
	if (file_read(path, JOURNAL_MAX, &text, e) != 0)
		return -1;
	last = text.len ? memrchr(text.data, '\n', text.len) : NULL;
	if (last == NULL)
		return 0;
	last[1] = '\0';
	strlist_lines(lines, text.data);
	return 0;
}

int journal_remove(const char *path, struct error *e)
{
	return file_remove(path, e);
}
