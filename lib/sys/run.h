/* SPDX-License-Identifier: MIT */
/*
 * The one way to run a program: an argument array, never a shell; both outputs drained; a deadline;
 * and a result that tells exited from signalled from timed out.
 *
 * The child gets an environment made afresh: PATH (NAME_PATH, or $ECS_PATH), HOME, LC_ALL=C.UTF-8,
 * TERM, and $DOCKER_HOST where it is set, then what the caller names; its umask is 022, but for a foreground
 * one. Unless it is said to outlive this process, it dies with it, and so does all of its process group: a killed tool leaves no program at work
 * behind the next one's back (of a foreground one only itself dies). No descriptor but 0, 1, 2 and
 * KEEP_FD reaches it. When this process is told to end (sys/signals.h), or the deadline has passed, the
 * group gets SIGTERM, and SIGKILL after the grace. What the child leaves behind in the background when it
 * ends by itself goes on.
 *
 * With INPUT, SIGPIPE must be ignored (signals_catch()).
 */
#ifndef SYS_RUN_H
#define SYS_RUN_H

#include <stdbool.h>

#include "base/error.h"
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
	long idle_ms;            /* it is told to end when it did nothing for so long (sys/idle.h); 0: never */
	long grace_ms;           /* between SIGTERM and SIGKILL; 0: ten seconds */
	bool outlives;           /* not killed with this process: lvm, which could leave a device suspended;
				    with keep_fd lock_held() the next command waits for its end */
	bool foreground;         /* stdin, stdout, stderr and the terminal are ours: nothing collected */
	bool joined;             /* stdout goes where stderr goes, in order: res.err holds both */
	char *(*reason)(const char *err); /* the line of ERR that tells why it failed, which the caller frees, or NULL;
				    NULL: the last one */
	void (*line)(void *arg, const char *line); /* each line of stderr as it comes, or NULL */
	void *arg;
	long tick_ms;              /* TICK is called so often while it runs; 0: never */
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

/*
 * Runs and waits. Returns 0 whenever the program was executed, however it ended; -1 when it could
 * not be (missing or no program: 69, names it; a missing DIR: 66), or when a signal is pending (128 + n).
 * The caller frees the result with run_free().
 */
int run_command(const struct run *r, struct run_result *res, struct error *e);

/*
 * As run_command(), but all else than exit status 0 is an error: "docker compose up: exited 1: REASON" with exit
 * status CODE (EXIT_FAILED where CODE is 0); an interruption is 128 + n. All of stderr goes to syslog then.
 */
int run_check(const struct run *r, int code, struct run_result *res, struct error *e);

/* Sets the error that run_check() would for a result that is no success. Returns -1. */
int run_error(const struct run *r, const struct run_result *res, int code, struct error *e);

void run_free(struct run_result *res);

/*
 * Replaces this process by ARGV (looked up in this process' own PATH) with the environment ENV (whole)
 * and the signals as they were at start. Returns only with an error.
 */
int run_exec(const char *const *argv, const char *const *env, struct error *e);

#endif
