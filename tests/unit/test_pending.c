/* SPDX-License-Identifier: MIT */
/* Which lines of what an application prints are migrations. */
#include "tests/unit/unit.h"

#include "appliance/pending.h"

static void parse(const char *text, const char *wanted, const char *ignored)
{
	CLEANUP(strlist_free) struct strlist pending = {0}, other = {0};
	CLEANUP(str_free) struct str a = {0}, b = {0};

	pending_parse(text, &pending, &other);
	for (size_t i = 0; i < pending.count; i++)
		str_addf(&a, "%s;", pending.item[i]);
	for (size_t i = 0; i < other.count; i++)
		str_addf(&b, "%s;", other.item[i]);
	assert_string_equal(str_get(&a), wanted);
	assert_string_equal(str_get(&b), ignored);
}

static void migrations(void **state)
{
	(void)state;
	parse("", "", "");
	parse("core.0001_initial\n_x9.0002_y\n", "core.0001_initial;_x9.0002_y;", "");
	parse("  core.0001_initial\r\n\n \n", "core.0001_initial;", "");
}

/* The entry point of an application may say hello first. */
static void all_else_is_none(void **state)
{
	(void)state;
	parse("Welcome.\ncore.0001_initial\n*** up.to.date ***\n", "core.0001_initial;", "Welcome.;*** up.to.date ***;");
	parse("a.b.c\n.a\na.\n9a.b\na b.c\na.b c\na-b.c\n", "", "a.b.c;.a;a.;9a.b;a b.c;a.b c;a-b.c;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(migrations),
		cmocka_unit_test(all_else_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
