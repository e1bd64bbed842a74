/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "sys/signals.h"
#include "tests/unit/temp.h"

/* Signals are remembered for the life of a process: each test is a child, which ends with a line's number. */
#define CHECK(what)                     \
	do {                            \
		if (!(what))            \
			_exit(__LINE__ - FIRST); \
	} while (0)
enum { FIRST = __LINE__ };

static void in_child(void (*test)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		test();
		_exit(0);
	}
	status = temp_wait(pid, 60);
	if (status)
		fail_msg("failed at line %d, or signal %d", FIRST + status, status - 128);
}

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void remembers(void)
{
	struct error e = {0};

	CHECK(signals_fd() == -1);
	signals_catch();
	signals_catch(); /* once is enough */
	CHECK(signals_pending() == 0 && !readable(signals_fd()));
	raise(SIGTERM);
	raise(SIGINT);
	CHECK(signals_pending() == SIGTERM); /* the first one */
	CHECK(readable(signals_fd()));
	CHECK(fcntl(signals_fd(), F_GETFD) == FD_CLOEXEC);
	CHECK(signals_error(&e) == -1 && e.code == 128 + SIGTERM);
	CHECK(strcmp(e.text, "ended by signal 15 (Terminated)") == 0);
}

static void pauses(void)
{
	struct error e = {0};

	signals_catch();
	CHECK(signals_pause(1, &e) == 0);
	raise(SIGTERM);
	alarm(60);
	CHECK(signals_pause(1 << 30, &e) == -1 && e.code == 128 + SIGTERM);
}

static void each_is_caught(void)
{
	signals_catch();
	raise(SIGPIPE); /* ignored: a write tells of it */
	CHECK(signals_pending() == 0);
	raise(SIGHUP);
	CHECK(signals_pending() == SIGHUP);
}

static void holds(void)
{
	signals_catch();
	raise(SIGINT);
	signals_hold(true);
	CHECK(signals_pending() == 0 && !readable(signals_fd()));
	raise(SIGTERM);
	CHECK(signals_pending() == 0 && !readable(signals_fd()));
	signals_hold(false);
	CHECK(signals_pending() == SIGINT);
}

static void comes_while_held(void)
{
	signals_catch();
	signals_hold(true);
	raise(SIGTERM);
	CHECK(signals_pending() == 0);
	signals_hold(false);
	CHECK(signals_pending() == SIGTERM);
}

static void ignored_stays_ignored(void)
{
	signal(SIGHUP, SIG_IGN); /* nohup(1) */
	signals_catch();
	raise(SIGHUP);
	CHECK(signals_pending() == 0);
}

static void restores(void)
{
	struct sigaction now;

	signals_restore(); /* of nothing */
	signal(SIGHUP, SIG_IGN);
	signals_catch();
	signals_restore();
	CHECK(sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN);
	CHECK(sigaction(SIGTERM, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
	CHECK(sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
}

/* Many of them neither block the handler (the pipe is full) nor change errno for the code they hit. */
static void floods(void)
{
	signals_catch();
	for (int i = 0; i < 70000; i++)
		raise(SIGTERM);
	CHECK(signals_pending() == SIGTERM);
}

#define IN_CHILD(name)                           \
	static void test_##name(void **state)    \
	{                                        \
		(void)state;                     \
		in_child(name);                  \
	}
IN_CHILD(remembers)
IN_CHILD(pauses)
IN_CHILD(each_is_caught)
IN_CHILD(holds)
IN_CHILD(comes_while_held)
IN_CHILD(ignored_stays_ignored)
IN_CHILD(restores)
IN_CHILD(floods)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remembers),
		cmocka_unit_test(test_pauses),
		cmocka_unit_test(test_each_is_caught),
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_comes_while_held),
		cmocka_unit_test(test_ignored_stays_ignored),
		cmocka_unit_test(test_restores),
		cmocka_unit_test(test_floods),
	};

	return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
