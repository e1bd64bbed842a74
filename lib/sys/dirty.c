/* SPDX-License-Identifier: MIT */
#include "sys/dirty.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sys/file.h"

enum { MEMINFO_MAX = 1 << 16, KIB = 1024 };

/* The bytes of the line that begins with NAME. */
static long long line_of(const char *meminfo, const char *name)
{
	for (const char *p = meminfo; p && *p; p = strchr(p, '\n'), p += p != NULL)
		if (str_begins(p, name))
			return strtoll(p + strlen(name), NULL, 10) * KIB;
	return 0;
}

long long dirty_parse(const char *meminfo)
{
	return line_of(meminfo, "Dirty:") + line_of(meminfo, "Writeback:");
}

long long dirty_bytes(void)
{
	CLEANUP(str_free) struct str text = {0};
	struct error ignored = {0};

	return file_read("/proc/meminfo", MEMINFO_MAX, &text, &ignored) == 0 ? dirty_parse(str_get(&text)) : 0;
}
