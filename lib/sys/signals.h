/* SPDX-License-Identifier: MIT */
/*
 * SIGINT, SIGTERM and SIGHUP are remembered, never acted upon in the handler: the runner, the locks and
 * the flow engine look here at the places where stopping is safe.
 */
#ifndef SYS_SIGNALS_H
#define SYS_SIGNALS_H

#include <stdbool.h>

#include "base/error.h"

/* Installs the handlers; SIGPIPE is ignored. A signal that was ignored at start (nohup) stays so. */
void signals_catch(void);

/*
 * Puts the handlers back as they were at start: for a program that is to be executed, in a child or in
 * this process. Async-signal-safe.
 */
void signals_restore(void);

/* The same in a forked process that lives on by itself: signals act on it again as they did at start. */
void signals_leave(void);

/* The signal that came, or 0; 0 while they are held. */
int signals_pending(void);

/* While held, a signal is remembered but signals_pending() does not tell: an undo is not undone. */
void signals_hold(bool hold);

/* Readable when a signal came; for poll(2). -1 before signals_catch(). */
int signals_fd(void);

/* Waits for MS milliseconds, or until a signal comes: -1 then, as signals_error(). */
int signals_pause(long ms, struct error *e);

/* Sets the error of a tool ended by the pending signal: 128 + n, "ended by signal 15 (Terminated)". */
int signals_error(struct error *e);

#endif
