/* SPDX-License-Identifier: MIT */
/* The suite's own tools, run as programs: those of the release that is current beneath a root. */
#ifndef ADAPTER_RELEASE_H
#define ADAPTER_RELEASE_H

#include "base/error.h"

/*
 * Runs ecs-start beneath ROOT, with a lock and a journal of its own; what it says is a detail. Another status
 * than 0 is an error (1) with its last line.
 */
int release_start(const char *root, struct error *e);

#endif
