/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "adapter/cron.h"
#include "tests/unit/temp.h"

static void test_entry(void **state)
{
	const char *root = *state;
	struct error e = {0};

	setenv("TZ", "UTC", 1);
	assert_int_equal(cron_due(root, "A-b_1"), 0);
	/* 2026-01-02T03:04:05Z: the first whole minute after it */
	assert_int_equal(cron_put(root, "A-b_1", "ecs-snapshot", 1767323045, &e), 0);
	CLEANUP(mem_freep) char *text = temp_get(state, "etc/cron.d/ecs-expire-A-b_1");
	CLEANUP(mem_freep) char *line = mem_format(
		"\n5 3 * * * root [ \"$(date +\\%%s)\" -lt 1767323045 ] || %s/app/current/sbin/ecs-snapshot "
		"--root %s --wait=3600 expire -- A-b_1\n", root, root);

	assert_non_null(strstr(text, line));
	assert_int_equal(cron_due(root, "A-b_1"), 1767323045);
	assert_int_equal(cron_remove(root, "A-b_1", &e), 0);
	assert_int_equal(cron_remove(root, "A-b_1", &e), 0);
	assert_int_equal(cron_due(root, "A-b_1"), 0);
}

static void test_not_ours(void **state)
{
	const char *root = *state;
	struct error e = {0};

	assert_int_equal(cron_put(root, "A", "ecs-snapshot", 60, &e), 0);
	temp_put(state, "etc/cron.d/ecs-expire-A", "1 2 * * * root true\n# due later\n");
	assert_int_equal(cron_due(root, "A"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_entry, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(test_not_ours, temp_make, temp_remove),
	};

	return cmocka_run_group_tests_name("cron", tests, NULL, NULL);
}
