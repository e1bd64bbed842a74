/* SPDX-License-Identifier: MIT */
/* Whether file systems have room for what is to come. */
#ifndef SYS_ROOM_H
#define SYS_ROOM_H

#include <stddef.h>

#include "base/error.h"

struct room_need {
	const char *path; /* a folder that is there */
	long long bytes;  /* that come to lie in it */
};

/*
 * Fails (73) unless there is room for all COUNT needs together, and 64 MiB to spare: folders of one file system share its room.
 */
int room_check(const struct room_need *need, size_t count, struct error *e);

#endif
