/* SPDX-License-Identifier: MIT */
/* Several programs at once. */
#ifndef SYS_TOGETHER_H
#define SYS_TOGETHER_H

#include <stddef.h>

#include "base/error.h"
#include "sys/run.h"

/*
 * Runs the COUNT programs of RUNS at the same time, and waits for all of them. All must end with status 0; else the
 * error is that of the first one in RUNS that did not. CODE as in run_check().
 */
int run_together(const struct run *runs, size_t count, int code, struct error *e);

#endif
