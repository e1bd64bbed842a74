/* SPDX-License-Identifier: MIT */
/*
 * Stops the appliance: the application first, then support, then the database. Needs neither the environment nor the
 * compose file, so it works when those are broken.
 */
#ifndef COMMAND_STOP_STOP_H
#define COMMAND_STOP_STOP_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "flow/flow.h"

struct stop {
	const char *root;
	bool maintenance; /* nginx stays, with a page that says so */
};

extern const struct flow stop_flow;

/* Does it: 0, or -1 as flow_run() does. What is stopped already is no error. */
int stop_run(struct stop *s, struct error *e);

/* The context of a flow that is resolved. */
void *stop_resume(const char *root, const struct flow_facts *facts, struct error *e);
void stop_delete(void *ctx);

#endif
