/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "appliance/leftovers.h"
#include "appliance/volume/volumes.h"
#include "base/names.h"
#include "base/str.h"
#include "sys/apart.h"
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

/* --- a volume of the test's ----------------------------------------------------------------------------------- */

static char *there; /* the file that stands for what a revert left under its own name */

static int set_aside(const struct storage_volume *v, char **as, struct error *e)
{
	(void)v, (void)e;
	*as = unlink(there) == 0 ? mem_dup("ecs-aside-1") : NULL;
	return 0;
}

static int remove_for_ever(const struct storage_volume *v, const char *as, struct error *e)
{
	(void)v, (void)as, (void)e;
	pause();
	return 0;
}

int __wrap_volumes_find(const char *root, const char *name, struct volumes *vs, struct error *e);
int __real_apart_run(int (*fn)(void *arg, struct str *out, struct error *e), void *arg, long ms, struct str *out, struct error *e);
int __wrap_apart_run(int (*fn)(void *arg, struct str *out, struct error *e), void *arg, long ms, struct str *out, struct error *e);

int __wrap_volumes_find(const char *root, const char *name, struct volumes *vs, struct error *e)
{
	static const struct storage_driver driver = {.set_aside = set_aside, .remove_aside = remove_for_ever};

	(void)root, (void)e;
	vs->item = mem_alloc(sizeof *vs->item);
	vs->item[vs->count++] = (struct storage_volume){.name = mem_dup(name), .driver = &driver};
	return 0;
}

int __wrap_apart_run(int (*fn)(void *arg, struct str *out, struct error *e), void *arg, long ms, struct str *out, struct error *e)
{
	(void)ms;
	return __real_apart_run(fn, arg, 1000, out, e);
}

/* A snapshot of a whole volume that nobody knows of any more would fill it up. */
static void what_is_set_aside_keeps_its_place_in_the_record(void **state)
{
	CLEANUP(mem_freep) char *root = temp_path(state, ""), *dir = temp_path(state, "var/lib/ecs");
	CLEANUP(leftovers_free) struct leftovers l = {0};
	struct error e = {0};

	there = temp_path(state, "there");
	temp_put(state, "there", "");
	assert_int_equal(file_mkdirs(dir, 0755, &e), 0);
	temp_put(state, "var/lib/ecs/leftovers.json",
		 "[{\"kind\": \"state\", \"volume\": \"ecs-files\", \"what\": \"\", \"why\": \"x\", \"since\": 1}]");
	leftovers_retry(root, true);
	assert_false(file_exists(there));
	leftovers_retry(root, true);
	assert_int_equal(leftovers_read(root, &l, &e), 0);
	assert_int_equal(l.count, 1);
	assert_string_equal(l.item[0].what, "ecs-aside-1");
	free(there);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_removed_after_all_is_not_removed_again, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(what_is_set_aside_keeps_its_place_in_the_record, temp_make, temp_remove),
	};

	if (!temp_namespace()) {
		puts("Bail out! no mount namespace");
		return 1;
	}
	return cmocka_run_group_tests_name("leftovers", tests, NULL, NULL);
}
