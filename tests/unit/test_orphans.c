/* SPDX-License-Identifier: MIT */
/* Files and rows, compared. */
#include "tests/unit/unit.h"

#include "appliance/volume/orphans.h"

static void compare(const char *files, const char *rows, const char *unknown, const char *missing)
{
	CLEANUP(strlist_free) struct strlist f = {0}, r = {0}, u = {0}, m = {0};
	CLEANUP(str_free) struct str a = {0}, b = {0};

	strlist_lines(&f, files);
	strlist_lines(&r, rows);
	orphans_compare(&f, &r, &u, &m);
	for (size_t i = 0; i < u.count; i++)
		str_addf(&a, "%s;", u.item[i]);
	for (size_t i = 0; i < m.count; i++)
		str_addf(&b, "%s;", m.item[i]);
	assert_string_equal(str_get(&a), unknown);
	assert_string_equal(str_get(&b), missing);
}

static void files_and_rows(void **state)
{
	(void)state;
	compare("", "", "", "");
	compare("a\nb\n", "b\na\n", "", "");
	compare("b\na\nc\n", "c\n", "a;b;", "");
	compare("", "x\nx\n", "", "x;");
	compare("m\n", "z\na\nm\nm\n./m\n", "", "a;z;");
	compare("a/b\n", "./a/b\n", "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_and_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
