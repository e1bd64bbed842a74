/* SPDX-License-Identifier: MIT */
/*
 * MIME messages (RFC 2045, 2046) as far as user-data uses them: parts, their type and their
 * encoding.
 */
#ifndef ENV_MIME_H
#define ENV_MIME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

/* Whether TEXT begins with the header of a MIME message. */
bool mime_is(const char *text, size_t len);

/*
 * Calls FN for each part that is not a multipart itself, in order, decoded; TYPE is in lower case
 * without parameters ("text/plain" if none is given). FN returns -1 with the error set to end
 * the walk. A message that cannot be taken apart: 65; NAME stands in messages.
 */
int mime_each(const char *name, const char *text, size_t len,
	      int (*fn)(void *arg, const char *type, struct str *body, struct error *e), void *arg,
	      struct error *e);

#endif
