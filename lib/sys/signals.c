/* SPDX-License-Identifier: MIT */
#include "sys/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { COUNT = 4 };
static const int numbers[COUNT] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
static struct sigaction before[COUNT]; /* as they were at start */

static volatile sig_atomic_t came;
static volatile sig_atomic_t held;
static int pipe_fds[2] = {-1, -1};

static void remember(int number)
{
	int was = errno;

	if (came == 0)
		came = number;
	if (!held && write(pipe_fds[1], "", 1) < 0)
		errno = was; /* it is full, which wakes a poll(2) as well */
	errno = was;
}

void signals_catch(void)
{
	struct sigaction now = {.sa_handler = remember}, ignore = {.sa_handler = SIG_IGN};

	if (pipe_fds[0] >= 0 || pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) != 0)
		return;
	for (size_t i = 0; i < COUNT; i++) {
		if (sigaction(numbers[i], NULL, &before[i]) == 0 && before[i].sa_handler != SIG_IGN)
			sigaction(numbers[i], numbers[i] == SIGPIPE ? &ignore : &now, NULL);
	}
}

void signals_restore(void)
{
	for (size_t i = 0; pipe_fds[0] >= 0 && i < COUNT; i++)
		sigaction(numbers[i], &before[i], NULL);
}

void signals_leave(void)
{
	signals_restore();
	for (size_t i = 0; i < 2; i++) {
		if (pipe_fds[i] >= 0)
			close(pipe_fds[i]);
		pipe_fds[i] = -1;
	}
}

int signals_pending(void)
{
	return held ? 0 : came;
}

void signals_hold(bool hold)
{
	char drain[64];

	held = hold;
	if (hold) /* an undo's own programs must not be woken by the signal that caused it */
		while (pipe_fds[0] >= 0 && read(pipe_fds[0], drain, sizeof drain) > 0)
			;
}

int signals_fd(void)
{
	return pipe_fds[0];
}

int signals_pause(long ms, struct error *e)
{
	struct pollfd p = {.fd = pipe_fds[0], .events = POLLIN};

	poll(&p, 1, (int)ms);
	return signals_pending() ? signals_error(e) : 0;
}

int signals_error(struct error *e)
{
	int number = came;

	return error_set(e, EXIT_SIGNAL + number, "ended by signal %d (%s)", number,
			 strsignal(number));
}
