/* SPDX-License-Identifier: MIT */
/* ISO 9660 images by libarchive, which is loaded when it is first needed. */
#ifndef WRAP_ARCHIVE_H
#define WRAP_ARCHIVE_H

#include <stddef.h>
#include <time.h>

#include "base/error.h"
#include "base/str.h"

enum archive_found { ARCHIVE_NO_ISO, ARCHIVE_NO_FILE, ARCHIVE_FOUND };

/*
 * Appends the file NAME ("openstack/latest/user_data") of the ISO image or device IMAGE to OUT;
 * returns which of enum archive_found it is. Not readable: 74 or what errno says; more than MAX
 * bytes: 65.
 */
int archive_iso_read(const char *image, const char *name, size_t max, struct str *out,
		     struct error *e);

struct archive_file {
	const char *name;
	const void *data;
	size_t len;
};

/*
 * Appends an ISO image with that volume label (at most 32 characters), Rock Ridge and Joliet names,
 * that holds FILES, up to the one without name; each is 0600 root's and of time TIME.
 */
int archive_iso_write(const char *label, const struct archive_file *files, time_t time,
		      struct str *out, struct error *e);

#endif
