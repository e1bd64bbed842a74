/* SPDX-License-Identifier: MIT */
/* How a program is to be run, and how it ended: for sys/run.h, which has the rules, and sys/child.h, which starts it. */
#ifndef SYS_PROGRAM_H
#define SYS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct run {
	const char *const *argv; /* argv[0] is looked up in PATH; ends with NULL */
	const char *const *env;  /* more NAME=value, or NULL; a later one wins */
	const char *dir;         /* working folder, or NULL for this one */
	const char *input;       /* bytes for stdin; NULL and no stdin_fd: /dev/null */
	size_t input_len;
	int stdin_fd;            /* >0: given to the child as stdin; stays the caller's */
	int stdout_fd;           /* >0: given to the child as stdout, nothing is collected */
	int keep_fd;             /* >0: stays open in the child under the same number */
	long timeout_ms;         /* 0: no deadline */
	long idle_ms;            /* it is told to end after doing nothing for this time (sys/idle.h); 0: never */
	long grace_ms;           /* between SIGTERM and SIGKILL; 0: ten seconds */
	bool outlives;           /* not killed with this process: lvm, which could leave a device suspended;
				    with keep_fd lock_held() the next command waits for its end */
	bool foreground;         /* stdin, stdout, stderr and the terminal are ours: nothing collected */
	bool joined;             /* stdout goes where stderr goes, in order: res.err holds both */
	char *(*reason)(const char *err); /* the line of ERR that tells why it failed, which the caller frees, or NULL;
				    NULL: the last one */
	void (*line)(void *arg, const char *line); /* each line of stderr as it comes, or NULL */
	void *arg;
	void (*started)(void *arg, int pid); /* called with started_arg and its pid once it runs, or NULL */
	void *started_arg;
	long tick_ms;              /* TICK is called at this interval while it runs; 0: never */
	bool (*tick)(void *arg);   /* with tick_arg; false: the program is told to end, as at its deadline */
	void *tick_arg;
};

enum run_how { RUN_EXITED, RUN_SIGNALLED, RUN_TIMED_OUT, RUN_INTERRUPTED, RUN_STOPPED /* by tick() */, RUN_IDLE };

struct run_result {
	enum run_how how;
	int code; /* exit status, or the signal's number (RUN_INTERRUPTED: the one this process got) */
	struct str out, err; /* collected, at most 64 MiB of each */
	long ms; /* wall time */
};

#endif
