/* SPDX-License-Identifier: MIT */
/* A call that is wrong in itself. */
#ifndef CMD_TOOL_MISUSE_H
#define CMD_TOOL_MISUSE_H

#include <sysexits.h>

#include "base/error.h"

enum { MISUSE_CODE = -EX_USAGE }; /* in error.code until the usage was printed */

/* Sets the error: exit status 64, and tool_main() prints the usage behind the message. Returns -1. */
int tool_misuse(struct error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
