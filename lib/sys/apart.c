/* SPDX-License-Identifier: MIT */
#include "sys/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/file.h"
#include "sys/signals.h"

/* In the child: the answer is its error, as it is in memory, and the text. */
static void work(int (*fn)(void *arg, struct str *out, struct error *e), void *arg, int answer)
{
	CLEANUP(str_free) struct str out = {0};
	struct error e = {0}, ignored = {0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signals_leave();
	closelog(); /* the C library keeps its number else, which another file gets */
	if (dup2(answer, 3) < 0 || close_range(4, ~0U, 0) != 0)
		_exit(1);
	if (fn(arg, &out, &e) != 0 && e.code == 0)
		e.code = EXIT_FAILED;
	if (file_write_all(3, &e, sizeof e, &ignored) == 0)
		file_write_all(3, str_get(&out), out.len, &ignored);
	_exit(0);
}

/* All that comes until the child has ended: 0; or -1 where it does not in time. */
static int listen(int fd, long ms, struct str *answer, struct error *e)
{
	long long until = clock_ms() + ms, left;
	char buf[4096];
	ssize_t n;

	while ((left = until - clock_ms()) > 0) {
		struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = signals_fd(), .events = POLLIN}};

		if (poll(p, 2, (int)left) < 0 && errno != EINTR)
			return error_errno(e, EX_OSERR, "cannot wait");
		if (signals_pending())
			return signals_error(e);
		if (p[0].revents == 0)
			continue;
		n = read(fd, buf, sizeof buf);
		if (n == 0)
			return 0;
		if (n > 0)
			str_addn(answer, buf, (size_t)n);
	}
	return error_set(e, EXIT_FAILED, "not finished after %g s, stopped", (double)ms / 1000);
}

int apart_run(int (*fn)(void *arg, struct str *out, struct error *e), void *arg, long ms, struct str *out, struct error *e)
{
	CLEANUP(str_free) struct str answer = {0};
	struct error theirs;
	int fds[2], r;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return error_errno(e, EX_OSERR, "cannot make a pipe");
	pid = fork();
	if (pid == 0)
		work(fn, arg, fds[1]);
	close(fds[1]);
	r = pid < 0 ? error_errno(e, EX_OSERR, "cannot fork") : listen(fds[0], ms, &answer, e);
	close(fds[0]);
	if (r != 0 && pid > 0)
		kill(pid, SIGKILL);
	if (pid > 0) /* one that hangs in the kernel is not waited for */
		waitpid(pid, NULL, r == 0 ? 0 : WNOHANG);
	if (r != 0)
		return -1;
	if (answer.len < sizeof theirs)
		return error_set(e, EX_SOFTWARE, "internal error: a process gave no answer");
	memcpy(&theirs, answer.data, sizeof theirs);
	str_addn(out, answer.data + sizeof theirs, answer.len - sizeof theirs);
	if (theirs.code == 0)
		return 0;
	*e = theirs;
	return -1;
}
