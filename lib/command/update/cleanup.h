/* SPDX-License-Identifier: MIT */
/* What is left over when another version runs: images of versions nobody goes back to, and a checkout of the old one. */
#ifndef COMMAND_UPDATE_CLEANUP_H
#define COMMAND_UPDATE_CLEANUP_H

#include <stdbool.h>

#include "base/error.h"
#include "command/update/change.h"

/* A step, the last one; its context is a struct change. When a journal is resolved it does nothing: the next does. */
int cleanup_run(void *ctx, struct error *e);

/* Whether the snapshot that the state tells of is still there; where that cannot be found out: yes. */
bool cleanup_has_snapshot(const struct change *c);

#endif
