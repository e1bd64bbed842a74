/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/file.h"
#include "sys/folder.h"
#include "tests/unit/temp.h"

int __real_mkdirat(int dir, const char *name, mode_t mode);
int __wrap_mkdirat(int dir, const char *name, mode_t mode);

static const char *instead; /* what the owner of the folder puts a link to, as soon as NAME is made */

int __wrap_mkdirat(int dir, const char *name, mode_t mode)
{
	int r = __real_mkdirat(dir, name, mode);

	if (r == 0 && instead && (unlinkat(dir, name, AT_REMOVEDIR) != 0 || symlinkat(instead, dir, name) != 0))
		fail_msg("no link");
	return r;
}

static void what_is_put_in_its_place_meanwhile_is_left_alone(void **state)
{
	CLEANUP(mem_freep) char *secret = temp_path(state, "secret"), *made = temp_path(state, "made");
	struct error e = {0};
	struct stat st;
	int fd;

	temp_put(state, "secret", "x");
	assert_int_equal(chmod(secret, 0600), 0);
	instead = secret;
	fd = folder_open(made, &e);
	instead = NULL;
	assert_int_equal(fd, -1);
	assert_int_equal(stat(secret, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void what_is_missing_is_made(void **state)
{
	CLEANUP(mem_freep) char *deep = temp_path(state, "a/b//c/");
	struct error e = {0};
	struct stat st, there;
	mode_t before = umask(077);
	CLEANUP(file_closep) int fd = folder_open(deep, &e);

	umask(before);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(stat(deep, &there), 0);
	assert_int_equal(st.st_ino, there.st_ino);
	assert_int_equal(st.st_mode & 07777, 0755);
}

/* /data may be a link; but one that the application put into its own folder leads root anywhere. */
static void a_link_counts_as_who_made_it(void **state)
{
	CLEANUP(mem_freep) char *real = temp_path(state, "real"), *data = temp_path(state, "data");
	CLEANUP(mem_freep) char *inside = temp_path(state, "data/x/y"), *made = temp_path(state, "real/x/y");
	CLEANUP(mem_freep) char *theirs = temp_path(state, "real/theirs"), *way = temp_path(state, "data/theirs/z");
	CLEANUP(mem_freep) char *loop = temp_path(state, "loop"), *none = temp_path(state, "real/x/z");
	struct error e = {0};
	int fd;

	assert_int_equal(file_mkdirs(real, 0755, &e), 0);
	assert_int_equal(symlink("real", data), 0);
	fd = folder_open(inside, &e);
	assert_true(fd >= 0);
	close(fd);
	assert_true(file_exists(made));
	assert_int_equal(symlink("loop", loop), 0);
	assert_int_equal(folder_open(loop, &e), -1);
	if (geteuid() != 0) /* no links of others */
		return;
	assert_int_equal(symlink("x", theirs), 0);
	assert_int_equal(lchown(theirs, 8000, 8000), 0);
	assert_int_equal(folder_open(way, &e), -1);
	assert_int_equal(e.code, EX_NOPERM);
	assert_non_null(strstr(e.text, "'theirs' of"));
	assert_non_null(strstr(e.text, "is a link that user 8000 made"));
	assert_false(file_exists(none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_missing_is_made, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(what_is_put_in_its_place_meanwhile_is_left_alone, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(a_link_counts_as_who_made_it, temp_make, temp_remove),
	};

	return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
