/* SPDX-License-Identifier: MIT */
/* gzip (RFC 1952) by zlib, which compares the check sums (libarchive does not). */
#ifndef WRAP_GZIP_H
#define WRAP_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

/* Whether DATA begins as gzip does. */
bool gzip_is(const void *data, size_t len);

/*
 * Appends what DATA unpacks to. Torn, broken, or more than MAX bytes: 65; NAME stands in messages.
 */
int gzip_unpack(const char *name, const void *data, size_t len, size_t max, struct str *out,
		struct error *e);

#endif
