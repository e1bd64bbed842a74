/* SPDX-License-Identifier: MIT */
#include "sys/clock.h"

#include <stdlib.h>

#include "base/str.h"

time_t clock_now(void)
{
	const char *text = getenv("ECS_CLOCK");
	unsigned long long fixed;

	if (text && str_number(text, 1ULL << 40, &fixed))
		return (time_t)fixed;
	return time(NULL);
}

long long clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

char *clock_text(time_t t, char buf[CLOCK_TEXT])
{
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(buf, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		buf[0] = '\0';
	return buf;
}
