/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "appliance/volume/whole.h"
#include "base/names.h"
#include "base/str.h"
#include "sys/file.h"
#include "tests/unit/temp.h"

static void a_mount_in_it_is_named(void **state)
{
	CLEANUP(mem_freep) char *target = temp_path(state, "vault");
	struct storage_volume v = {.name = (char[]){"ecs-files"}, .target = target, .mounted = true};
	struct error e = {0};

	assert_int_equal(file_mkdirs(target, 0755, &e), 0);
	assert_int_equal(whole_check(&v, &e), 0);
	temp_tiny(state, "vault/m", "64k");
	assert_int_equal(whole_check(&v, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_non_null(strstr(e.text, "vault/m' is another file system"));
	assert_true(whole_has_mounts(&v));
}

/* It keeps no backup from being made: none holds it. */
static void what_a_restore_set_aside_is_no_part_of_it(void **state)
{
	CLEANUP(mem_freep) char *target = temp_path(state, "vault");
	CLEANUP(mem_freep) char *left = temp_path(state, "vault/" NAME_RESTORE_FOLDER "/old.left-1");
	struct storage_volume v = {.name = (char[]){"ecs-files"}, .target = target, .mounted = true};
	struct error e = {0};

	assert_int_equal(file_mkdirs(left, 0700, &e), 0);
	temp_tiny(state, "vault/" NAME_RESTORE_FOLDER "/old.left-1/m", "64k");
	assert_int_equal(whole_check(&v, &e), 0);
	assert_false(whole_has_mounts(&v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_mount_in_it_is_named, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(what_a_restore_set_aside_is_no_part_of_it, temp_make, temp_remove),
	};

	if (!temp_namespace()) {
		puts("Bail out! no mount namespace");
		return 1;
	}
	return cmocka_run_group_tests_name("whole", tests, NULL, NULL);
}
