/* SPDX-License-Identifier: MIT */
/* Base 64 (RFC 4648), as clouds and MIME parts pack user-data. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Appends the bytes that TEXT stands for; white space is skipped. False if it is not base64. */
bool base64_decode(const char *text, size_t len, struct str *out);

/* Appends DATA as base 64, in one line. */
void base64_encode(const void *data, size_t len, struct str *out);

#endif
