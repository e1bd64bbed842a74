/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/signals.h"
#include "tests/unit/temp.h"

/* Another process that takes the lock, says so, and holds it until it is killed or told to end. */
struct other {
	pid_t pid;
	int tell; /* a byte: it lets go and ends */
};

static struct other hold(const char *path)
{
	int ready[2], tell[2];
	struct other o;
	char c;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	o.pid = fork();
	if (o.pid == 0) {
		struct error e = {0};

		close(tell[1]);
		setenv("ECS_CLOCK", "1767323045", 1);
		if (lock_take(path, "ecs-other", 0, &e) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		_exit(read(tell[0], &c, 1) == 1 ? 0 : 2);
	}
	close(ready[1]);
	close(tell[0]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	o.tell = tell[1];
	return o;
}

static void let_go(struct other *o)
{
	assert_int_equal(write(o->tell, "x", 1), 1);
	close(o->tell);
	assert_int_equal(temp_wait(o->pid, 60), 0);
}

/* The kernel lists those who wait for a lock: waits until PID does. */
static bool waits_for_lock(pid_t pid)
{
	CLEANUP(mem_freep) char *waiter = mem_format(" %ld ", (long)pid);
	long long until = clock_ms() + 60000;

	while (clock_ms() < until) {
		CLEANUP(str_free) struct str text = {0};
		CLEANUP(strlist_free) struct strlist lines = {0};
		struct error e = {0};

		assert_int_equal(file_read("/proc/locks", 1 << 20, &text, &e), 0);
		strlist_lines(&lines, str_get(&text));
		for (size_t i = 0; i < lines.count; i++)
			if (strstr(lines.item[i], "->") && strstr(lines.item[i], waiter))
				return true;
	}
	return false;
}

static void taken_and_signed(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "run/ecs/lock");
	CLEANUP(mem_freep) char *want = mem_format("ecs-test %ld 42\n", (long)getpid());
	CLEANUP(mem_freep) char *text = NULL;
	struct error e = {0};
	int fd;

	setenv("ECS_CLOCK", "42", 1);
	fd = lock_take(path, "ecs-test", 0, &e);
	unsetenv("ECS_CLOCK");
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	text = temp_get(state, "run/ecs/lock");
	assert_string_equal(text, want);
	close(fd);
	fd = lock_take(path, "ecs-test", 0, &e); /* what the last holder wrote is in nobody's way */
	assert_true(fd >= 0);
	close(fd);
}

static void the_holder_is_named(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "lock");
	CLEANUP(mem_freep) char *want = NULL;
	struct other o = hold(path);
	struct error e = {0};

	assert_int_equal(lock_take(path, "ecs-test", 0, &e), -1);
	assert_int_equal(e.code, EX_TEMPFAIL);
	want = mem_format("'%s' is locked by 'ecs-other' (pid %ld, since 2026-01-02T03:04:05Z): "
			  "try later, or use --wait", path, (long)o.pid);
	assert_string_equal(e.text, want);
	let_go(&o);
}

/* In the moment before the holder has signed, the file names one who is gone, or nobody. */
static void one_who_is_gone_is_not_named(void **state)
{
	static const char *const texts[] = {"ecs-gone 999999999 42\n", "", "nonsense"};
	CLEANUP(mem_freep) char *path = temp_path(state, "lock");
	struct other o = hold(path);

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
		struct error e = {0};

		assert_int_equal(write(fd, texts[i], strlen(texts[i])), strlen(texts[i]));
		close(fd);
		assert_int_equal(lock_take(path, "ecs-test", 0, &e), -1);
		assert_int_equal(e.code, EX_TEMPFAIL);
		assert_non_null(strstr(e.text, "is locked by another command: try later"));
	}
	let_go(&o);
}

static void a_wait_has_a_deadline(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "lock");
	struct other o = hold(path);
	struct error e = {0};
	long long began = clock_ms();

	assert_int_equal(lock_take(path, "ecs-test", 1, &e), -1);
	assert_in_range(clock_ms() - began, 1000, 60000);
	assert_int_equal(e.code, EX_TEMPFAIL);
	assert_non_null(strstr(e.text, "'ecs-other'"));
	let_go(&o);
}

