/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "sys/clock.h"

static void the_variable_stands_in_for_the_wall_clock(void **state)
{
	time_t before = time(NULL), now;

	(void)state;
	unsetenv("ECS_CLOCK");
	now = clock_now();
	assert_true(now >= before && now <= time(NULL));
	setenv("ECS_CLOCK", "1767323045", 1);
	assert_true(clock_now() == 1767323045);
	setenv("ECS_CLOCK", "0", 1);
	assert_true(clock_now() == 0);
	setenv("ECS_CLOCK", "soon", 1); /* no number: the true time */
	assert_true(clock_now() >= before);
	unsetenv("ECS_CLOCK");
}

static void milliseconds_only_grow(void **state)
{
	static const struct timespec moment = {0, 3000000};
	long long first = clock_ms(), then;

	(void)state;
	setenv("ECS_CLOCK", "5", 1); /* durations are true in tests as well */
	nanosleep(&moment, NULL);
	then = clock_ms();
	assert_true(then >= first + 3 && then < first + 60000);
	unsetenv("ECS_CLOCK");
}

static void text_is_utc(void **state)
{
	char buf[CLOCK_TEXT];

	(void)state;
	setenv("TZ", "America/New_York", 1);
	tzset();
	assert_string_equal(clock_text(1767323045, buf), "2026-01-02T03:04:05Z");
	assert_string_equal(clock_text(0, buf), "1970-01-01T00:00:00Z");
	/* what does not fit is no text, rather than half of one */
	assert_string_equal(clock_text((time_t)1 << 40, buf), "");
	unsetenv("TZ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_variable_stands_in_for_the_wall_clock),
		cmocka_unit_test(milliseconds_only_grow),
		cmocka_unit_test(text_is_utc),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
