/* SPDX-License-Identifier: MIT */
#include "sys/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "sys/file.h"

/* One side, run in a thread: run_command() waits for its child. */
struct side {
	struct run run;
	int fd; /* its end of the pipe */
	struct run_result result;
	struct error error;
	int started; /* what run_command() returned */
};

static void *work(void *arg)
{
	struct side *s = arg;

	s->started = run_command(&s->run, &s->result, &s->error);
	/* the other side sees the end of the data, or that nobody reads any more */
	file_closep(&s->fd);
	return NULL;
}

static int failed(const struct side *s)
{
	return s->started != 0 || s->result.how != RUN_EXITED || s->result.code != 0;
}

static int report(const struct side *s, int code, struct error *e)
{
	if (s->started == 0)
		return run_error(&s->run, &s->result, code, e);
	*e = s->error;
	return -1;
}

/* A writer that nobody listened to any more. */
static int cut_off(const struct side *s)
{
	return s->started == 0 && s->result.how == RUN_SIGNALLED && s->result.code == SIGPIPE;
}

int pipe_run(const struct run *from, const struct run *to, int code, struct error *e)
{
	struct side writer = {.run = *from}, reader = {.run = *to};
	pthread_t thread;
	int fds[2], r = 0;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return error_errno(e, EX_OSERR, "cannot make a pipe");
	writer.run.stdout_fd = writer.fd = fds[1];
	reader.run.stdin_fd = reader.fd = fds[0];
	errno = pthread_create(&thread, NULL, work, &writer);
	if (errno != 0) {
		file_closep(&writer.fd);
		file_closep(&reader.fd);
		return error_errno(e, EX_OSERR, "cannot start a thread");
	}
	work(&reader);
	pthread_join(thread, NULL);
	if (failed(&writer) && !cut_off(&writer))
		r = report(&writer, code, e);
	else if (failed(&reader))
		r = report(&reader, code, e);
	run_free(&writer.result);
	run_free(&reader.result);
	return r;
}
