/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "base/path.h"
#include "base/str.h"

static void test_names(void **state)
{
	(void)state;
	assert_true(path_is_name("PRE_MIGRATE"));
	assert_true(path_is_name("a-1"));
	assert_false(path_is_name(""));
	assert_false(path_is_name("a.b"));
	assert_false(path_is_name("a/b"));
	assert_false(path_is_name("a b"));
	assert_false(path_is_name("12345678901234567890123456789012345678901234567890123456789012345"));
}

static void test_dir(void **state)
{
	static const char *const cases[][2] = {
		{"/a/b", "/a"}, {"/a", "/"}, {"a", "."}, {"a/b/c", "a/b"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(mem_freep) char *dir = path_dir(cases[i][0]);

		assert_string_equal(dir, cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_dir),
	};

	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
