/* SPDX-License-Identifier: MIT */
/* What a person sees of records, and what a pipe gets; the terminal is a real one. */
#include "tests/unit/unit.h"

#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/tool/duration.h"
#include "cmd/tool/human.h"
#include "cmd/tool/table.h"

static const struct table tables[] = {
	{.record = "state", .plain = true, .column = {{"state", TABLE_TEXT}, {"", TABLE_STATE}}},
	{.record = "since", .plain = true, .column = {{"since", TABLE_TEXT}, {"", TABLE_COMMIT}, {"", TABLE_MOMENT}}},
	{.record = "thing",
	 .column = {{"THING", TABLE_TEXT}, {"SIZE", TABLE_BYTES}, {"USED", TABLE_PERCENT}, {"ENDS", TABLE_SPAN}, {"STATE", TABLE_STATE}}},
	{.record = NULL},
};

#define RECORDS                                                                                                \
	"state\trunning\nsince\t0123456789abcdef0123456789abcdef01234567\t2026-01-02T03:04:05Z\n"              \
	"thing\tää\t3435973837\t7\t2026-01-04T07:04:05Z\tlost\nthing\tlonger\t-\t-\t-\twhole\nother\tx\n"

/* What RECORDS look like on a terminal; the caller frees it. */
static char *shown(const char *records, const char *term, const char *no_color)
{
	struct str text = {.data = (char *)(uintptr_t)records, .len = strlen(records)};
	CLEANUP(str_free) struct str seen = {0};
	int terminal;
	pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
	char buf[4096];
	ssize_t n;

	if (pid == 0) {
		setenv("ECS_CLOCK", "1767323105", 1); /* a minute later */
		setenv("TERM", term, 1);
		if (no_color)
			setenv("NO_COLOR", no_color, 1);
		else
			unsetenv("NO_COLOR");
		table_print(tables, &text);
		fflush(stdout);
		_exit(0);
	}
	assert_true(pid > 0);
	while ((n = read(terminal, buf, sizeof buf)) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != '\r')
				str_addc(&seen, buf[i]);
	close(terminal);
	waitpid(pid, NULL, 0);
	return mem_dup(str_get(&seen));
}

static void a_terminal_gets_tables(void **state)
{
	CLEANUP(mem_freep) char *plain = shown(RECORDS, "dumb", NULL);
	CLEANUP(mem_freep) char *no = shown(RECORDS, "xterm", "1");
	CLEANUP(mem_freep) char *colour = shown(RECORDS, "xterm", "");

	(void)state;
	assert_string_equal(plain, "state       running\n"
				   "since       0123456789ab  2026-01-02T03:04:05Z (1m0s ago)\n"
				   "\n"
				   "THING      SIZE  USED  ENDS     STATE\n"
				   "ää      3.2 GiB   7 %  in 2d3h  lost\n"
				   "longer        -     -  -        whole\n");
	assert_string_equal(no, plain);
	assert_non_null(strstr(colour, "\033[31mlost\033[0m\n"));
	assert_non_null(strstr(colour, "\033[32mrunning\033[0m\n"));
	assert_null(strstr(colour, "\033[31mwhole"));
}

/* Names come from the engine, from git and from the environment. */
static void a_terminal_gets_no_control_characters(void **state)
{
	CLEANUP(mem_freep) char *seen = shown("thing\ta\033[2Jb\007\177\302\233c\t1\t2\t-\t\033]0;x\n", "xterm", NULL);

	(void)state;
	assert_null(strchr(seen, '\033'));
	assert_null(strstr(seen, "\302\233"));
	assert_non_null(strstr(seen, "ab???c"));
}

