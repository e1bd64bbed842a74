/* SPDX-License-Identifier: MIT */
#include "cmd/tool/human.h"

#include <stdio.h>

char *human_size(long long bytes, char buf[HUMAN_MAX])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)bytes;
	size_t i = 0;

	/* 1023.96 would be printed as "1024.0" */
	for (; value >= 1023.95 && i + 1 < sizeof units / sizeof *units; i++)
		value /= 1024;
	snprintf(buf, HUMAN_MAX, "%.*f %s", i ? 1 : 0, value, units[i]);
	return buf;
}

char *human_span(long long seconds, char buf[HUMAN_MAX])
{
	static const struct {
		char unit;
		long long seconds;
	} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
	size_t i = 0;
	int n;

	while (i < 3 && seconds < units[i].seconds)
		i++;
	n = snprintf(buf, HUMAN_MAX, "%lld%c", seconds / units[i].seconds, units[i].unit);
	if (i < 3)
		snprintf(buf + n, HUMAN_MAX - (size_t)n, "%lld%c", seconds % units[i].seconds / units[i + 1].seconds,
			 units[i + 1].unit);
	return buf;
}

char *human_moment(time_t at, time_t now, char buf[HUMAN_MAX])
{
	char span[HUMAN_MAX];

	if (at > now)
		snprintf(buf, HUMAN_MAX, "in %s", human_span(at - now, span));
	else
		snprintf(buf, HUMAN_MAX, "%s ago", human_span(now - at, span));
	return buf;
}
