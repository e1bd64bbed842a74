/* SPDX-License-Identifier: MIT */
#include "adapter/postgres.h"

#include <string.h>

#include "base/str.h"

char *postgres_reason(const char *err)
{
	static const char *const marks[] = {": error: ", ": fatal: ", "FATAL: ", "ERROR: "};
	CLEANUP(strlist_free) struct strlist lines = {0};

	strlist_lines(&lines, err);
	for (size_t i = 0; i < lines.count; i++)
		for (size_t m = 0; m < sizeof marks / sizeof *marks; m++)
			if (strstr(lines.item[i], marks[m]))
				return mem_dup(lines.item[i]);
	return NULL;
}
