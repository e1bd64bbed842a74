/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/holders.h"
#include "sys/loop.h"
#include "tests/unit/temp.h"

static bool names_this(const struct strlist *l)
{
	CLEANUP(mem_freep) char *text = mem_format("test_holders (pid %ld)", (long)getpid());

	return strlist_has(l, text);
}

static void test_open_file(void **state)
{
	CLEANUP(mem_freep) char *dir = temp_path(state, "disk");
	CLEANUP(mem_freep) char *path = temp_path(state, "disk/file");
	CLEANUP(strlist_free) struct strlist none = {0};
	CLEANUP(strlist_free) struct strlist who = {0};
	struct error e = {0};
	int fd;

	if (!temp_namespace())
		skip();
	temp_tiny(state, "disk", "64k");
	assert_int_equal(holders_of(dir, &none, &e), 0);
	assert_int_equal(none.count, 0);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(holders_of(dir, &who, &e), 0);
	assert_true(names_this(&who));
	close(fd);
}

static void test_working_folder(void **state)
{
	CLEANUP(mem_freep) char *dir = temp_path(state, "disk");
	CLEANUP(strlist_free) struct strlist who = {0};
	struct error e = {0};

	if (!temp_namespace())
		skip();
	temp_tiny(state, "disk", "64k");
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(holders_of(dir, &who, &e), 0);
	assert_int_equal(chdir("/"), 0);
	assert_true(names_this(&who));
}

static void test_missing(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "nothing");
	CLEANUP(strlist_free) struct strlist who = {0};
	struct error e = {0};

	assert_int_equal(holders_of(path, &who, &e), -1);
	assert_int_equal(e.code, EX_NOINPUT);
}

static void test_mounts(void **state)
{
	CLEANUP(mem_freep) char *one = temp_path(state, "one");
	CLEANUP(mem_freep) char *two = temp_path(state, "two");
	CLEANUP(strlist_free) struct strlist both = {0};
	CLEANUP(strlist_free) struct strlist other = {0};
	CLEANUP(strlist_free) struct strlist none = {0};
	struct error e = {0};

	if (!temp_namespace())
		skip();
	assert_int_equal(mkdir(one, 0700), 0);
	assert_int_equal(mkdir(two, 0700), 0);
	assert_int_equal(mount("ecs-holders", one, "tmpfs", 0, "size=64k"), 0);
	assert_int_equal(mount(one, two, NULL, MS_BIND, NULL), 0);
	assert_int_equal(holders_mounts("ecs-holders", "/", NULL, NULL, &both, &e), 0);
	assert_true(strlist_has(&both, one) && strlist_has(&both, two));
	assert_int_equal(holders_mounts("ecs-holders", "/", NULL, one, &other, &e), 0);
	assert_false(strlist_has(&other, one));
	assert_true(strlist_has(&other, two));
	assert_int_equal(holders_mounts("ecs-holders", "/folder", NULL, NULL, &none, &e), 0);
	assert_int_equal(holders_mounts("ecs-holders", "/", "/", NULL, &none, &e), 0);
	assert_int_equal(none.count, 0);
	umount(two);
	umount(one);
}

/* The copy of a service follows what is done to either. */
static void test_mounted_twice(void **state)
{
	CLEANUP(mem_freep) char *one = temp_path(state, "one");
	CLEANUP(strlist_free) struct strlist where = {0};
	struct error e = {0};
	int ready[2];
	pid_t pid;
	char c;

	if (!temp_namespace())
		skip();
	assert_int_equal(mkdir(one, 0700), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(mount("ecs-holders", one, "tmpfs", 0, "size=64k"), 0);
		assert_int_equal(mount(NULL, one, NULL, MS_SHARED, NULL), 0);
	}
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0 ||
		    write(ready[1], "r", 1) != 1)
			_exit(1);
		pause();
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(holders_mounts("ecs-holders", "/", NULL, one, &where, &e), 0);
	assert_int_equal(where.count, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	umount(one);
	umount(one);
}

/* The device of a file is found again while it is kept, and gone with its last user. */
static void test_loop(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "image");
	CLEANUP(mem_freep) char *device = NULL;
	CLEANUP(mem_freep) char *again = NULL;
	CLEANUP(mem_freep) char *file = NULL;
	struct error e = {0};
	int fd, second;

	if (access("/dev/loop-control", W_OK) != 0)
		skip();
	temp_put(state, "image", "");
	assert_int_equal(truncate(path, 1 << 20), 0);
	fd = loop_attach(path, &device, &e);
	assert_true(fd > 0);
	second = loop_attach(path, &again, &e);
	assert_true(second > 0);
	assert_string_equal(device, again);
	file = loop_file(device);
	assert_string_equal(file, path);
	close(fd);
	close(second);
	assert_null(loop_file("/dev/sda"));
	assert_int_equal(loop_attach("/nonexistent", &again, &e), -1);
	assert_int_equal(e.code, EX_NOINPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open_file, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(test_working_folder, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(test_missing, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(test_mounts, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(test_mounted_twice, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(test_loop, temp_make, temp_remove),
	};

	return cmocka_run_group_tests_name("holders", tests, NULL, NULL);
}
