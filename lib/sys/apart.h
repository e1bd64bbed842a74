/* SPDX-License-Identifier: MIT */
/* Runs work that may hang in a process of its own: whatever that waits for, the caller continues in time. */
#ifndef SYS_APART_H
#define SYS_APART_H

#include "base/error.h"
#include "base/str.h"

/*
 * Calls FN(ARG, OUT) in a forked process, and gets what it adds to OUT, and its error. After MS milliseconds, or when a signal
 * comes, that process is killed: -1 (1: not done in time; 128 + n). It has none of our descriptors but 0, 1 and 2, so that
 * one which cannot even be killed keeps no lock.
 */
int apart_run(int (*fn)(void *arg, struct str *out, struct error *e), void *arg, long ms, struct str *out, struct error *e);

#endif
