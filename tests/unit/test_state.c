/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance/state.h"
#include "sys/file.h"

static char root[] = "/tmp/test_state.XXXXXX";

static int make_root(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	struct error e;

	(void)state;
	return file_remove_tree(root, &e);
}

static void none_is_empty(void **state)
{
	CLEANUP(state_free) struct state s;
	struct error e = {0};

	(void)state;
	assert_int_equal(state_read(root, &s, &e), 0);
	assert_null(s.revision);
	assert_null(s.database);
	assert_false(s.asked);
}

static void what_was_written_is_read(void **state)
{
	CLEANUP(state_free) struct state s = {0}, back;
	struct error e = {0};

	(void)state;
	state_set(&s.revision, "abc");
	state_set(&s.branch, "stable");
	state_set(&s.database, "2026-01-02T03:04:05Z");
	state_add(&s, "ecs.web", "c1", "sha256:1");
	state_add(&s, "redis", "c2", "sha256:2");
	strlist_add(&s.heads, "core.0001_initial");
	s.asked = true;
	state_set(&s.previous, "aaa");
	strlist_add(&s.built, "aaa");
	state_set(&s.before.revision, "aaa");
	state_set(&s.before.counted, "2026");
	strlist_add(&s.before.writes, "1 2 3 public.core");
	assert_int_equal(state_write(root, &s, &e), 0);
	assert_int_equal(state_read(root, &back, &e), 0);
	assert_string_equal(back.revision, "abc");
	assert_string_equal(back.previous, "aaa");
	assert_null(back.migrated);
	assert_string_equal(back.built.item[0], "aaa");
	assert_string_equal(back.before.revision, "aaa");
	assert_string_equal(back.before.counted, "2026");
	assert_string_equal(back.before.writes.item[0], "1 2 3 public.core");
	assert_string_equal(back.branch, "stable");
	assert_null(back.config);
	assert_string_equal(state_find(&back, "redis")->image, "sha256:2");
	assert_null(state_find(&back, "nginx"));
	assert_string_equal(back.heads.item[0], "core.0001_initial");
	assert_true(back.asked);
	assert_int_equal(back.pending.count, 0);
}

static void pending_that_was_not_asked_stays_unknown(void **state)
{
	CLEANUP(state_free) struct state s = {0}, back;
	struct error e = {0};

	(void)state;
	assert_int_equal(state_write(root, &s, &e), 0);
	assert_int_equal(state_read(root, &back, &e), 0);
	assert_false(back.asked);
}

static void a_broken_file_is_refused(void **state)
{
	CLEANUP(mem_freep) char *path = mem_format("%s/var/lib/ecs/state.json", root);
	CLEANUP(state_free) struct state s;
	struct error e = {0};

	(void)state;
	assert_int_equal(file_write(path, "{", 1, 0644, &e), 0);
	assert_int_equal(state_read(root, &s, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_non_null(strstr(e.text, "state.json:1:"));
}

/* Neither is a machine that has never run: it would make an empty database. */
static void what_is_no_record_is_not_none(void **state)
{
	CLEANUP(mem_freep) char *path = mem_format("%s/var/lib/ecs/state.json", root);
	CLEANUP(state_free) struct state s;
	struct error e = {0};

	(void)state;
	assert_int_equal(file_write(path, "[]\n", 3, 0644, &e), 0);
	assert_int_equal(state_read(root, &s, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("state.json", path), 0);
	assert_int_equal(state_read(root, &s, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_is_empty),
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(pending_that_was_not_asked_stays_unknown),
		cmocka_unit_test(a_broken_file_is_refused),
		cmocka_unit_test(what_is_no_record_is_not_none),
	};

	return cmocka_run_group_tests_name("state", tests, make_root, remove_root);
}
