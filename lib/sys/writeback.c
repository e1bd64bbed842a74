/* SPDX-License-Identifier: MIT */
#include "sys/writeback.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/str.h"
#include "sys/file.h"

enum { TEXT_MAX = 1 << 16, KIB = 1024 };

long long writeback_parse(const char *text)
{
	static const char *const names[] = {"BdiReclaimable:", "BdiWriteback:", "Dirty:", "Writeback:"};
	long long sum = 0;

	for (const char *p = text; p && *p; p = strchr(p, '\n'), p += p != NULL)
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (str_begins(p, names[i]))
				sum += strtoll(p + strlen(names[i]), NULL, 10) * KIB;
	return sum;
}

long long writeback_bytes(const char *path)
{
	CLEANUP(str_free) struct str text = {0};
	CLEANUP(mem_freep) char *stats = NULL;
	struct error ignored = {0};
	struct stat st;

	if (stat(path, &st) == 0)
		stats = mem_format("/sys/kernel/debug/bdi/%u:%u/stats", major(st.st_rdev), minor(st.st_rdev));
	if ((stats == NULL || file_read(stats, TEXT_MAX, &text, &ignored) != 0) &&
	    file_read("/proc/meminfo", TEXT_MAX, &text, &ignored) != 0)
		return 0;
	return writeback_parse(str_get(&text));
}
