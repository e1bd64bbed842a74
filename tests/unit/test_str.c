/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static void bytes_are_added_and_end_with_a_zero(void **state)
{
	CLEANUP(str_free) struct str s = {0};

	(void)state;
	assert_string_equal(str_get(&s), "");
	str_clear(&s); /* of nothing */
	str_addn(&s, NULL, 0);
	assert_string_equal(s.data, "");
	str_addn(&s, "a\0b", 3);
	assert_int_equal(s.len, 3);
	assert_memory_equal(s.data, "a\0b", 4);
	str_clear(&s);
	assert_string_equal(str_get(&s), "");
	for (int i = 0; i < 5000; i++)
		str_addf(&s, "%d%c", i % 10, ',');
	str_addc(&s, '!');
	str_add(&s, "");
	assert_int_equal(s.len, 10001);
	assert_memory_equal(s.data + 9996, "8,9,!", 6);
}

static void what_others_wrote_is_made_printable(void **state)
{
	CLEANUP(str_free) struct str s = {0};

	(void)state;
	str_add_printable(&s, "a\033[2Kb\033[1;31mc");
	assert_string_equal(s.data, "abc");
	str_clear(&s);
	str_add_printable(&s, "a\nb\tc\177 \xc3\xa4");
	assert_string_equal(s.data, "a?b?c? \xc3\xa4");
	str_clear(&s);
	str_add_printable(&s, "\033]0;title\a \033[");
	assert_string_equal(s.data, "?]0;title? ");
}

static void white_space_at_the_end_goes(void **state)
{
	CLEANUP(str_free) struct str s = {0};

	(void)state;
	str_trim(&s);
	str_add(&s, " a b \t\r\n\v\f");
	str_trim(&s);
	assert_string_equal(s.data, " a b");
	str_addn(&s, "\0", 1); /* a 0 is no white space */
	str_trim(&s);
	assert_int_equal(s.len, 5);
	str_clear(&s);
	str_add(&s, " \n ");
	str_trim(&s);
	assert_int_equal(s.len, 0);
}

static void begins_and_ends(void **state)
{
	(void)state;
	assert_true(str_begins("ecs.web", "ecs."));
	assert_true(str_begins("x", ""));
	assert_false(str_begins("ec", "ecs."));
	assert_true(str_ends("a.yml", ".yml"));
	assert_true(str_ends("a", ""));
	assert_false(str_ends("l", ".yml"));
}

static void numbers_are_whole_and_in_range(void **state)
{
	static const char *const bad[] = {"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "a", "\xc2\xb2"};
	unsigned long long v = 77;
	char text[40];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(str_number(bad[i], ULLONG_MAX, &v));
	assert_int_equal(v, 77);
	assert_false(str_number("18446744073709551616", ULLONG_MAX, &v));
	assert_false(str_number("99999999999999999999", ULLONG_MAX, &v));
	assert_true(str_number("18446744073709551615", ULLONG_MAX, &v));
	assert_true(v == ULLONG_MAX);
	assert_true(str_number("007", 7, &v));
	assert_int_equal(v, 7);
	/* every small range, and one number beyond it */
	for (unsigned max = 0; max < 120; max++) {
		for (unsigned n = 0; n < 130; n++) {
			snprintf(text, sizeof text, "%u", n);
			assert_int_equal(str_number(text, max, &v), n <= max);
			assert_true(n > max || v == n);
		}
	}
}

static void memory_helpers(void **state)
{
	CLEANUP(mem_freep) char *copy = mem_dup("x");
	CLEANUP(mem_freep) char *part = mem_dupn("abc", 2);
	CLEANUP(mem_freep) char *none = mem_dupn(NULL, 0);
	CLEANUP(mem_freep) char *text = mem_format("%d-%s", 1, "a");
	CLEANUP(mem_freep) unsigned char *zero = mem_alloc(64);

	(void)state;
	assert_null(mem_dup(NULL));
	assert_string_equal(copy, "x");
	assert_string_equal(part, "ab");
	assert_string_equal(none, "");
	assert_string_equal(text, "1-a");
	for (int i = 0; i < 64; i++)
		assert_int_equal(zero[i], 0);
	mem_freep(&copy);
	assert_null(copy);
}

static void lists_own_their_strings(void **state)
{
	static const char *const more[] = {"d", "c", NULL};
	CLEANUP(strlist_free) struct strlist l = {0};

	(void)state;
	strlist_sort(&l);
	assert_null(strlist_argv(&l)[0]);
	assert_false(strlist_has(&l, "a"));
	strlist_add(&l, "b");
	strlist_take(&l, mem_dup("a"));
	strlist_addf(&l, "%c%d", 'a', 1);
	strlist_addv(&l, more);
	strlist_add(&l, "B"); /* the C locale: upper case first */
	assert_int_equal(l.count, 6);
	assert_null(l.item[6]);
	assert_true(strlist_has(&l, "a1"));
	assert_false(strlist_has(&l, "A1"));
	strlist_sort(&l);
	for (size_t i = 0; i < l.count; i++)
		assert_string_equal(strlist_argv(&l)[i], ((const char *[]){"B", "a", "a1", "b", "c", "d"})[i]);
}

static void lines_are_split(void **state)
{
	CLEANUP(strlist_free) struct strlist l = {0};
	CLEANUP(str_free) struct str text = {0};

	(void)state;
	strlist_lines(&l, "");
	assert_int_equal(l.count, 0);
	strlist_lines(&l, "a\n\nb\r\nlast");
	assert_int_equal(l.count, 4);
	assert_string_equal(l.item[1], "");
	assert_string_equal(l.item[2], "b\r");
	assert_string_equal(l.item[3], "last");
	strlist_lines(&l, "\n");
	assert_int_equal(l.count, 5);
	strlist_text(&l, &text);
	assert_string_equal(text.data, "a\n\nb\r\nlast\n\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_added_and_end_with_a_zero),
		cmocka_unit_test(what_others_wrote_is_made_printable),
		cmocka_unit_test(white_space_at_the_end_goes),
		cmocka_unit_test(begins_and_ends),
		cmocka_unit_test(numbers_are_whole_and_in_range),
		cmocka_unit_test(memory_helpers),
		cmocka_unit_test(lists_own_their_strings),
		cmocka_unit_test(lines_are_split),
	};

	return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
