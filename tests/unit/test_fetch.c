/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/backup/fetch.h"
#include "base/names.h"
#include "base/str.h"
#include "sys/file.h"
#include "tests/unit/temp.h"

/* A vault beneath the test's folder, with one file. */
static struct fetched machine(void **state, char **root)
{
	struct fetched f = {.root = *root = temp_path(state, "")};
	CLEANUP(mem_freep) char *vault = temp_path(state, NAME_FILES);
	struct error e = {0};

	assert_int_equal(file_mkdirs(vault, 0755, &e), 0);
	fetch_set_paths(&f);
	temp_put(state, NAME_FILES "/document", "x");
	return f;
}

#define PLACE NAME_FILES "/" NAME_RESTORE_FOLDER

static void the_vault_is_moved_out_and_in(void **state)
{
	CLEANUP(mem_freep) char *root = NULL, *document = temp_path(state, NAME_FILES "/document");
	CLEANUP(mem_freep) char *place = temp_path(state, PLACE);
	CLEANUP(fetched_free) struct fetched f = machine(state, &root);
	struct error e = {0};
	struct stat st;

	assert_int_equal(fetch_move_out(&f, "old", &e), 0);
	assert_false(file_exists(document));
	assert_int_equal(stat(place, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(fetch_move_in(&f, "old", &e), 0);
	assert_true(file_exists(document));
}

/* The application owns the vault: a link of that name would make us move, and throw away, what lies elsewhere. */
static void a_link_in_its_place_is_not_followed(void **state)
{
	CLEANUP(mem_freep) char *root = NULL, *place = temp_path(state, PLACE), *new = temp_path(state, "elsewhere/new");
	CLEANUP(mem_freep) char *elsewhere = temp_path(state, "elsewhere"), *doc = temp_path(state, NAME_FILES "/document");
	CLEANUP(fetched_free) struct fetched f = machine(state, &root);
	struct error e = {0};

	assert_int_equal(file_mkdirs(new, 0755, &e), 0);
	temp_put(state, "elsewhere/new/theirs", "x");
	assert_int_equal(symlink(elsewhere, place), 0);
	assert_int_equal(fetch_forget(&f, &e), 0);
	assert_int_equal(fetch_move_in(&f, "new", &e), -1);
	assert_int_equal(temp_count(state, "elsewhere/new"), 1);
	assert_int_equal(fetch_move_out(&f, "old", &e), -1);
	assert_int_equal(e.code, EXIT_FAILED);
	assert_non_null(strstr(e.text, "is not a folder that root alone can change"));
	assert_true(file_exists(doc));
	assert_int_equal(fetch_beside(&f, &e), -1);
}

static void a_folder_that_others_can_enter_is_refused(void **state)
{
	CLEANUP(mem_freep) char *root = NULL, *place = temp_path(state, PLACE);
	CLEANUP(fetched_free) struct fetched f = machine(state, &root);
	struct error e = {0};

	assert_int_equal(fetch_check_place(&f, &e), 0); /* there is none */
	assert_int_equal(file_mkdirs(place, 0777, &e), 0);
	assert_int_equal(fetch_check_place(&f, &e), -1);
	assert_int_equal(chmod(place, 0700), 0);
	assert_int_equal(fetch_check_place(&f, &e), 0);
	if (geteuid() == 0 && chown(place, 8000, 8000) == 0)
		assert_int_equal(fetch_check_place(&f, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_vault_is_moved_out_and_in, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(a_link_in_its_place_is_not_followed, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(a_folder_that_others_can_enter_is_refused, temp_make, temp_remove),
	};

	return cmocka_run_group_tests_name("fetch", tests, NULL, NULL);
}
