/* SPDX-License-Identifier: MIT */
/* Which line of a failed program's output tells why: outputs as the programs wrote them. */
#include "tests/unit/unit.h"

#include "adapter/backup/resticcall.h"
#include "adapter/docker/reason.h"
#include "adapter/postgres.h"
#include "base/str.h"
#include "sys/run.h"

static void expect_django(const char *text, const char *wanted)
{
	CLEANUP(mem_freep) char *got = reason_of_django(text);

	if (wanted == NULL)
		assert_null(got);
	else
		assert_string_equal(got ? got : "(none)", wanted);
}

static void an_exception_and_not_its_hint(void **state)
{
	(void)state;
	expect_django("Traceback (most recent call last):\n  File \"x.py\", line 1, in f\n    g()\n"
		      "psycopg2.errors.UndefinedColumn: column \"a\" does not exist\nLINE 1: SELECT a\n               ^\n"
		      "HINT:  Perhaps you meant to reference the column \"b\".\n\n\n"
		      "The above exception was the direct cause of the following exception:\n\n"
		      "Traceback (most recent call last):\n  File \"y.py\", line 2\n"
		      "django.db.utils.ProgrammingError: column \"a\" does not exist\nLINE 1: SELECT a\n               ^\n"
		      "HINT:  Perhaps you meant to reference the column \"b\".\n\n",
		      "django.db.utils.ProgrammingError: column \"a\" does not exist");
	expect_django("SystemCheckError: System check identified some issues:\n\nERRORS:\n?: (ecs.E1) no key\n"
		      "\tHINT: set one\n\nSystem check identified 1 issue (0 silenced).\n",
		      "?: (ecs.E1) no key");
	expect_django("CommandError: App 'x' does not have migrations.\n", "CommandError: App 'x' does not have migrations.");
	expect_django("ERROR:  duplicate key\nDETAIL:  Key (id)=(1) already exists.\n\n", "ERROR:  duplicate key");
	expect_django(" \n", NULL);
	expect_django("", NULL);
}

static void the_failed_step_of_a_build(void **state)
{
	CLEANUP(strlist_free) struct strlist lines = {0};

	(void)state;
	reason_of_build("#4 CACHED\n\n#5 [web 2/2] RUN pip install nope\n#5 0.6 line 1\n#5 ERROR: executor failed running\n"
			"------\n > [web 2/2] RUN pip install nope:\n0.610 line 1\n\n0.616 ERROR: No matching distribution\n"
			"------\nfailed to solve: executor failed running [/bin/sh -c pip install nope]: exit code: 3\n",
			&lines);
	assert_int_equal(lines.count, 2);
	assert_string_equal(lines.item[0], "line 1");
	assert_string_equal(lines.item[1], "ERROR: No matching distribution");
}

static void a_build_without_buildkit(void **state)
{
	CLEANUP(strlist_free) struct strlist lines = {0};
	CLEANUP(str_free) struct str text = {0};

	(void)state;
	for (int i = 1; i <= 14; i++)
		str_addf(&text, "line %d\n", i);
	str_add(&text, "The command '/bin/sh -c x' returned a non-zero code: 3\n");
	reason_of_build(text.data, &lines);
	assert_int_equal(lines.count, 10);
	assert_string_equal(lines.item[0], "line 6");
	reason_of_build("", &lines);
	assert_int_equal(lines.count, 10);
}

static void the_error_and_not_the_command(void **state)
{
	CLEANUP(mem_freep) char *got = postgres_reason(
		"pg_restore: while PROCESSING TOC:\npg_restore: from TOC entry 3; 1259 16385 TABLE x ecs\n"
		"pg_restore: error: could not execute query: ERROR:  relation \"x\" already exists\n"
		"Command was: CREATE TABLE public.x (\n    id integer\n);\n\n\n");

	(void)state;
	assert_string_equal(got, "pg_restore: error: could not execute query: ERROR:  relation \"x\" already exists");
	assert_null(postgres_reason("nothing of the kind\n"));
}

/* With the outputs joined the order stays, and the reason goes into the message. */
static void a_run_tells_the_reason(void **state)
{
	const char *const argv[] = {"sh", "-c", "echo pg_x: error: one; echo 'Command was: two' >&2; exit 3", NULL};
	CLEANUP(run_free) struct run_result res = {0};
	struct error e = {0};

	(void)state;
	assert_int_equal(run_check(&(struct run){.argv = argv, .joined = true, .reason = postgres_reason}, 0, &res, &e), -1);
	assert_string_equal(str_get(&res.err), "pg_x: error: one\nCommand was: two\n");
	assert_int_equal(res.out.len, 0);
	assert_string_equal(e.text, "sh: exited 3: pg_x: error: one");
}

static void expect_restic(const char *text, const char *wanted)
{
	CLEANUP(mem_freep) char *got = restic_reason(text);

	assert_string_equal(got ? got : "(none)", wanted);
}

/* restic 0.14 on a full target crashes behind what it says. */
static void what_led_to_a_crash(void **state)
{
	(void)state;
	expect_restic("Save(<data/12ab>) returned error, retrying after 552ms: write /t/data/12/12ab: no space left on device\n\n"
		      "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV]\n\ngoroutine 7:\n",
		      "Save(<data/12ab>) returned error, retrying after 552ms: write /t/data/12/12ab: no space left on device; then "
		      "restic itself failed: panic: runtime error: invalid memory address or nil pointer dereference");
	expect_restic("panic: x\n\ngoroutine 1:\n", "panic: x");
	expect_restic("some\nFatal: unable to save snapshot: write /t: no space left on device\nmore\n",
		      "Fatal: unable to save snapshot: write /t: no space left on device");
	expect_restic("repo already locked\nunable to create lock in backend: repository is already locked by PID 1\nadvice\n",
		      "unable to create lock in backend: repository is already locked by PID 1");
	expect_restic("anything\n", "(none)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_led_to_a_crash),
		cmocka_unit_test(an_exception_and_not_its_hint),
		cmocka_unit_test(the_failed_step_of_a_build),
		cmocka_unit_test(a_build_without_buildkit),
		cmocka_unit_test(the_error_and_not_the_command),
		cmocka_unit_test(a_run_tells_the_reason),
	};

	return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
