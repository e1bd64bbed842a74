/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "sys/writeback.h"

static void both_lines_count(void **state)
{
	(void)state;
	assert_true(writeback_parse("MemTotal:       16 kB\nDirty:              12 kB\nWriteback:           3 kB\n"
				"WritebackTmp:        5 kB\n") == 15 * 1024);
	assert_true(writeback_parse("BdiWriteback:                3 kB\nBdiReclaimable:             12 kB\n"
				"BdiDirtyThresh:            500 kB\nDirtyThresh:               500 kB\n"
				"BdiDirtied:                900 kB\nBdiWritten:                900 kB") == 15 * 1024);
}

static void what_is_not_told_is_nothing(void **state)
{
	(void)state;
	assert_true(writeback_parse("") == 0);
	assert_true(writeback_parse("NotDirty: 5 kB\n") == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_lines_count),
		cmocka_unit_test(what_is_not_told_is_nothing),
	};

	return cmocka_run_group_tests_name("dirty", tests, NULL, NULL);
}
