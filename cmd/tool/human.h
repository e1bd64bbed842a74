/* SPDX-License-Identifier: MIT */
/* Figures as people read them. */
#ifndef CMD_TOOL_HUMAN_H
#define CMD_TOOL_HUMAN_H

#include <stddef.h>
#include <time.h>

enum { HUMAN_MAX = 32 };

/* "512 B", "3.2 GiB": at least two digits of it count. Returns BUF. */
char *human_size(long long bytes, char buf[HUMAN_MAX]);

/* The two largest units of a span: "6d4h", "3m20s", "0s". Returns BUF. */
char *human_span(long long seconds, char buf[HUMAN_MAX]);

/* A moment as seen from NOW: "in 2d4h", "3h10m ago". Returns BUF. */
char *human_moment(time_t at, time_t now, char buf[HUMAN_MAX]);

#endif
