/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/device.h"
#include "sys/run.h"

/* An ext4 image with one file, attached to a loop device: only root can make it, and mount it. */
struct image {
	char dir[32];
	char *file, *device;
};

static char *command(const char *const *argv)
{
	struct run r = {.argv = argv};
	struct run_result res;
	struct error e = {0};

	if (run_check(&r, 0, &res, &e) != 0)
		fail_msg("%s", e.text);
	str_trim(&res.out);
	char *out = mem_dup(str_get(&res.out));
	run_free(&res);
	return out;
}

static int set_up(void **state)
{
	struct image *i = mem_alloc(sizeof *i);
	struct error e = {0};

	strcpy(i->dir, "/tmp/peek.XXXXXX");
	assert_non_null(mkdtemp(i->dir));
	i->file = mem_format("%s/image", i->dir);
	if (geteuid() == 0) {
		CLEANUP(mem_freep) char *tree = mem_format("%s/tree/a", i->dir);
		CLEANUP(mem_freep) char *data = mem_format("%s/tree/a/b", i->dir);
		CLEANUP(mem_freep) char *top = mem_format("%s/tree", i->dir);

		assert_int_equal(file_mkdirs(tree, 0755, &e), 0);
		assert_int_equal(file_write(data, "hello", 5, 0600, &e), 0);
		free(command((const char *[]){"mke2fs", "-q", "-t", "ext4", "-d", top, i->file,
					      "4M", NULL}));
		i->device = command((const char *[]){"losetup", "--find", "--show", i->file, NULL});
	}
	*state = i;
	return 0;
}

static int tear_down(void **state)
{
	struct image *i = *state;
	struct error e = {0};

	if (i->device)
		free(command((const char *[]){"losetup", "-d", i->device, NULL}));
	file_remove_tree(i->dir, &e);
	free(i->file);
	free(i->device);
	free(i);
	return 0;
}

static void a_file_is_read_and_nothing_stays_mounted(void **state)
{
	struct image *i = *state;
	CLEANUP(str_free) struct str out = {0}, before = {0}, after = {0};
	struct error e = {0};

	if (geteuid() != 0) {
		assert_int_equal(device_read_file("/dev/null", "ext4", "a/b", 100, &out, &e), -1);
		assert_int_equal(e.code, EX_NOPERM);
		return;
	}
	assert_int_equal(file_read("/proc/self/mounts", 1 << 20, &before, &e), 0);
	assert_int_equal(device_read_file(i->device, "ext4", "a/b", 5, &out, &e), 1);
	assert_string_equal(out.data, "hello");
	assert_int_equal(device_read_file(i->device, "ext4", "a/none", 5, &out, &e), 0);
	assert_int_equal(device_read_file(i->device, "ext4", "a/b/c", 5, &out, &e), 0);
	assert_int_equal(file_read("/proc/self/mounts", 1 << 20, &after, &e), 0);
	assert_string_equal(before.data, after.data);
}

static void what_cannot_be_read_is_an_error(void **state)
{
	struct image *i = *state;
	CLEANUP(str_free) struct str out = {0};
	struct error e = {0};

	if (geteuid() != 0)
		return;
	assert_int_equal(device_read_file(i->device, "ext4", "a/b", 4, &out, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_int_equal(device_read_file(i->device, "nosuchfs", "a/b", 5, &out, &e), -1);
	assert_non_null(strstr(e.text, "No such device"));
	assert_int_equal(device_read_file(i->device, "ext4", "a", 5, &out, &e), -1);
	assert_non_null(strstr(e.text, "Is a directory"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_read_and_nothing_stays_mounted, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_an_error, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
