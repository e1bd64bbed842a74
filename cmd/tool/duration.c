/* SPDX-License-Identifier: MIT */
#include "cmd/tool/duration.h"

#include <string.h>

#include "base/str.h"
#include "cmd/tool/misuse.h"
#include "sys/clock.h"

int duration_read_end(const char *text, time_t *expires, struct error *e)
{
	static const struct {
		char unit;
		long long seconds;
	} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
	size_t n = strlen(text);
	CLEANUP(mem_freep) char *digits = mem_dupn(text, n ? n - 1 : 0);
	unsigned long long value;

	for (size_t i = 0; n && i < sizeof units / sizeof *units; i++) {
		if (text[n - 1] != units[i].unit || !str_number(digits, 36500, &value) || value == 0)
			continue;
		*expires = clock_now() + (time_t)((long long)value * units[i].seconds);
		return 0;
	}
	return tool_misuse(e, "'--expires %s' is no time: a number and d, h, m or s", text);
}
