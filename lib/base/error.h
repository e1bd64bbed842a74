/* SPDX-License-Identifier: MIT */
/*
 * Errors: each caller may put its context in front, and cmd/ prints them, once.
 *
 * A function that can fail takes a struct error as its last argument, returns -1 on failure and
 * sets it. The code is the exit status that the tool ends with (design: "Exit codes").
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <sysexits.h> /* EX_USAGE 64 … EX_CONFIG 78; EX_TEMPFAIL 75 is "locked" */

enum {
	EXIT_FAILED = 1,  /* failed, and everything is as it was before */
	EXIT_HALFWAY = 2, /* failed half-way; the next run resolves it */
	EXIT_SIGNAL = 128 /* + signal number, after the undo */
};

struct error {
	int code;        /* exit status; 0 while no error is set */
	char text[4096]; /* one message, without newline; longer ones are cut */
};

/* Sets code and message. Returns -1 always, so that a caller can return it. */
int error_set(struct error *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Sets the message followed by ": " and the text of errno. A code of 0 stands for the one that
 * fits errno: no permission 77, missing 66, otherwise input/output 74. Returns -1.
 */
int error_errno(struct error *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts the text and ": " in front of the message; the code stays. Returns -1. */
int error_context(struct error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Appends ": TEXT" (a hint, a last line of a log) to the message. Returns -1. */
int error_append(struct error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
