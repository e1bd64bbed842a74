/* SPDX-License-Identifier: MIT */
/* The SQL of a dump, parted: whatever names, comments and bodies of functions hold. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "appliance/database/roles.h"
#include "appliance/database/statements.h"

static void parted(const char *text, const char *const *wanted)
{
	CLEANUP(statements_free) struct statements all = {0};
	size_t n = 0;

	statements_split(text, &all);
	for (; wanted[n]; n++) {
		CLEANUP(mem_freep) char *joined = n < all.count ? statement_join(&all.item[n], 0) : NULL;

		if (joined == NULL)
			fail_msg("%zu statements in: %s", all.count, text);
		assert_string_equal(joined, wanted[n]);
	}
	assert_int_equal(all.count, n);
}

static void statements_end_outside_of_what_is_quoted(void **state)
{
	(void)state;
	parted("", (const char *[]){NULL});
	parted(" ;; -- a; b\n", (const char *[]){NULL});
	parted("\\restrict x;y\nSET a = 1;\n\\connect db\nSELECT 1", (const char *[]){"SET a = 1", "SELECT 1", NULL});
	parted("COMMENT ON x IS 'a;''b\\';GRANT ALL;",
	       (const char *[]){"COMMENT ON x IS 'a;''b\\'", "GRANT ALL", NULL});
	parted("COMMENT ON x IS E'a\\';b';C", (const char *[]){"COMMENT ON x IS E'a\\';b'", "C", NULL});
	parted("A \"b;\"\"c\";D", (const char *[]){"A \"b;\"\"c\"", "D", NULL});
	parted("AS $_$ x; $$ ; $$ y; $_$;B", (const char *[]){"AS $_$ x; $$ ; $$ y; $_$", "B", NULL});
	parted("a$b$c;d$e", (const char *[]){"a$b$c", "d$e", NULL});
	parted("$1;$2", (const char *[]){"$ 1", "$ 2", NULL});
	parted("f(a integer, b text[])-- c;\n;x", (const char *[]){"f ( a integer , b text [ ] )", "x", NULL});
}

static void what_is_not_closed_goes_on_to_the_end(void **state)
{
	(void)state;
	parted("A 'b; GRANT", (const char *[]){"A 'b; GRANT", NULL});
	parted("A \"b; GRANT", (const char *[]){"A \"b; GRANT", NULL});
	parted("A $x$b; GRANT $y$", (const char *[]){"A $x$b; GRANT $y$", NULL});
	parted("A E'b\\", (const char *[]){"A E'b\\", NULL});
	parted("A -- b", (const char *[]){"A", NULL});
}

static void names_lose_their_quotes(void **state)
{
	CLEANUP(statements_free) struct statements all = {0};
	CLEANUP(mem_freep) char *two = NULL, *none = NULL;

	(void)state;
	statements_split("ALTER TABLE \"a\"\"b\" OWNER TO x", &all);
	two = statement_name(&all.item[0], 2);
	none = statement_name(&all.item[0], 9);
	assert_string_equal(two, "a\"b");
	assert_string_equal(none, "");
	assert_true(statement_begins(&all.item[0], "alter table"));
	assert_false(statement_begins(&all.item[0], "ALTER TABLES"));
	assert_false(statement_begins(&all.item[0], "ALTER TABLE \"a\"\"b\" OWNER TO x y"));
}

static void roles_are_found(const char *text, const char *const *wanted)
{
	CLEANUP(statements_free) struct statements all = {0};
	CLEANUP(strlist_free) struct strlist roles = {0};
	size_t n = 0;

	statements_split(text, &all);
	roles_find_named(&all, &roles);
	for (; wanted[n]; n++)
		assert_true(strlist_has(&roles, wanted[n]));
	assert_int_equal(roles.count, n);
}

static void every_role_that_is_named_is_found(void **state)
{
	(void)state;
	roles_are_found("ALTER FUNCTION public.f(a integer) OWNER TO \"the boss\"", (const char *[]){"the boss", NULL});
	roles_are_found("GRANT SELECT(i) ON TABLE public.t TO a WITH GRANT OPTION; REVOKE ALL ON TABLE t FROM PUBLIC",
			(const char *[]){"a", NULL});
	roles_are_found("ALTER DEFAULT PRIVILEGES FOR ROLE a IN SCHEMA s REVOKE ALL ON TABLES FROM b",
			(const char *[]){"a", "b", NULL});
	roles_are_found("CREATE POLICY p ON public.t FOR SELECT TO a, b USING ((i = 1)); CREATE POLICY q ON t USING (true)",
			(const char *[]){"a", "b", NULL});
	roles_are_found("CREATE USER MAPPING FOR a SERVER s; ALTER ROLE b IN DATABASE d SET x TO 'y'",
			(const char *[]){"a", "b", NULL});
	roles_are_found("COMMENT ON TABLE t IS 'x'; CREATE VIEW v AS SELECT 1; GRANT; REVOKE; ALTER; ALTER ROLE",
			(const char *[]){NULL});
}

static void theirs(const char *text, const char *wanted)
{
	CLEANUP(statements_free) struct statements all = {0};
	CLEANUP(mem_freep) char *role = NULL;

	statements_split(text, &all);
	role = roles_find_theirs(&all, "ecs");
	assert_string_equal(role, wanted);
}

static void the_owner_of_most_tables_was_the_applications_role(void **state)
{
	(void)state;
	theirs("", "ecs");
	theirs("ALTER TABLE a OWNER TO app", "app");
	theirs("ALTER TABLE a OWNER TO b; ALTER TABLE a OWNER TO app; ALTER TABLE c OWNER TO b; ALTER VIEW x OWNER TO app",
	       "b");
	theirs("ALTER TABLE a OWNER TO b; ALTER TABLE b OWNER TO b; ALTER TABLE c OWNER TO ecs", "ecs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements_end_outside_of_what_is_quoted),
		cmocka_unit_test(what_is_not_closed_goes_on_to_the_end),
		cmocka_unit_test(names_lose_their_quotes),
		cmocka_unit_test(every_role_that_is_named_is_found),
		cmocka_unit_test(the_owner_of_most_tables_was_the_applications_role),
	};

	return cmocka_run_group_tests_name("statements", tests, NULL, NULL);
}
