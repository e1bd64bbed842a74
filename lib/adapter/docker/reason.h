/* SPDX-License-Identifier: MIT */
/* Which lines of a failed build or of a failed command of the application tell why. */
#ifndef ADAPTER_DOCKER_REASON_H
#define ADAPTER_DOCKER_REASON_H

#include "base/str.h"

/*
 * The last lines, ten at most, that the failed step of `docker compose build` printed, out of all that the build
 * printed; where BuildKit did not repeat them, its last ten lines. Added to LINES.
 */
void reason_of_build(const char *text, struct strlist *lines);

/*
 * The line that tells why a command of Django failed, out of its stderr: the exception of the last traceback, the first
 * error of the system check, else the last line that is no hint of PostgreSQL's ("HINT:", "LINE 1:", "DETAIL:" …).
 * NULL where there is none. The caller frees it.
 */
char *reason_of_django(const char *text);

#endif
