/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "base/str.h"
#include "command/update/migrationfiles.h"

static void test_path_text(void **state)
{
	static const struct {
		const char *path, *line, *utf8;
	} cases[] = {
		{"a/migrations/0001_x.py", "a/migrations/0001_x.py", "a/migrations/0001_x.py"},
		{"\303\244 b\\\".py", "\303\244 b\\\".py", "\303\244 b\\\".py"},
		{"a\tb\nc\x7f.py", "\"a\\tb\\nc\\177.py\"", "\"a\\tb\\nc\\177.py\""},
		{"\"a\"\\.py", "\"\\\"a\\\"\\\\.py\"", "\"\\\"a\\\"\\\\.py\""},
		{"latin\344.py", "latin\344.py", "\"latin\\344.py\""},
		{"\300\200", "\300\200", "\"\\300\\200\""},
		{"cut\342\202", "cut\342\202", "\"cut\\342\\202\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(mem_freep) char *line = migrationfiles_path_text(cases[i].path, false);
		CLEANUP(mem_freep) char *utf8 = migrationfiles_path_text(cases[i].path, true);

		assert_string_equal(line, cases[i].line);
		assert_string_equal(utf8, cases[i].utf8);
	}
}

static void test_label(void **state)
{
	static const char *const cases[][2] = {
		{"ecs/core/migrations/0001_initial.py", "core.0001_initial"},
		{"core/migrations/0002_a.b.py", "core.0002_a.b"},
		{"migrations/0003_top.py", ".0003_top"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(mem_freep) char *label = migrationfiles_label(cases[i][0]);

		assert_string_equal(label, cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path_text),
		cmocka_unit_test(test_label),
	};

	return cmocka_run_group_tests_name("migrations", tests, NULL, NULL);
}
