/* SPDX-License-Identifier: MIT */
/*
 * Whether a program still does something, told from outside: restic 0.14 waits for itself without end when the
 * target is full (a deadlock of its own), and a peer that is gone without a word holds any program for hours.
 *
 * What counts is the work of the process and all that descend from it, as proc_pid_stat(5) and
 * proc_pid_io(5) have it: a tenth of a second of processor time, 64 KiB read or written, or a process that
 * came or went. What only wakes up to look at a clock does less.
 */
#ifndef SYS_IDLE_H
#define SYS_IDLE_H

#include <sys/types.h>

struct idle {
	long long since; /* clock_ms() when work was last seen */
	unsigned long long ticks, bytes, members; /* what was seen then; MEMBERS: sum of the process ids */
};

/* Looks at PID and its descendants now; returns for how many ms no work was seen: 0 at the first look. */
long long idle_look(struct idle *i, pid_t pid);

#endif
