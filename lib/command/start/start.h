/* SPDX-License-Identifier: MIT */
/*
 * The start of the machine (seed: "start machine"): everything is looked at first (command/start/questions.h), which changes
 * nothing and refuses what cannot be; what has to be done is then done as a flow.
 */
#ifndef COMMAND_START_START_H
#define COMMAND_START_START_H

#include "base/error.h"
#include "command/start/context.h"
#include "flow/flow.h"

extern const struct flow start_flow;

/* Does it: 0, or -1 as flow_run() does. With standby nothing is started. */
int start_run(struct start *s, struct error *e);

/* The context of a flow that is resolved: what its undos need, out of the recorded facts. */
void *start_resume(const char *root, const struct flow_facts *facts, struct error *e);
void start_delete(void *ctx);

#endif
