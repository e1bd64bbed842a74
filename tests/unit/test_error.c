/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

static void set_returns_failure_and_keeps_both(void **state)
{
	struct error e = {0};

	(void)state;
	assert_int_equal(error_set(&e, EX_DATAERR, "'%s' at %d", "x", 7), -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_string_equal(e.text, "'x' at 7");
}

static void errno_gives_the_code_where_none_is_given(void **state)
{
	static const struct {
		int err, code;
	} cases[] = {
		{EACCES, EX_NOPERM},  {EPERM, EX_NOPERM}, {ENOENT, EX_NOINPUT},
		{ENOTDIR, EX_NOINPUT}, {ENOSPC, EX_IOERR}, {EIO, EX_IOERR},
	};
	struct error e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		errno = cases[i].err;
		assert_int_equal(error_errno(&e, 0, "cannot read '%s'", "f"), -1);
		assert_int_equal(e.code, cases[i].code);
	}
	errno = ENOSPC;
	error_errno(&e, EX_CANTCREAT, "cannot write '%s'", "f");
	assert_int_equal(e.code, EX_CANTCREAT);
	assert_string_equal(e.text, "cannot write 'f': No space left on device");
}

static void context_goes_in_front_and_keeps_the_code(void **state)
{
	struct error e = {0};

	(void)state;
	error_set(&e, EX_IOERR, "cannot write");
	assert_int_equal(error_context(&e, "snapshot '%s'", "A"), -1);
	error_context(&e, "backup");
	assert_int_equal(error_append(&e, "%s", "try again"), -1);
	assert_string_equal(e.text, "backup: snapshot 'A': cannot write: try again");
	assert_int_equal(e.code, EX_IOERR);
}

/* Each of the four, with more text than fits: cut, ended by a 0, never overrun (ASan looks on). */
static void what_is_too_long_is_cut(void **state)
{
	static char huge[3 * sizeof((struct error *)0)->text];
	struct error e = {0};

	(void)state;
	memset(huge, 'x', sizeof huge - 1);
	error_set(&e, 1, "%s", huge);
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	error_append(&e, "more");
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	error_context(&e, "begin");
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	assert_memory_equal(e.text, "begin: xxx", 10);
	error_context(&e, "%s", huge);
	assert_true(strlen(e.text) < sizeof e.text);
	errno = EIO;
	error_errno(&e, 0, "%s", huge);
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	for (size_t n = sizeof e.text - 4; n < sizeof e.text; n++) {
		error_set(&e, 1, "%.*s", (int)n, huge);
		error_append(&e, "%s", huge);
		assert_true(strlen(e.text) < sizeof e.text);
		error_set(&e, 1, "end");
		error_context(&e, "%.*s", (int)n, huge);
		assert_true(strlen(e.text) < sizeof e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_returns_failure_and_keeps_both),
		cmocka_unit_test(errno_gives_the_code_where_none_is_given),
		cmocka_unit_test(context_goes_in_front_and_keeps_the_code),
		cmocka_unit_test(what_is_too_long_is_cut),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
