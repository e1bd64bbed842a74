/* SPDX-License-Identifier: MIT */
/* The start of a program for sys/run.h, which alone uses this. */
#ifndef SYS_CHILD_H
#define SYS_CHILD_H

#include <sys/types.h>

#include "base/error.h"
#include "sys/program.h"

struct child {
	pid_t pid;
	pid_t guard;      /* ends the child's process group if this process dies; 0: none */
	int ended;        /* pidfd_open(2): readable once it has ended */
	int out, err, in; /* our ends; -1: none or closed */
	int lifeline;     /* closes when this process dies, which wakes the guard */
};

/*
 * Starts the program in a process group of its own (a foreground one: in ours). When this returns 0 it
 * was executed, and the caller must child_reap() it. -1 where it could not be: nothing is left behind.
 */
int child_start(const struct run *r, struct child *c, struct error *e);

/* Waits for its end, closes our ends and dismisses the guard. The status as waitpid(2) tells it. */
int child_reap(struct child *c);

#endif
