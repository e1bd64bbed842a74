/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "wrap/yaml.h"

static struct yv_doc *parse(const char *text)
{
	struct error e = {0};
	struct yv_doc *doc;

	if (yv_parse("t", text, strlen(text), &doc, &e))
		fail_msg("%s", e.text);
	return doc;
}

/* What is wrong with TEXT must begin with MESSAGE. */
static void refuse(const char *text, size_t len, const char *message)
{
	struct error e = {0};
	struct yv_doc *doc = NULL;

	assert_int_equal(yv_parse("t", text, len, &doc, &e), -1);
	assert_null(doc);
	assert_int_equal(e.code, EX_DATAERR);
	e.text[strlen(message)] = '\0';
	assert_string_equal(e.text, message);
}

static void nodes_know_where_they_stand(void **state)
{
	CLEANUP(yv_deletep) struct yv_doc *doc = parse("#c\na:\n  \xc3\xa4: [x, 'y']\n");
	const struct yv_node *list = yv_get(yv_get(yv_root(doc), "a"), "\xc3\xa4");

	(void)state;
	assert_int_equal(list->kind, YV_LIST);
	assert_int_equal(list->count, 2);
	assert_int_equal(list->line, 3);
	assert_int_equal(list->column, 6); /* characters, not bytes */
	assert_string_equal(list->item[1]->text, "y");
	assert_true(list->item[0]->plain);
	assert_false(list->item[1]->plain);
}

static void many_members_keep_their_order(void **state)
{
	CLEANUP(str_free) struct str text = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		str_addf(&text, "- %d\n", i);
	CLEANUP(yv_deletep) struct yv_doc *doc = parse(text.data);

	assert_int_equal(yv_root(doc)->count, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(atoi(yv_root(doc)->item[i]->text), i);
}

static void nulls_are_plain(void **state)
{
	CLEANUP(yv_deletep) struct yv_doc *doc =
		parse("[~, null, NULL, Null, 'null', nULL, !!null ~, !!str null]");
	static const bool null[] = {1, 1, 1, 1, 0, 0, 1, 0};

	(void)state;
	for (size_t i = 0; i < yv_root(doc)->count; i++)
		assert_int_equal(yv_is_null(yv_root(doc)->item[i]), null[i]);
}

static void booleans_of_yaml_1_1(void **state)
{
	CLEANUP(yv_deletep) struct yv_doc *doc =
		parse("[yes, True, ON, y, off, FALSE, no, n, 'no', tRue, !!bool 'yes', !!str yes]");
	static const int truth[] = {1, 1, 1, -1, 0, 0, 0, -1, -1, -1, 1, -1};

	(void)state;
	assert_int_equal(yv_root(doc)->count, 12);
	for (size_t i = 0; i < 12; i++)
		assert_int_equal(yv_bool(yv_root(doc)->item[i]), truth[i]);
}

static void aliases_share_their_node(void **state)
{
	CLEANUP(yv_deletep) struct yv_doc *doc = parse("a: &x {k: v}\nb: *x\nc: &x 2\nd: *x\n");

	(void)state;
	assert_ptr_equal(yv_get(yv_root(doc), "a"), yv_get(yv_root(doc), "b"));
	assert_string_equal(yv_get(yv_root(doc), "d")->text, "2");
}

static void nothing_has_no_root(void **state)
{
	CLEANUP(yv_deletep) struct yv_doc *doc = parse("#cloud-config\n# nothing\n");

	(void)state;
	assert_null(yv_root(doc));
	assert_null(yv_get(NULL, "a"));
}

static void faults_are_told_with_their_place(void **state)
{
	(void)state;
#define REFUSE(text, message) refuse(text, sizeof text - 1, message)
	REFUSE("a: 1\n b: 2\n", "t:2:3: mapping values are not allowed");
	REFUSE("a: [1\n", "t:2:1: did not find expected ',' or ']'");
	REFUSE("a: \xff\n", "t:1:4: bytes that are not UTF-8");
	REFUSE("\xc3\xa4: \x01\n", "t:1:4: a character that YAML allows only as an escape");
	REFUSE("a: *b\n", "t:1:4: an alias without an anchor");
	REFUSE("a: &b [*b]\n", "t:1:8: an alias inside its own anchor");
	REFUSE("a: 1\n---\nb: 1\n", "t:2:1: a second document");
	REFUSE("\xff\xfe"
	       "a\0",
	       "t:1:1: bytes that are not UTF-8");
	REFUSE("\ta: 1\n", "t:1:1: found character that cannot start any token");
}

static void depth_is_limited(void **state)
{
	char text[2 * YV_DEPTH + 4];

	(void)state;
	memset(text, '[', YV_DEPTH);
	memset(text + YV_DEPTH, ']', YV_DEPTH);
	text[2 * YV_DEPTH] = '\0';
	yv_delete(parse(text));
	memset(text, '[', YV_DEPTH + 1);
	refuse(text, YV_DEPTH + 1, "t:1:101: nested too deeply");
}

static void a_bomb_of_aliases_is_refused(void **state)
{
	CLEANUP(str_free) struct str text = {0};

	(void)state;
	str_add(&text, "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
	for (int i = 1; i < 9; i++) {
		str_addf(&text, "a%d: &a%d [", i, i);
		for (int j = 0; j < 10; j++)
			str_addf(&text, "%s*a%d", j ? ", " : "", i - 1);
		str_add(&text, "]\n");
	}
	refuse(text.data, text.len, "t:6:");
}

static void anchors_are_limited(void **state)
{
	CLEANUP(str_free) struct str text = {0};

	(void)state;
	for (int i = 0; i <= YV_ANCHORS; i++)
		str_addf(&text, "- &a%d x\n", i);
	yv_delete(parse(text.data));
	str_addf(&text, "- *a%d\n", YV_ANCHORS);
	refuse(text.data, text.len, "t:1002:3: too many anchors");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_know_where_they_stand),
		cmocka_unit_test(many_members_keep_their_order),
		cmocka_unit_test(nulls_are_plain),
		cmocka_unit_test(booleans_of_yaml_1_1),
		cmocka_unit_test(aliases_share_their_node),
		cmocka_unit_test(nothing_has_no_root),
		cmocka_unit_test(faults_are_told_with_their_place),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(a_bomb_of_aliases_is_refused),
		cmocka_unit_test(anchors_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
