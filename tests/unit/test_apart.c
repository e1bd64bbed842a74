/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/apart.h"
#include "sys/clock.h"
#include "sys/run.h"
#include "sys/signals.h"
#include "tests/unit/temp.h"

static int answer(void *arg, struct str *out, struct error *e)
{
	str_add(out, "what it says");
	return *(int *)arg ? error_set(e, EX_DATAERR, "a reason") : 0;
}

static void an_answer_comes_back(void **state)
{
	CLEANUP(str_free) struct str out = {0};
	struct error e = {0};
	int fails = 0;

	(void)state;
	assert_int_equal(apart_run(answer, &fails, 10000, &out, &e), 0);
	assert_string_equal(str_get(&out), "what it says");
	fails = 1;
	assert_int_equal(apart_run(answer, &fails, 10000, &out, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_string_equal(e.text, "a reason");
}

static int hang(void *arg, struct str *out, struct error *e)
{
	(void)arg, (void)out, (void)e;
	pause(); /* nothing that comes has a handler there */
	return 0;
}

static void what_hangs_is_left(void **state)
{
	CLEANUP(str_free) struct str out = {0};
	struct error e = {0};
	long long began = clock_ms();

	(void)state;
	assert_int_equal(apart_run(hang, NULL, 300, &out, &e), -1);
	assert_string_equal(e.text, "not finished after 0.3 s, stopped");
	assert_in_range(clock_ms() - began, 300, 5000);
}

/* Descriptors of the one that forks are closed: the lock of the appliance is one. It runs programs all the same. */
static int use(void *arg, struct str *out, struct error *e)
{
	CLEANUP(run_free) struct run_result res = {0};

	if (fcntl(*(int *)arg, F_GETFD) != -1 || errno != EBADF)
		return error_set(e, EX_SOFTWARE, "it has our descriptor");
	if (run_check(&(struct run){.argv = (const char *[]){"echo", "yes", NULL}}, 0, &res, e) != 0)
		return -1;
	str_add(out, str_get(&res.out));
	return 0;
}

static void it_keeps_no_lock(void **state)
{
	CLEANUP(str_free) struct str out = {0};
	struct error e = {0};
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), high = fcntl(fd, F_DUPFD_CLOEXEC, 50);

	(void)state;
	if (apart_run(use, &high, 10000, &out, &e) != 0)
		fail_msg("%s", e.text);
	assert_string_equal(str_get(&out), "yes\n");
	close(fd);
	close(high);
}

/* The last: what came stays so. */
static void a_signal_ends_it(void **state)
{
	CLEANUP(str_free) struct str out = {0};
	struct error e = {0};
	long long began = clock_ms();
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		usleep(200000);
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	assert_int_equal(apart_run(hang, NULL, 60000, &out, &e), -1);
	assert_int_equal(e.code, EXIT_SIGNAL + SIGTERM);
	assert_true(clock_ms() - began < 30000);
}

static int speak(void *arg, struct str *out, struct error *e)
{
	struct stat st;
	int fd[16];

	(void)arg, (void)out;
	for (size_t i = 0; i < 16; i++)
		fd[i] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	syslog(LOG_INFO, "from afar");
	for (size_t i = 0; i < 16; i++)
		if (fstat(fd[i], &st) != 0 || !S_ISDIR(st.st_mode))
			return error_set(e, EX_SOFTWARE, "syslog took a descriptor");
	return 0;
}

/* The C library remembers the descriptor of syslog, which is closed there, and another one bears its number. */
static void it_may_write_to_syslog(void **state)
{
	CLEANUP(str_free) struct str out = {0};
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct error e = {0};

	(void)state;
	assert_true(temp_namespace());
	assert_int_equal(mount("none", "/dev", "tmpfs", 0, NULL), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	syslog(LOG_INFO, "from here");
	if (apart_run(speak, NULL, 10000, &out, &e) != 0)
		fail_msg("%s", e.text);
	closelog();
	close(fd);
	assert_int_equal(umount("/dev"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_back),
		cmocka_unit_test(what_hangs_is_left),
		cmocka_unit_test(it_keeps_no_lock),
		cmocka_unit_test(it_may_write_to_syslog),
		cmocka_unit_test(a_signal_ends_it),
	};

	signals_catch();
	return cmocka_run_group_tests_name("apart", tests, NULL, NULL);
}
