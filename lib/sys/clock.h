/* SPDX-License-Identifier: MIT */
/* The time. $ECS_CLOCK (seconds since 1970) stands in for the wall clock in tests. */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <time.h>

time_t clock_now(void);        /* seconds since 1970 */
long long clock_ms(void);      /* monotonic milliseconds, for durations */

enum { CLOCK_TEXT = 21 };
/* "2026-01-02T03:04:05Z"; returns BUF. */
char *clock_text(time_t t, char buf[CLOCK_TEXT]);

#endif
