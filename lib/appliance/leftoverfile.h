/* SPDX-License-Identifier: MIT */
/* The record of what a step that only tidies up could not remove (appliance/leftovers.h): the file NAME_LEFTOVERS. */
#ifndef APPLIANCE_LEFTOVERFILE_H
#define APPLIANCE_LEFTOVERFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct json;

struct leftover {
	char *kind;      /* "tree", "state", "container" */
	char *volume;    /* of a state, else NULL */
	char *what;      /* its path, id, or the name that it was set aside under */
	char *why;       /* it could not be removed */
	long long since; /* seconds since 1970 */
	long long tried; /* when it was tried again, or 0 */
	bool due;        /* it is tried now: leftovers_retry()'s own */
};

struct leftovers {
	struct leftover *item;
	size_t count;
};

/* What is recorded; no file: none. L is freed by leftovers_free(); on failure (65: not as this version writes it) it is empty. */
int leftovers_read(const char *root, struct leftovers *l, struct error *e);
void leftovers_free(struct leftovers *l); /* for CLEANUP too */

/* [{kind, volume, what, why, since, tried}]; the caller frees it. */
struct json *leftovers_json(const struct leftovers *l);

/* Writes it, flushed; none: the file is removed. */
int leftovers_write(const char *root, const struct leftovers *l, struct error *e);

/* Adds one (VOLUME: or NULL), and returns it: valid until the next is added. */
struct leftover *leftovers_add(struct leftovers *l, const char *kind, const char *volume, const char *what, const char *why);

bool leftovers_is_same(const struct leftover *l, const char *kind, const char *volume, const char *what);
void leftover_free(struct leftover *l);

#endif
