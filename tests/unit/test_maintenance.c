/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "appliance/maintenance.h"
#include "base/names.h"
#include "base/str.h"
#include "sys/file.h"
#include "tests/unit/temp.h"

static bool fix(const char *path)
{
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	int flags = FS_IMMUTABLE_FL;

	return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

/* Its end lies behind the point of no return: it must not be kept up by anybody. */
static void a_page_that_is_fixed_ends(void **state)
{
	CLEANUP(mem_freep) char *root = temp_path(state, "root"), *flag = temp_path(state, "root" NAME_MAINTENANCE);
	struct error e = {0};

	assert_int_equal(maintenance_show(root, &e), 0);
	assert_true(maintenance_is_shown(root));
	if (!fix(flag))
		puts("# no chattr +i here");
	assert_int_equal(maintenance_show(root, &e), 0); /* a second time */
	if (maintenance_end(root, &e) != 0)
		fail_msg("%s", e.text);
	assert_false(maintenance_is_shown(root));
	assert_int_equal(maintenance_end(root, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_page_that_is_fixed_ends, temp_make, temp_remove),
	};

	return cmocka_run_group_tests_name("maintenance", tests, NULL, NULL);
}
