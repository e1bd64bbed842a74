/* SPDX-License-Identifier: MIT */
/*
 * What a power cut or a kill left of a flow: every command that takes the appliance lock resolves it first, and so
 * does ecs-start at boot.
 */
#ifndef FLOW_RESOLVE_H
#define FLOW_RESOLVE_H

#include <stdbool.h>

#include "base/error.h"
#include "flow/flow.h"

/* A flow that may be found unfinished, and how to make the context for its steps again. */
struct flow_kind {
	const struct flow *flow;
	/* Makes the context out of the recorded facts; NULL and an error when it cannot. */
	void *(*open)(const char *root, const struct flow_facts *facts, struct error *e);
	void (*close)(void *ctx);
};

/* What the journal of ROOT says. */
struct flow_left {
	char *flow;  /* name of the unfinished flow, or NULL: none */
	char *step;  /* the last step begun, or NULL */
	bool onward; /* it will not be taken back */
};

/* Reads the journal and changes nothing. KINDS ends with an entry whose flow is NULL. */
int flow_look(const char *root, const struct flow_kind *kinds, struct flow_left *left,
	      struct error *e);
void flow_left_free(struct flow_left *left);

/*
 * Resolves an unfinished flow; the caller holds the appliance lock. Returns 0 when there was none
 * or it is resolved (said by log_say()), -1 with code 2 when it could not be: the journal stays. A step or
 * a flow that KINDS do not know is such a case.
 */
int flow_resolve(const char *root, const struct flow_kind *kinds, struct error *e);

#endif
