/* SPDX-License-Identifier: MIT */
/* The value of --expires, of the tools that have it. */
#ifndef CMD_TOOL_DURATION_H
#define CMD_TOOL_DURATION_H

#include <time.h>

#include "base/error.h"

/* "7d", "12h", "30m", "45s": so long from now. Else misuse. */
int duration_read_end(const char *text, time_t *expires, struct error *e);

#endif
