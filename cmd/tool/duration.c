/* SPDX-License-Identifier: MIT */
#include "cmd/tool/duration.h"

#include <string.h>

#include "base/str.h"
#include "cmd/tool/misuse.h"
#include "sys/clock.h"

/* The seconds of a unit, 0 if it is not one. */
static long long unit_seconds(char unit)
{
	switch (unit) {
	case 'd':
		return 86400;
	case 'h':
		return 3600;
	case 'm':
		return 60;
	case 's':
		return 1;
	}
	return 0;
}

bool duration_read(const char *text, long long most, long long *seconds)
{
	size_t n = strlen(text);
	long long unit = n ? unit_seconds(text[n - 1]) : 0;
	CLEANUP(mem_freep) char *digits = mem_dupn(text, n - (unit != 0));
	unsigned long long value;

	if (unit == 0)
		unit = 1;
	if (!str_number(digits, (unsigned long long)(most / unit), &value))
		return false;
	*seconds = (long long)value * unit;
	return true;
}

int duration_read_option(const char *option, const char *text, long long most, long long *seconds, struct error *e)
{
	long long any;

	if (duration_read(text, most, seconds) && *seconds > 0)
		return 0;
	if (duration_read(text, DURATION_MAX, &any) && any > 0)
		return tool_misuse(e, "'%s %s' is too long: at most %lld days", option, text, most / 86400);
	return tool_misuse(e, "'%s %s' is not a valid time: " DURATION_FORM, option, text);
}

int duration_read_end(const char *text, time_t *expires, struct error *e)
{
	long long seconds;

	if (duration_read_option("--expires", text, DURATION_MAX, &seconds, e) != 0)
		return -1;
	*expires = clock_now() + (time_t)seconds;
	return 0;
}

static bool read_ago(const char *text, time_t *at)
{
	size_t n = strlen(text);
	long long seconds;

	if (n == 0 || unit_seconds(text[n - 1]) == 0 || !duration_read(text, DURATION_MAX, &seconds))
		return false;
	*at = clock_now() - (time_t)seconds;
	return true;
}

bool duration_read_moment(const char *text, time_t *at)
{
	static const struct {
		const char *form;
		time_t end; /* of what it names, in seconds from its beginning */
	} forms[] = {{"%Y-%m-%d", 86399}, {"%Y-%m-%dT%H:%M", 59}, {"%Y-%m-%dT%H:%M:%S", 0}};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct tm tm = {0};
		const char *end = strptime(text, forms[i].form, &tm);

		if (end == NULL || (*end && strcmp(end, "Z") != 0))
			continue;
		*at = timegm(&tm) + forms[i].end;
		return true;
	}
	return read_ago(text, at);
}