/* A child that waits for the lock, WAIT as in lock_take(): status 0 when it got it, else the error's code. */
static pid_t waiter(const char *path, long wait)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct error e = {0};

		signals_catch();
		_exit(lock_take(path, "ecs-waiter", wait, &e) >= 0 ? 0 : e.code);
	}
	assert_true(waits_for_lock(pid));
	return pid;
}

static void a_wait_ends_when_the_lock_is_free(void **state)
{
	static const long waits[] = {-1, 60};
	CLEANUP(mem_freep) char *path = temp_path(state, "lock");

	for (size_t i = 0; i < 2; i++) {
		struct other o = hold(path);
		pid_t pid = waiter(path, waits[i]);
		CLEANUP(mem_freep) char *text = NULL;

		let_go(&o);
		assert_int_equal(temp_wait(pid, 60), 0);
		text = temp_get(state, "lock");
		assert_memory_equal(text, "ecs-waiter ", 11);
	}
}

static void a_signal_ends_a_wait(void **state)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	CLEANUP(mem_freep) char *path = temp_path(state, "lock");
	struct other o = hold(path);

	for (size_t i = 0; i < 3; i++) {
		pid_t pid = waiter(path, -1);

		kill(pid, numbers[i]);
		assert_int_equal(temp_wait(pid, 60), 128 + numbers[i]);
	}
	let_go(&o);
}

static void a_kill_releases_it(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "lock");
	struct other o = hold(path);
	struct error e = {0};
	int fd;

	kill(o.pid, SIGKILL);
	assert_int_equal(temp_wait(o.pid, 60), 128 + SIGKILL);
	fd = lock_take(path, "ecs-test", 0, &e);
	assert_true(fd >= 0);
	close(fd);
	close(o.tell);
}

static int try_without_privilege(const char *path)
{
	struct error e = {0};

	temp_obey_permissions();
	return lock_take(path, "ecs-test", 0, &e) == -1 ? e.code : 0;
}

static void what_cannot_be_opened(void **state)
{
	CLEANUP(mem_freep) char *below_file = temp_path(state, "f/lock");
	CLEANUP(mem_freep) char *folder = temp_path(state, "d");
	CLEANUP(mem_freep) char *denied = temp_path(state, "d/lock");
	struct error e = {0};
	pid_t pid;

	temp_put(state, "f", "");
	assert_int_equal(lock_take(below_file, "ecs-test", 0, &e), -1);
	assert_int_equal(e.code, EX_CANTCREAT);
	assert_int_equal(file_mkdirs(folder, 0555, &e), 0);
	assert_int_equal(lock_take(folder, "ecs-test", 0, &e), -1); /* a folder is in its place */
	assert_int_equal(e.code, EX_CANTCREAT);
	pid = fork();
	if (pid == 0)
		_exit(try_without_privilege(denied));
	assert_int_equal(temp_wait(pid, 60), EX_NOPERM);
}

/* A lock that cannot be signed is not held. */
static void a_full_disk(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "tiny/lock");
	CLEANUP(mem_freep) char *filler = temp_path(state, "tiny/filler");
	struct error e = {0};
	int fd;

	temp_tiny(state, "tiny", "64k");
	temp_fill(state, "tiny/filler");
	assert_int_equal(lock_take(path, "ecs-test", 0, &e), -1);
	assert_int_equal(e.code, EX_IOERR);
	assert_int_equal(file_remove(filler, &e), 0);
	fd = lock_take(path, "ecs-test", 0, &e);
	assert_true(fd >= 0);
	close(fd);
}

#define IN_TEMP(test) cmocka_unit_test_setup_teardown(test, temp_make, temp_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TEMP(taken_and_signed),
		IN_TEMP(the_holder_is_named),
		IN_TEMP(one_who_is_gone_is_not_named),
		IN_TEMP(a_wait_has_a_deadline),
		IN_TEMP(a_wait_ends_when_the_lock_is_free),
		IN_TEMP(a_signal_ends_a_wait),
		IN_TEMP(a_kill_releases_it),
		IN_TEMP(what_cannot_be_opened),
		IN_TEMP(a_full_disk),
	};

	if (!temp_namespace()) {
		puts("Bail out! no mount namespace");
		return 1;
	}
	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
