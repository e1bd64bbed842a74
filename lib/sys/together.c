/* SPDX-License-Identifier: MIT */
#include "sys/together.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* One program, run in a thread: run_check() waits for its child. */
struct job {
	const struct run *run;
	int code;
	pthread_t thread;
	struct error error;
	int result; /* what run_check() returned */
};

static void *work(void *arg)
{
	struct job *job = arg;
	CLEANUP(run_free) struct run_result res = {0};

	job->result = run_check(job->run, job->code, &res, &job->error);
	return NULL;
}

/* Starts a thread for each job; returns how many there are. */
static size_t start_all(struct job *jobs, const struct run *runs, size_t count, int code, struct error *e)
{
	for (size_t i = 0; i < count; i++) {
		jobs[i].run = &runs[i];
		jobs[i].code = code;
		errno = pthread_create(&jobs[i].thread, NULL, work, &jobs[i]);
		if (errno != 0) {
			error_errno(e, EX_OSERR, "cannot start a thread");
			return i;
		}
	}
	return count;
}

int run_together(const struct run *runs, size_t count, int code, struct error *e)
{
	CLEANUP(mem_freep) struct job *jobs = mem_alloc((count + 1) * sizeof *jobs);
	size_t started = start_all(jobs, runs, count, code, e);
	int r = started == count ? 0 : -1;

	for (size_t i = 0; i < started; i++) {
		pthread_join(jobs[i].thread, NULL);
		if (r == 0 && jobs[i].result != 0) {
			*e = jobs[i].error;
			r = -1;
		}
	}
	return r;
}
