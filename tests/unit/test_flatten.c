/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <string.h>

#include "env/flatten.h"
#include "wrap/yaml.h"

/* The variables of TEXT, as they are printed. */
static void flatten(const char *text, struct str *out)
{
	CLEANUP(yv_deletep) struct yv_doc *doc = NULL;
	CLEANUP(flat_free) struct flat flat = {0};
	struct error e = {0};

	if (yv_parse("t", text, strlen(text), &doc, &e) != 0)
		fail_msg("%s", e.text);
	flat_add(&flat, "ecs", yv_root(doc));
	if (flat_sort(&flat, "t", &e) != 0)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < flat.count; i++)
		flat_print(&flat.variable[i], out);
}

static void check(const char *text, const char *wanted)
{
	CLEANUP(str_free) struct str out = {0};

	flatten(text, &out);
	assert_string_equal(str_get(&out), wanted);
}

static void names_are_joined_and_sorted(void **state)
{
	(void)state;
	check("{b: {c: 1}, B2: 2, a_: 3}", "ECS_A_=3\nECS_B2=2\nECS_B_C=1\n");
}

static void lists_are_numbered(void **state)
{
	(void)state;
	check("[a, {k: b}, [c], ~]",
	      "ECS_0=a\nECS_1_K=b\nECS_2_0=c\nECS_2_LEN=1\nECS_3=\nECS_LEN=4\n");
}

static void members_sort_by_text(void **state)
{
	(void)state;
	check("[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ten]",
	      "ECS_0=0\nECS_1=1\nECS_10=ten\nECS_2=2\nECS_3=3\nECS_4=4\nECS_5=5\nECS_6=6\nECS_7=7\n"
	      "ECS_8=8\nECS_9=9\nECS_LEN=11\n");
}

static void nothing_is_not_empty(void **state)
{
	(void)state;
	check("{a: ~, b: '', c: ' ', d: {}, e: [], f: }",
	      "ECS_A=\nECS_B=''\nECS_C=''\nECS_E_LEN=0\nECS_F=\n");
}

static void booleans_and_numbers(void **state)
{
	(void)state;
	check("{a: Yes, b: OFF, c: 'yes', d: y, e: 010, f: 1_000, g: 1e3, h: 2026-01-02, i: .5,"
	      " j: 0x1F}",
	      "ECS_A=true\nECS_B=false\nECS_C=yes\nECS_D=y\nECS_E=010\nECS_F=1_000\nECS_G=1e3\n"
	      "ECS_H=2026-01-02\nECS_I=.5\nECS_J=0x1F\n");
}

static void white_space_goes_at_both_ends(void **state)
{
	(void)state;
	check("{a: \" x y\\n\", b: \"\\xa0\\u2003\xc3\xa4\\u3000\\x1f\", c: \"\\u200bx\"}",
	      "ECS_A='x y'\nECS_B='\xc3\xa4'\nECS_C='\xe2\x80\x8bx'\n");
}

static void values_are_quoted_for_sh(void **state)
{
	static const char *const pairs[][2] = {
		{"", "''"},
		{"plain", "plain"},
		{"a/b.c-d_e@f%g+h=i:j,k", "a/b.c-d_e@f%g+h=i:j,k"},
		{"it's", "'it'\"'\"'s'"},
		{"'", "''\"'\"''"},
		{"a b", "'a b'"},
		{"$x", "'$x'"},
		{"~", "'~'"},
		{"two\nlines", "'two\nlines'"},
		{"\xc3\xa4", "'\xc3\xa4'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		CLEANUP(mem_freep) char *value = mem_dup(pairs[i][0]);
		CLEANUP(mem_freep) char *wanted = mem_format("N=%s\n", pairs[i][1]);
		CLEANUP(str_free) struct str out = {0};

		flat_print(&(struct flat_variable){.name = (char[]){"N"}, .value = value}, &out);
		assert_string_equal(str_get(&out), wanted);
	}
}

static void refuse(const char *text, const char *message)
{
	CLEANUP(yv_deletep) struct yv_doc *doc = NULL;
	CLEANUP(flat_free) struct flat flat = {0};
	struct error e = {0};

	assert_int_equal(yv_parse("t", text, strlen(text), &doc, &e), 0);
	flat_add(&flat, "ecs", yv_root(doc));
	assert_int_equal(flat_sort(&flat, "t", &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_string_equal(e.text, message);
}

static void one_name_is_one_variable(void **state)
{
	(void)state;
	refuse("a: {b: 1}\na_b: 2\n",
	       "t:2:6: two keys become the variable 'ECS_A_B': the first is in line 1");
	refuse("Key: 1\nkEY: 2\n",
	       "t:2:6: two keys become the variable 'ECS_KEY': the first is in line 1");
	refuse("l: [x]\nl_len: 2\n",
	       "t:2:8: two keys become the variable 'ECS_L_LEN': the first is in line 1");
}

static void long_names_are_no_bomb(void **state)
{
	CLEANUP(str_free) struct str text = {0};
	char key[1001];

	(void)state;
	memset(key, 'k', 1000);
	key[1000] = '\0';
	for (int i = 0; i < 90; i++)
		str_addf(&text, "{%s: ", key);
	str_add(&text, "[x");
	for (int i = 0; i < 1000; i++)
		str_add(&text, ",x");
	str_add(&text, "]");
	for (int i = 0; i < 90; i++)
		str_add(&text, "}");
	refuse(text.data, "t:1:1: more than 1.5 MiB as variables: no program could be started");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_joined_and_sorted),
		cmocka_unit_test(lists_are_numbered),
		cmocka_unit_test(members_sort_by_text),
		cmocka_unit_test(nothing_is_not_empty),
		cmocka_unit_test(booleans_and_numbers),
		cmocka_unit_test(white_space_goes_at_both_ends),
		cmocka_unit_test(values_are_quoted_for_sh),
		cmocka_unit_test(one_name_is_one_variable),
		cmocka_unit_test(long_names_are_no_bomb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
