/* SPDX-License-Identifier: MIT */
/*
 * The application's containers, exchanged: images are built and containers made while the old ones serve; those are
 * stopped, and removed only after the commit. "New" is each container of the application that was not there when the
 * flow began; where nothing is exchanged (a mere migration), the same ones stop and start.
 */
#ifndef COMMAND_UPDATE_CONTAINERS_H
#define COMMAND_UPDATE_CONTAINERS_H

#include "base/error.h"
#include "command/update/change.h"
#include "appliance/state.h"

/* --- steps: the context is a struct change ---------------------------------------------------------------- */

/* The images that are missing, out of the commit. Undo: away with them. */
int containers_build(void *ctx, struct error *e);
int containers_unbuild(void *ctx, struct error *e);
bool containers_must_build(const void *ctx);

/*
 * New containers, not started, and out of the network that visitors come by: they are let in when they are healthy.
 * Undo: they are stopped and removed.
 */
int containers_make(void *ctx, struct error *e);
int containers_unmake(void *ctx, struct error *e);

/* Starts the new ones beside the old, and waits until they are healthy; not those that must never run twice. */
int containers_start_beside(void *ctx, struct error *e);

/* Those that must never run twice. Undo: those alone, for the old one comes back while visitors have the new version. */
int containers_start_schedulers(void *ctx, struct error *e);
int containers_stop_schedulers(void *ctx, struct error *e);
bool containers_has_schedulers(const void *ctx);

/* Starts what answers visitors, and nothing else: what works by itself would do so before the commit. */
int containers_start_web(void *ctx, struct error *e);

/* Undo of the other two. */
int containers_stop_new(void *ctx, struct error *e);

/* After the commit: all that shall run does, and is recorded. */
int containers_start_rest(void *ctx, struct error *e);

/* The old ones: those that ran finish what they are at, and end. Undo: they start, and are waited for. */
int containers_stop_old(void *ctx, struct error *e);
int containers_start_old(void *ctx, struct error *e);
int containers_remove_old(void *ctx, struct error *e);

/* --- for the commit --------------------------------------------------------------------------------------- */

/* Records in S the containers of all services as they shall run. */
int containers_record(const struct change *c, struct state *s, struct error *e);

#endif
