/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/discard.h"
#include "sys/file.h"
#include "sys/tree.h"
#include "tests/unit/temp.h"

static void a_tree_goes_and_what_links_name_stays(void **state)
{
	CLEANUP(mem_freep) char *tree = temp_path(state, "tree"), *deep = temp_path(state, "tree/a/b");
	CLEANUP(mem_freep) char *outside = temp_path(state, "outside"), *link = temp_path(state, "tree/a/link");
	struct error e = {0};

	assert_int_equal(file_mkdirs(deep, 0755, &e), 0);
	assert_int_equal(file_mkdirs(outside, 0755, &e), 0);
	temp_put(state, "tree/a/b/f", "x");
	temp_put(state, "outside/kept", "x");
	assert_int_equal(symlink(outside, link), 0);
	assert_int_equal(discard_tree(tree, true, &e), 0);
	assert_false(file_exists(tree));
	assert_int_equal(temp_count(state, "outside"), 1);
	assert_int_equal(discard_tree(tree, true, &e), 0); /* there is none */
	assert_int_equal(discard_tree("/proc/self/none", true, &e), 0);
}

/* Sets the flag of chattr +i; false where the file system has no such thing. */
static bool fix(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), flags = 0;
	bool set = ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;

	flags |= FS_IMMUTABLE_FL;
	set = set && ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
	close(fd);
	return set;
}

static bool is_fixed(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), flags = 0;

	ioctl(fd, FS_IOC_GETFLAGS, &flags);
	close(fd);
	return flags & FS_IMMUTABLE_FL;
}

static void free_it(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), flags = 0;

	ioctl(fd, FS_IOC_SETFLAGS, &flags);
	close(fd);
}

static void what_must_not_be_changed_goes_too(void **state)
{
	CLEANUP(mem_freep) char *tree = temp_path(state, "tree"), *folder = temp_path(state, "tree/a");
	CLEANUP(mem_freep) char *file = temp_path(state, "tree/a/f"), *other = temp_path(state, "other");
	struct error e = {0};

	assert_int_equal(file_mkdirs(folder, 0755, &e), 0);
	temp_put(state, "tree/a/f", "x");
	assert_int_equal(link(file, other), 0);
	if (!fix(file) || !fix(folder)) {
		free_it(file);
		skip();
	}
	assert_int_equal(discard_tree(tree, true, &e), 0);
	assert_false(file_exists(tree));
	assert_true(is_fixed(other)); /* a further name of the file is not thrown away */
	free_it(other);
}

static void a_mount_stays_and_all_else_goes(void **state)
{
	CLEANUP(mem_freep) char *tree = temp_path(state, "tree"), *other = temp_path(state, "tree/m/other");
	CLEANUP(mem_freep) char *folder = temp_path(state, "tree/m");
	struct error e = {0};

	assert_int_equal(file_mkdirs(folder, 0755, &e), 0);
	temp_tiny(state, "tree/m/other", "64k");
	temp_put(state, "tree/m/other/f", "x");
	temp_put(state, "tree/a", "x");
	temp_put(state, "tree/m/z", "x");
	assert_int_equal(discard_tree(tree, true, &e), -1);
	assert_int_equal(e.code, EX_IOERR);
	assert_non_null(strstr(e.text, "tree/m/other': something is mounted there"));
	assert_int_equal(temp_count(state, "tree/m/other"), 1);
	assert_int_equal(temp_count(state, "tree"), 1);
	assert_int_equal(temp_count(state, "tree/m"), 1);
	assert_int_equal(umount(other), 0);
	assert_int_equal(discard_tree(tree, true, &e), 0);
	assert_false(file_exists(tree));
}

/* Folders within each other, as many as LEVELS, beneath tree/; the innermost holds a file. */
static void nest(void **state, int levels)
{
	CLEANUP(mem_freep) char *tree = temp_path(state, "tree");
	int fd, inner;

	assert_int_equal(mkdir(tree, 0700), 0);
	fd = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 1; i < levels; i++) {
		assert_int_equal(mkdirat(fd, "d", 0700), 0);
		inner = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = inner;
	}
	inner = openat(fd, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(inner >= 0);
	close(inner);
	close(fd);
}

static void limit_files(rlim_t soft)
{
	struct rlimit files;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = soft;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
}

static int count_item(void *arg, const struct tree_item *item, struct error *e)
{
	(void)item;
	(void)e;
	++*(int *)arg;
	return 0;
}

/* Whoever owns a tree can make it as deep as it likes. */
static void a_deep_tree_is_walked_and_goes(void **state)
{
	CLEANUP(mem_freep) char *tree = temp_path(state, "tree");
	struct error e = {0};
	int count = 0;

	nest(state, 3000);
	limit_files(256);
	if (tree_walk(tree, NULL, count_item, &count, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(count, 3000);
	limit_files(256);
	if (discard_tree(tree, true, &e) != 0)
		fail_msg("%s", e.text);
	assert_false(file_exists(tree));
	nest(state, 3000);
	limit_files(256);
	if (file_remove_tree(tree, &e) != 0)
		fail_msg("%s", e.text);
}

static void one_that_is_too_deep_is_told_and_goes(void **state)
{
	CLEANUP(mem_freep) char *tree = temp_path(state, "tree");
	struct error e = {0};
	int count = 0;

	nest(state, 6000);
	assert_int_equal(tree_walk(tree, NULL, count_item, &count, &e), -1);
	assert_non_null(strstr(e.text, "more than 4000 deep"));
	assert_int_equal(file_remove_tree(tree, &e), -1);
	limit_files(256);
	if (discard_tree(tree, true, &e) != 0)
		fail_msg("%s", e.text);
	assert_false(file_exists(tree));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_tree_goes_and_what_links_name_stays, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(what_must_not_be_changed_goes_too, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(a_deep_tree_is_walked_and_goes, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(one_that_is_too_deep_is_told_and_goes, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(a_mount_stays_and_all_else_goes, temp_make, temp_remove),
	};

	if (!temp_namespace()) {
		puts("Bail out! no mount namespace");
		return 1;
	}
	return cmocka_run_group_tests_name("discard", tests, NULL, NULL);
}
