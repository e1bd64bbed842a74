/* SPDX-License-Identifier: MIT */
#include "appliance/backup/beside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/leftovers.h"
#include "appliance/volume/vault.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/file.h"

/* --- the folder --------------------------------------------------------------------------------- */

struct beside {
	int vault; /* -1: there is none */
	int fd;    /* the folder in it; -1: there is none */
	char *path;
};

#define BESIDE {.vault = -1, .fd = -1}

static void beside_close(struct beside *b)
{
	file_closep(&b->fd);
	file_closep(&b->vault);
	free(b->path);
}

static int refuse(const struct beside *b, struct error *e)
{
	return error_set(e, EXIT_FAILED, "'%s' is not a folder that root alone can change: look at what is in it, then "
			 "remove it, or give it back to root with mode 0700", b->path);
}

static int open_folder(struct beside *b, struct error *e)
{
	struct stat st;

	b->fd = openat(b->vault, NAME_RESTORE_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (b->fd < 0 && errno == ENOENT)
		return 0;
	if (b->fd < 0)
		return errno == ELOOP || errno == ENOTDIR ? refuse(b, e) : error_errno(e, EX_IOERR, "cannot open '%s'", b->path);
	if (fstat(b->fd, &st) != 0)
		return error_errno(e, EX_IOERR, "cannot look at '%s'", b->path);
	return st.st_uid == geteuid() && (st.st_mode & 077) == 0 ? 0 : refuse(b, e);
}

static int beside_open(const struct fetched *f, struct beside *b, struct error *e)
{
	b->path = path_join(f->vault, NAME_RESTORE_FOLDER);
	b->vault = open(f->vault, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->vault < 0)
		return errno == ENOENT ? 0 : error_errno(e, EX_IOERR, "cannot open '%s'", f->vault);
	return open_folder(b, e);
}

/* The same, and makes it where it is missing. */
static int beside_make(const struct fetched *f, struct beside *b, struct error *e)
{
	if (beside_open(f, b, e) != 0)
		return -1;
	if (b->fd >= 0)
		return 0;
	if (mkdirat(b->vault, NAME_RESTORE_FOLDER, 0700) != 0)
		return error_errno(e, EX_CANTCREAT, "cannot make the folder '%s'", b->path);
	if (open_folder(b, e) != 0)
		return -1;
	return b->fd >= 0 ? 0 : error_set(e, EXIT_FAILED, "'%s' has just disappeared: does the application delete files in the vault?", b->path);
}

/* Opens the folder NAME in it; -1 with errno. */
static int open_inside(const struct beside *b, const char *name)
{
	errno = ENOENT;
	return b->fd < 0 ? -1 : openat(b->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int beside_has(const struct fetched *f, const char *name, struct error *e)
{
	CLEANUP(beside_close) struct beside b = BESIDE;
	struct stat st;

	if (beside_open(f, &b, e) != 0)
		return -1;
	if (b.fd < 0)
		return 0;
	if (fstatat(b.fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : error_errno(e, EX_IOERR, "cannot look at '%s' in '%s'", name, b.path);
}

/* --- removing ----------------------------------------------------------------------------------- */

static void discard(const struct fetched *f, const struct beside *b, const char *name)
{
	CLEANUP(mem_freep) char *path = path_join(b->path, name);

	if (b->fd >= 0)
		leftovers_discard_at(f->root, b->fd, name, path);
}

int beside_discard(const struct fetched *f, const char *name, struct error *e)
{
	CLEANUP(beside_close) struct beside b = BESIDE;

	if (beside_open(f, &b, e) != 0)
		return -1;
	discard(f, &b, name);
	return 0;
}

static void discard_fetched(const struct fetched *f, const struct beside *b)
{
	static const char *const names[] = {BESIDE_NEW, BESIDE_NEW ".part", BESIDE_MOVING};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		discard(f, b, names[i]);
}

/* The folder goes too where nothing is left in it. */
int beside_forget(const struct fetched *f, struct error *e)
{
	CLEANUP(beside_close) struct beside b = BESIDE;
	struct error why = {0};

	if (fetch_forget_dump(f, e) != 0)
		return -1;
	if (beside_open(f, &b, &why) != 0) {
		log_warn("%s", why.text);
		return 0;
	}
	discard_fetched(f, &b);
	if (b.fd >= 0 && unlinkat(b.vault, NAME_RESTORE_FOLDER, AT_REMOVEDIR) != 0 && errno != ENOENT && errno != ENOTEMPTY)
		return error_errno(e, EX_IOERR, "cannot remove '%s'", b.path);
	return 0;
}

/* --- filling and moving -------------------------------------------------------------------------- */

/* Of the descriptor there is a path, too, for programs that take nothing else: this process' own, which nobody can rename. */
int beside_fetch(struct fetched *f, struct error *e)
{
	CLEANUP(beside_close) struct beside b = BESIDE;
	CLEANUP(mem_freep) char *to = NULL;

	if (beside_make(f, &b, e) != 0)
		return -1;
	discard_fetched(f, &b);
	to = mem_format("/proc/%ld/fd/%d/" BESIDE_NEW, (long)getpid(), b.fd);
	return fetch_files(f, to, e);
}

int beside_move_in(const struct fetched *f, const char *name, struct error *e)
{
	CLEANUP(beside_close) struct beside b = BESIDE;
	CLEANUP(file_closep) int from = -1;

	if (beside_open(f, &b, e) != 0)
		return -1;
	from = open_inside(&b, name);
	return from < 0 ? error_errno(e, EX_IOERR, "cannot open '%s' in '%s'", name, b.path) : vault_move(from, b.vault, e);
}

int beside_move_out(const struct fetched *f, const char *name, struct error *e)
{
	CLEANUP(beside_close) struct beside b = BESIDE;
	CLEANUP(file_closep) int to = -1;

	if (beside_make(f, &b, e) != 0)
		return -1;
	if (mkdirat(b.fd, name, 0700) != 0 && errno != EEXIST)
		return error_errno(e, EX_CANTCREAT, "cannot make the folder '%s' in '%s'", name, b.path);
	to = open_inside(&b, name);
	return to < 0 ? error_errno(e, EX_IOERR, "cannot open '%s' in '%s'", name, b.path) : vault_move(b.vault, to, e);
}

int beside_put_back(const struct fetched *f, const char *name, struct error *e)
{
	CLEANUP(beside_close) struct beside b = BESIDE;
	CLEANUP(file_closep) int from = -1;

	if (beside_open(f, &b, e) != 0)
		return -1;
	from = open_inside(&b, name);
	if (from < 0) {
		struct error missing = {0};
		int empty = errno == ENOENT ? vault_is_empty(f->vault, e) : 1;

		error_errno(&missing, EX_IOERR, "cannot open '%s' in '%s', where the files of the vault were", name, b.path);
		if (empty > 0)
			*e = missing;
		return empty == 0 ? 0 : -1;
	}
	if (vault_move(from, b.vault, e) != 0)
		return -1;
	if (unlinkat(b.fd, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
		return error_errno(e, EX_IOERR, "cannot remove '%s' in '%s'", name, b.path);
	return 0;
}

int beside_rename(const struct fetched *f, const char *from, const char *to, struct error *e)
{
	CLEANUP(beside_close) struct beside b = BESIDE;

	if (beside_open(f, &b, e) != 0)
		return -1;
	if (renameat(b.fd, from, b.fd, to) != 0 || fsync(b.fd) != 0)
		return error_errno(e, EX_IOERR, "cannot rename '%s' in '%s'", from, b.path);
	return 0;
}
