/* SPDX-License-Identifier: MIT */
/* sys/idle.h: what a process does, and what is nothing. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sys/idle.h"

struct worker {
	pid_t pid;
	int orders, answers;
};

static void burn(void)
{
	clock_t end = clock() + CLOCKS_PER_SEC / 5;

	while (clock() < end)
		continue;
}

/* Does one thing for each letter, and says so: b many bytes, l few bytes, p processor time, f a child. */
static void work(int orders, int answers)
{
	static char bytes[64 << 10];
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	char order;

	while (read(orders, &order, 1) == 1) {
		if (order == 'b' && write(null, bytes, sizeof bytes) < 0)
			_exit(1);
		if (order == 'p')
			burn();
		if (order == 'f' && fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			setsid();
			pause();
		}
		if (write(answers, &order, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static void start(struct worker *w)
{
	int orders[2], answers[2];

	assert_int_equal(pipe2(orders, O_CLOEXEC), 0);
	assert_int_equal(pipe2(answers, O_CLOEXEC), 0);
	w->pid = fork();
	if (w->pid == 0) {
		close(orders[1]);
		work(orders[0], answers[1]);
	}
	close(orders[0]);
	close(answers[1]);
	w->orders = orders[1];
	w->answers = answers[0];
}

static void order(const struct worker *w, char what)
{
	assert_int_equal(write(w->orders, &what, 1), 1);
	assert_int_equal(read(w->answers, &what, 1), 1);
}

/* A while later, which the clock of milliseconds sees. */
static long long later(struct idle *i, const struct worker *w)
{
	nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	return idle_look(i, w->pid);
}

static void work_is_seen(void **state)
{
	struct worker w;
	struct idle i = {0};

	(void)state;
	start(&w);
	order(&w, 'l');
	assert_int_equal(idle_look(&i, w.pid), 0);
	assert_in_range(later(&i, &w), 20, 10000);
	order(&w, 'l');
	assert_in_range(later(&i, &w), 40, 10000); /* a few bytes are nothing, and the time adds up */
	order(&w, 'b');
	assert_int_equal(later(&i, &w), 0);
	assert_in_range(later(&i, &w), 20, 10000);
	order(&w, 'p');
	assert_int_equal(later(&i, &w), 0);
	assert_in_range(later(&i, &w), 20, 10000);
	order(&w, 'f');
	assert_int_equal(later(&i, &w), 0);
	assert_in_range(later(&i, &w), 20, 10000);
	kill(w.pid, SIGKILL);
	waitpid(w.pid, NULL, 0);
	assert_int_equal(later(&i, &w), 0); /* one that goes is work, too */
	close(w.orders);
	close(w.answers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
