/* SPDX-License-Identifier: MIT */
/* SHA-256 by libcrypto. */
#ifndef WRAP_DIGEST_H
#define WRAP_DIGEST_H

#include <stddef.h>

enum { DIGEST_TEXT = 65 };

/* The SHA-256 of DATA as 64 lower case hexadecimal digits; returns OUT. */
char *digest_sha256(const void *data, size_t len, char out[DIGEST_TEXT]);

/* The same of data that comes in parts: begin, add, …, end, which frees it and returns OUT. */
struct digest; /* opaque */
struct digest *digest_begin(void);
void digest_add(struct digest *d, const void *data, size_t len);
char *digest_end(struct digest *d, char out[DIGEST_TEXT]);

#endif
