/* SPDX-License-Identifier: MIT */
#include "wrap/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "wrap/library.h"

#define FUNCTIONS(X)                           \
	X(archive_errno)                       \
	X(archive_error_string)                \
	X(archive_entry_new)                   \
	X(archive_entry_free)                  \
	X(archive_entry_pathname)              \
	X(archive_entry_set_pathname)          \
	X(archive_entry_set_filetype)          \
	X(archive_entry_set_mtime)             \
	X(archive_entry_set_perm)              \
	X(archive_entry_set_size)              \
	X(archive_read_new)                    \
	X(archive_read_free)                   \
	X(archive_read_support_format_iso9660) \
	X(archive_read_open_filename)          \
	X(archive_read_next_header)            \
	X(archive_read_data)                   \
	X(archive_write_new)                   \
	X(archive_write_free)                  \
	X(archive_write_close)                 \
	X(archive_write_set_format_iso9660)    \
	X(archive_write_set_options)           \
	X(archive_write_open)                  \
	X(archive_write_header)                \
	X(archive_write_data)

LIBRARY(FUNCTIONS, ECS_ARCHIVE_SONAME)

static int fail(struct archive *a, const char *what, struct error *e)
{
	const char *why = lib.archive_error_string(a);

	return error_set(e, EX_IOERR, "%s: %s", what, why ? why : "unknown error");
}

/* --- reading ---------------------------------------------------------------------------------- */

static int read_data(struct archive *a, const char *image, size_t max, struct str *out,
		     struct error *e)
{
	size_t before = out->len;
	char buf[65536];
	la_ssize_t n;

	while ((n = lib.archive_read_data(a, buf, sizeof buf)) > 0) {
		if (out->len - before + (size_t)n > max)
			return error_set(e, EX_DATAERR, "a file in '%s' is larger than %zu bytes",
					 image, max);
		str_addn(out, buf, (size_t)n);
	}
	return n < 0 ? fail(a, image, e) : ARCHIVE_FOUND;
}

/* EILSEQ is libarchive's error for a file of another format. */
static int read_image(struct archive *a, const char *image, const char *name, size_t max,
		      struct str *out, struct error *e)
{
	struct archive_entry *entry;
	int rc;

	lib.archive_read_support_format_iso9660(a);
	if (lib.archive_read_open_filename(a, image, 65536) != ARCHIVE_OK) {
		errno = lib.archive_errno(a);
		return errno == EILSEQ ? ARCHIVE_NO_ISO
				       : error_errno(e, 0, "cannot open '%s'", image);
	}
	while ((rc = lib.archive_read_next_header(a, &entry)) == ARCHIVE_OK || rc == ARCHIVE_WARN) {
		const char *path = lib.archive_entry_pathname(entry);

		if (path && strcmp(str_begins(path, "./") ? path + 2 : path, name) == 0)
			return read_data(a, image, max, out, e);
	}
	if (rc == ARCHIVE_EOF)
		return ARCHIVE_NO_FILE;
	return lib.archive_errno(a) == EILSEQ ? ARCHIVE_NO_ISO : fail(a, image, e);
}

int archive_iso_read(const char *image, const char *name, size_t max, struct str *out,
		     struct error *e)
{
	struct archive *a;
	int rc;

	if (load(e) != 0)
		return -1;
	a = lib.archive_read_new();
	if (a == NULL)
		return error_set(e, EX_OSERR, "out of memory");
	rc = read_image(a, image, name, max, out, e);
	lib.archive_read_free(a);
	return rc;
}

/* --- writing ---------------------------------------------------------------------------------- */

static la_ssize_t on_write(struct archive *a, void *arg, const void *data, size_t n)
{
	(void)a;
	str_addn(arg, data, n);
	return (la_ssize_t)n;
}

static int write_file(struct archive *a, const struct archive_file *f, time_t time, struct error *e)
{
	struct archive_entry *entry = lib.archive_entry_new();
	int rc = 0;

	lib.archive_entry_set_pathname(entry, f->name);
	lib.archive_entry_set_filetype(entry, S_IFREG);
	lib.archive_entry_set_perm(entry, 0600);
	lib.archive_entry_set_size(entry, (la_int64_t)f->len);
	lib.archive_entry_set_mtime(entry, time, 0);
	if (lib.archive_write_header(a, entry) != ARCHIVE_OK ||
	    lib.archive_write_data(a, f->data, f->len) != (la_ssize_t)f->len)
		rc = fail(a, f->name, e);
	lib.archive_entry_free(entry);
	return rc;
}

static int write_image(struct archive *a, const char *label, const struct archive_file *files,
		       time_t time, struct str *out, struct error *e)
{
	CLEANUP(mem_freep) char *options =
		mem_format("volume-id=%s,joliet,rockridge=useful", label);

	lib.archive_write_set_format_iso9660(a);
	if (lib.archive_write_set_options(a, options) != ARCHIVE_OK ||
	    lib.archive_write_open(a, out, NULL, on_write, NULL) != ARCHIVE_OK)
		return fail(a, label, e);
	for (const struct archive_file *f = files; f->name; f++)
		if (write_file(a, f, time, e) != 0)
			return -1;
	return lib.archive_write_close(a) == ARCHIVE_OK ? 0 : fail(a, label, e);
}

int archive_iso_write(const char *label, const struct archive_file *files, time_t time,
		      struct str *out, struct error *e)
{
	struct archive *a;
	int rc;

	if (load(e) != 0)
		return -1;
	a = lib.archive_write_new();
	if (a == NULL)
		return error_set(e, EX_OSERR, "out of memory");
	rc = write_image(a, label, files, time, out, e);
	lib.archive_write_free(a);
	return rc;
}
