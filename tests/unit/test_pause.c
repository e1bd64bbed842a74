/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "appliance/pause.h"
#include "base/str.h"
#include "sys/lock.h"
#include "tests/unit/temp.h"

/* Shared by the test and the processes that it forks. */
static struct shared {
	int paused;
	int resumed; /* times */
	int fail;    /* times that resuming fails first */
	bool idle, stubborn;
} *shared;

static int site_wanted(void *arg, bool *wanted, struct error *e)
{
	(void)arg, (void)e;
	*wanted = !shared->idle;
	return 0;
}

static int site_pause(void *arg, struct error *e)
{
	(void)arg;
	if (shared->stubborn)
		return error_set(e, EXIT_FAILED, "no");
	shared->paused = 1;
	return 0;
}

static int site_resume(void *arg, struct error *e)
{
	(void)arg;
	if (shared->fail-- > 0)
		return error_set(e, EXIT_FAILED, "not yet");
	shared->paused = 0;
	shared->resumed++;
	return 0;
}

static const struct pause_site site = {.wanted = site_wanted, .pause = site_pause, .resume = site_resume};

static int set_up(void **state)
{
	*shared = (struct shared){0};
	return temp_make(state);
}

static void test_told(void **state)
{
	struct pause g;
	struct error e = {0};
	long long ms = -1;

	(void)state;
	assert_int_equal(pause_begin(&g, &site, 30, &e), 0);
	assert_int_equal(shared->paused, 1);
	assert_int_equal(getsid(g.pid) != getsid(0), 1);
	assert_int_equal(pause_end(&g, 0, &ms, &e), 0);
	assert_int_equal(shared->paused, 0);
	assert_int_equal(shared->resumed, 1);
	assert_true(ms >= 0 && ms < 30000);
}

static void test_nothing_to_pause(void **state)
{
	struct pause g;
	struct error e = {0};
	long long ms = -1;

	(void)state;
	shared->idle = true;
	assert_int_equal(pause_begin(&g, &site, 30, &e), 0);
	assert_int_equal(g.pid, 0);
	assert_int_equal(pause_end(&g, 0, &ms, &e), 0);
	assert_int_equal(ms, 0);
	assert_int_equal(shared->resumed, 0);
}

static void test_pause_fails(void **state)
{
	struct pause g;
	struct error e = {0};

	(void)state;
	shared->stubborn = true;
	assert_int_equal(pause_begin(&g, &site, 30, &e), -1);
	assert_string_equal(e.text, "no");
	assert_int_equal(shared->resumed, 1);
}

/* A pause of one second, which is over. */
static void begin_and_outlast(struct pause *g, struct error *e)
{
	const struct timespec tick = {.tv_nsec = 10000000};

	assert_int_equal(pause_begin(g, &site, 1, e), 0);
	for (int i = 0; i < 3000 && *(volatile int *)&shared->paused; i++)
		nanosleep(&tick, NULL);
	assert_int_equal(shared->paused, 0);
}

static void test_seconds_over(void **state)
{
	struct pause g;
	struct error e = {0};
	long long ms;

	(void)state;
	begin_and_outlast(&g, &e);
	assert_int_equal(pause_end(&g, 0, &ms, &e), -1);
	assert_string_equal(e.text, "the pause took longer than 1 s, and was ended");
}

static void test_seconds_over_and_failed(void **state)
{
	struct pause g;
	struct error e = {0};
	long long ms;

	(void)state;
	begin_and_outlast(&g, &e);
	error_set(&e, EX_CANTCREAT, "no room");
	assert_int_equal(pause_end(&g, -1, &ms, &e), -1);
	assert_int_equal(e.code, EX_CANTCREAT);
	assert_string_equal(e.text, "no room: the pause took longer than 1 s, and was ended");
}

static void test_resume_is_tried_again(void **state)
{
	struct pause g;
	struct error e = {0};
	long long ms;

	(void)state;
	shared->fail = 2;
	assert_int_equal(pause_begin(&g, &site, 30, &e), 0);
	assert_int_equal(pause_end(&g, 0, &ms, &e), 0);
	assert_int_equal(shared->paused, 0);
}

/* The tool is killed inside the pause: the guard resumes, and keeps the lock until it has. */
static void test_killed(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "lock");
	struct error e = {0};
	int fds[2], status;
	char byte;
	pid_t tool;

	assert_int_equal(pipe(fds), 0);
	tool = fork();
	if (tool == 0) {
		struct pause g;

		if (lock_take(path, "tool", 0, &e) < 0 || pause_begin(&g, &site, 30, &e) != 0 ||
		    write(fds[1], "p", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(shared->paused, 1);
	kill(tool, SIGKILL);
	waitpid(tool, &status, 0);
	assert_int_equal(lock_take(path, "next", 60, &e) >= 0, 1);
	assert_int_equal(shared->paused, 0);
	assert_true(shared->resumed > 1);
	close(fds[0]);
	close(fds[1]);
}

/* The guard itself is killed: the tool resumes. */
static void test_guard_killed(void **state)
{
	struct pause g;
	struct error e = {0};
	long long ms;

	(void)state;
	assert_int_equal(pause_begin(&g, &site, 30, &e), 0);
	kill(g.pid, SIGKILL);
	assert_int_equal(pause_end(&g, 0, &ms, &e), 0);
	assert_int_equal(shared->paused, 0);
}

/* Docker 20.10 answers no inspection of a container that was frozen as its healthcheck began, and then nothing unpauses it. */
static void test_resume_inspects_nothing(void **state)
{
	CLEANUP(mem_freep) char *docker = temp_path(state, "docker"), *path = mem_format("%s:/usr/bin:/bin", (char *)*state);
	CLEANUP(mem_freep) char *asked = NULL;
	struct pause_site containers = pause_containers("");
	struct error e = {0};

	setenv("ECS_PATH", path, 1);
	temp_put(state, "paused", "aaa ecs.web\nbbb nginx\nccc ecs.worker\n");
	temp_put(state, "docker", "#!/bin/sh\ncd \"${0%/*}\"\necho \"$2 $3 $4\" >>asked\n[ $2 != ls ] || cat paused\n");
	assert_int_equal(chmod(docker, 0755), 0);
	assert_int_equal(containers.resume(containers.arg, &e), 0);
	asked = temp_get(state, "asked");
	assert_string_equal(asked, "ls --no-trunc --filter\nunpause aaa ccc\n");
	unsetenv("ECS_PATH");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_told, set_up, temp_remove),
		cmocka_unit_test_setup_teardown(test_nothing_to_pause, set_up, temp_remove),
		cmocka_unit_test_setup_teardown(test_pause_fails, set_up, temp_remove),
		cmocka_unit_test_setup_teardown(test_seconds_over, set_up, temp_remove),
		cmocka_unit_test_setup_teardown(test_seconds_over_and_failed, set_up, temp_remove),
		cmocka_unit_test_setup_teardown(test_resume_is_tried_again, set_up, temp_remove),
		cmocka_unit_test_setup_teardown(test_killed, set_up, temp_remove),
		cmocka_unit_test_setup_teardown(test_guard_killed, set_up, temp_remove),
		cmocka_unit_test_setup_teardown(test_resume_inspects_nothing, set_up, temp_remove),
	};

	signal(SIGPIPE, SIG_IGN); /* as signals_catch() has it */
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
