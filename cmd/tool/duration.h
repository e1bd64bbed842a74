/* SPDX-License-Identifier: MIT */
/* How long: the value of --wait, --limit and --expires, in all tools the same. */
#ifndef CMD_TOOL_DURATION_H
#define CMD_TOOL_DURATION_H

#include <stdbool.h>
#include <time.h>

#include "base/error.h"

#define DURATION_FORM "90 (seconds), 30m, 12h or 7d" /* for messages */

enum { DURATION_MAX = 36500 * 86400LL }; /* seconds: a century */

/* Reads "90" or "90s" (seconds), "30m", "12h", "7d", at most MOST seconds. False where TEXT is anything else. */
bool duration_read(const char *text, long long most, long long *seconds);

/* The value TEXT of OPTION ("--limit"), from one second to MOST; else misuse. */
int duration_read_option(const char *option, const char *text, long long most, long long *seconds, struct error *e);

/*
 * "2026-01-02", "2026-01-02T03:04", "2026-01-02T03:04:05", each with or without "Z" (all are UTC; a day means its end), or so
 * long ago: "3d", with a unit, so that no number is taken for one that was meant as a date. False for all else.
 */
bool duration_read_moment(const char *text, time_t *at);

/* The value of --expires: so long from now. Else misuse. */
int duration_read_end(const char *text, time_t *expires, struct error *e);

#endif
