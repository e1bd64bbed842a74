/* SPDX-License-Identifier: MIT */
/* The processes of this machine, as proc(5) shows them. */
#ifndef SYS_PROCESSES_H
#define SYS_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Calls FN with each process until it returns non-zero, which is returned. -1 where /proc cannot be read. */
int processes_each(int (*fn)(void *arg, long pid, struct error *e), void *arg, struct error *e);

/* The text of /proc/PID/NAME, as much as fits; false where it cannot be read (it has ended), and BUF is "". */
bool processes_read(long pid, const char *name, char *buf, size_t size);

#endif
