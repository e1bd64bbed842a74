/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "tests/unit/unit.h"

#include "sys/pipe.h"

static int through(const char *const *from, const char *const *to, struct error *e)
{
	struct run a = {.argv = from}, b = {.argv = to};

	*e = (struct error){0};
	return pipe_run(&a, &b, 0, e);
}

static void data_goes_through(void **state)
{
	const char *from[] = {"seq", "200000", NULL};
	const char *to[] = {"awk", "{ n++ } END { exit n != 200000 }", NULL};
	struct error e;

	(void)state;
	assert_int_equal(through(from, to, &e), 0);
}

static void a_failed_writer_is_told(void **state)
{
	const char *from[] = {"awk", "BEGIN { print 1; print \"broken\" >\"/dev/stderr\"; exit 3 }", NULL};
	const char *to[] = {"cat", NULL};
	struct error e;

	(void)state;
	assert_int_equal(through(from, to, &e), -1);
	assert_int_equal(e.code, EXIT_FAILED);
	assert_non_null(strstr(e.text, "exited 3: broken"));
}

static void a_failed_reader_is_told_not_the_writer_it_cut_off(void **state)
{
	const char *from[] = {"yes", NULL};
	const char *to[] = {"awk", "{ print \"full\" >\"/dev/stderr\"; exit 4 }", NULL};
	struct error e;

	(void)state;
	assert_int_equal(through(from, to, &e), -1);
	assert_non_null(strstr(e.text, "exited 4: full"));
}

static void a_missing_program_is_told(void **state)
{
	const char *there[] = {"yes", NULL};
	const char *missing[] = {"no-such-program", NULL};
	struct error e;

	(void)state;
	assert_int_equal(through(there, missing, &e), -1);
	assert_int_equal(e.code, EX_UNAVAILABLE);
	assert_int_equal(through(missing, (const char *[]){"cat", NULL}, &e), -1);
	assert_int_equal(e.code, EX_UNAVAILABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_goes_through),
		cmocka_unit_test(a_failed_writer_is_told),
		cmocka_unit_test(a_failed_reader_is_told_not_the_writer_it_cut_off),
		cmocka_unit_test(a_missing_program_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