static void a_pipe_gets_the_records(void **state)
{
	struct str text = {.data = (char *)(uintptr_t)RECORDS, .len = strlen(RECORDS)};
	char buf[1024] = "";
	int out = dup(1), pair[2];

	(void)state;
	assert_int_equal(pipe(pair), 0);
	fflush(stdout);
	dup2(pair[1], 1);
	table_print(tables, &text);
	fflush(stdout);
	dup2(out, 1);
	close(out);
	close(pair[1]);
	assert_int_equal(read(pair[0], buf, sizeof buf - 1), strlen(RECORDS));
	assert_string_equal(buf, RECORDS);
	close(pair[0]);
}

static void figures_for_people(void **state)
{
	char buf[HUMAN_MAX];

	(void)state;
	assert_string_equal(human_size(0, buf), "0 B");
	assert_string_equal(human_size(1023, buf), "1023 B");
	assert_string_equal(human_size(1024, buf), "1.0 KiB");
	assert_string_equal(human_size((1LL << 30) - 1, buf), "1.0 GiB"); /* never "1024.0 MiB" */
	assert_string_equal(human_size(1LL << 62, buf), "4.0 EiB");
	assert_string_equal(human_span(0, buf), "0s");
	assert_string_equal(human_span(86400, buf), "1d0h");
	assert_string_equal(human_span(200, buf), "3m20s");
	assert_string_equal(human_moment(100, 100, buf), "0s ago");
	assert_string_equal(human_moment(100 + 187200, 100, buf), "in 2d4h");
}

static void times_as_they_are_given(void **state)
{
	static const struct {
		const char *text;
		long long seconds; /* -1: it is none */
	} all[] = {
		{"90", 90},    {"90s", 90}, {"30m", 1800}, {"12h", 43200}, {"7d", 604800}, {"0", 0},       {"", -1},  {"d", -1},
		{"7 d", -1},   {"-1", -1},  {"1.5h", -1},  {"7D", -1},     {"1w", -1},     {"999999999d", -1}, {"+1", -1},
		{"36500d", 3153600000}, {"36501d", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		long long seconds = -1;

		if (duration_read(all[i].text, DURATION_MAX, &seconds) != (all[i].seconds >= 0) || seconds != all[i].seconds)
			fail_msg("'%s' is %lld", all[i].text, seconds);
	}
}

static void a_time_that_does_not_fit_is_misuse(void **state)
{
	struct error e = {0};
	long long seconds;

	(void)state;
	assert_int_equal(duration_read_option("--limit", "0", 1000000, &seconds, &e), -1);
	assert_string_equal(e.text, "'--limit 0' is not a valid time: 90 (seconds), 30m, 12h or 7d");
	assert_int_equal(duration_read_option("--limit", "12d", 1000000, &seconds, &e), -1);
	assert_string_equal(e.text, "'--limit 12d' is too long: at most 11 days");
}

static void a_moment(void **state)
{
	static const struct {
		const char *text;
		long long at; /* -1: it is none */
	} all[] = {
		{"2026-01-02", 1767398399}, {"2026-01-02Z", 1767398399}, {"2026-01-02T03:04", 1767323099},
		{"2026-01-02T03:04:05Z", 1767323045}, {"3d", 1800000000 - 3 * 86400}, {"12h", 1800000000 - 12 * 3600},
		{"90", -1}, {"20260102", -1}, {"2026", -1}, {"yesterday", -1}, {"", -1}, {"d", -1}, {"2026-01-02x", -1},
	};

	(void)state;
	setenv("ECS_CLOCK", "1800000000", 1);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		time_t at = -1;

		if (duration_read_moment(all[i].text, &at) != (all[i].at >= 0) || at != all[i].at)
			fail_msg("'%s': %lld", all[i].text, (long long)at);
	}
	unsetenv("ECS_CLOCK");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_moment),
		cmocka_unit_test(a_terminal_gets_tables),
		cmocka_unit_test(a_terminal_gets_no_control_characters),
		cmocka_unit_test(a_pipe_gets_the_records),
		cmocka_unit_test(figures_for_people),
		cmocka_unit_test(times_as_they_are_given),
		cmocka_unit_test(a_time_that_does_not_fit_is_misuse),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
