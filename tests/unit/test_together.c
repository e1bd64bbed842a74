/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/run.h"

/* Each of the two writes to a pipe that the other reads: one after the other, neither would end. */
static void both_run_at_once(void **state)
{
	char dir[] = "/tmp/test_together.XXXXXX";
	struct error e = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	CLEANUP(mem_freep) char *a = mem_format("%s/a", dir), *b = mem_format("%s/b", dir);
	const struct run fifo = {.argv = (const char *[]){"mkfifo", a, b, NULL}};
	const char *const one[] = {"sh", "-c", "echo x >\"$1\"; read -r y <\"$2\"", "sh", a, b, NULL};
	const char *const two[] = {"sh", "-c", "read -r x <\"$1\"; echo y >\"$2\"", "sh", a, b, NULL};
	const struct run both[] = {{.argv = one, .timeout_ms = 30000}, {.argv = two, .timeout_ms = 30000}};

	assert_int_equal(run_together(&fifo, 1, 0, &e), 0);
	if (run_together(both, 2, 0, &e) != 0)
		fail_msg("%s", e.text);
	file_remove_tree(dir, &e);
}

static void the_first_failure_is_told_when_all_have_ended(void **state)
{
	const char *const good[] = {"true", NULL}, *const bad[] = {"sh", "-c", "echo no >&2; exit 3", NULL};
	const char *const worse[] = {"no-such-program", NULL};
	const struct run runs[] = {{.argv = good}, {.argv = bad}, {.argv = worse}, {.argv = good}};
	struct error e = {0};

	(void)state;
	assert_int_equal(run_together(runs, 4, 0, &e), -1);
	assert_non_null(strstr(e.text, "exited 3: no"));
	assert_int_equal(run_together(runs, 0, 0, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_run_at_once),
		cmocka_unit_test(the_first_failure_is_told_when_all_have_ended),
	};

	return cmocka_run_group_tests_name("together", tests, NULL, NULL);
}
