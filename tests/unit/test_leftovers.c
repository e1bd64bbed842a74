/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <sys/mount.h>

#include "appliance/leftovers.h"
#include "base/names.h"
#include "base/str.h"
#include "sys/file.h"
#include "tests/unit/temp.h"

static size_t recorded(const char *root)
{
	CLEANUP(leftovers_free) struct leftovers l;
	struct error e = {0};

	assert_int_equal(leftovers_read(root, &l, &e), 0);
	return l.count;
}

/* A mount point keeps its name. What bears that later, the files from before a restore maybe, is something else. */
static void what_was_removed_after_all_is_not_removed_again(void **state)
{
	CLEANUP(mem_freep) char *root = temp_path(state, ""), *old = temp_path(state, "old"), *doc = temp_path(state, "old/x");
	struct error e = {0};

	temp_tiny(state, "old", "64k");
	leftovers_discard(root, old);
	assert_int_equal(recorded(root), 1);
	assert_int_equal(umount(old), 0);
	leftovers_discard(root, old);
	assert_false(file_exists(old));
	assert_int_equal(recorded(root), 0);
	assert_int_equal(file_mkdirs(old, 0755, &e), 0);
	temp_put(state, "old/x", "x");
	leftovers_retry(root, true);
	assert_true(file_exists(doc));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_removed_after_all_is_not_removed_again, temp_make, temp_remove),
	};

	if (!temp_namespace()) {
		puts("Bail out! no mount namespace");
		return 1;
	}
	return cmocka_run_group_tests_name("leftovers", tests, NULL, NULL);
}
