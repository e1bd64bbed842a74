/* SPDX-License-Identifier: MIT */
/* Two programs at once, the output of the one being the input of the other. */
#ifndef SYS_PIPE_H
#define SYS_PIPE_H

#include "base/error.h"
#include "sys/run.h"

/*
 * Runs FROM and TO together, FROM's stdout piped into TO's stdin (their stdout_fd, stdin_fd and input
 * are set here). Where both fail the error is the writer's: the reader failed for want of data; but
 * a writer that was cut off (SIGPIPE) never is the cause. CODE as in run_check().
 */
int pipe_run(const struct run *from, const struct run *to, int code, struct error *e);

#endif
