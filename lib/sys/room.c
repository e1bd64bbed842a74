/* SPDX-License-Identifier: MIT */
#include "sys/room.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { SPARE = 64 << 20 }; /* bytes that stay free */

static bool same_volume(const char *one, const char *two)
{
	struct stat a, b;

	return stat(one, &a) == 0 && stat(two, &b) == 0 && a.st_dev == b.st_dev;
}

static int check_room(const char *path, long long bytes, struct error *e)
{
	struct statvfs st;
	long long left;

	if (statvfs(path, &st) != 0)
		return error_errno(e, EX_IOERR, "'%s'", path);
	left = (long long)st.f_bavail * (long long)st.f_frsize - SPARE;
	if (left >= bytes)
		return 0;
	return error_set(e, EX_CANTCREAT, "'%s' has room for %lld MB, but %lld MB are needed", path,
			 (left < 0 ? 0 : left) >> 20, (bytes >> 20) + 1);
}

int room_check(const struct room_need *need, size_t count, struct error *e)
{
	for (size_t i = 0; i < count; i++) {
		long long sum = 0;

		for (size_t k = 0; k < count; k++)
			if (same_volume(need[i].path, need[k].path))
				sum += need[k].bytes;
		if (sum && check_room(need[i].path, sum, e) != 0)
			return -1;
	}
	return 0;
}
