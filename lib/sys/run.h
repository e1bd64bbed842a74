/* SPDX-License-Identifier: MIT */
/*
 * The one way to run a program: an argument array, never a shell; both outputs drained; a deadline;
 * and a result that tells exited from signalled from timed out.
 *
 * The child gets an environment made afresh: PATH (NAME_PATH, or $ECS_PATH), HOME, LC_ALL=C.UTF-8,
 * TERM, and $DOCKER_HOST where it is set, then what the caller names; its umask is 022, but for a foreground
 * one. Unless it is said to outlive this process, it ends with it, and so does its whole process group:
 * a killed tool leaves no program running that the next one does not know of (of a foreground one only itself ends).
 * No descriptor but 0, 1, 2 and KEEP_FD reaches it. When this process is told to end (sys/signals.h), or the deadline has passed, the
 * group gets SIGTERM, and SIGKILL after the grace. What the child leaves behind in the background when it
 * ends by itself goes on.
 *
 * With INPUT, SIGPIPE must be ignored (signals_catch()).
 */
#ifndef SYS_RUN_H
#define SYS_RUN_H

#include "base/error.h"
#include "sys/program.h"

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
 * Runs the COUNT programs of RUNS at the same time, and waits for all of them. All must end with status 0; else the
 * error is that of the first one in RUNS that did not. CODE as in run_check().
 */
int run_together(const struct run *runs, size_t count, int code, struct error *e);

/*
 * Replaces this process by ARGV (looked up in this process' own PATH) with the environment ENV (whole)
 * and the signals as they were at start. Returns only with an error.
 */
int run_exec(const char *const *argv, const char *const *env, struct error *e);

#endif
