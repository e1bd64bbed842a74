/* SPDX-License-Identifier: MIT */
/* Built-in paths, resolved beneath the root that --root names. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>

/*
 * ROOT + PATH; ROOT is "" for the machine itself, never ends with a slash; PATH begins with one.
 * The caller frees it.
 */
char *path_root(const char *root, const char *path);

/* DIR + "/" + NAME; the caller frees it. */
char *path_join(const char *dir, const char *name);

/* The folder that holds PATH ("." where it has no slash, "/" for "/x"); the caller frees it. */
char *path_dir(const char *path);

/* Whether TEXT is a NAME of this suite: [A-Za-z0-9_-]+, at most 64 bytes (cron ignores dots). */
bool path_is_name(const char *text);

#endif
