/* SPDX-License-Identifier: MIT */
/*
 * The flow engine: a flow is a table of steps with do and undo, walked in order.
 *
 * flow_run() walks it under a journal (flow/journal.h): before and after each step a line is flushed there. A
 * failure or a signal walks back through the undos, the failed step's own first. What a power cut leaves is
 * resolved by flow/resolve.h: back or forward, as the table says. Nothing but the journal knows how far a killed
 * flow got, and it may be one step short: so each do and each undo can be run twice, and looks before it acts.
 *
 * flow_walk() walks without a journal: for what a kill may leave lying, because the next run removes it.
 */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/str.h"
#include "flow/facts.h"

/* What a failure (or a power cut) in a step means. */
enum flow_turn {
	FLOW_BACK,   /* walk back: exit 1, everything is as it was. Cut off between two steps, the next
			one decides: a commit is such a step, done when its "done" is recorded */
	FLOW_ON,     /* past the point of no return: exit 2, the journal stays, the next command goes on */
	FLOW_STAND   /* leave everything as it is: exit 2, run the same command again */
};

struct flow_step {
	const char *name; /* "take the snapshot PRE_MIGRATE"; unique in its flow, recorded: never renamed */
	int (*act)(void *ctx, struct error *e);
	int (*undo)(void *ctx, struct error *e); /* NULL: there is nothing to take back */
	const char *undo_name;                   /* what undo does, for people; NULL with a NULL undo */
	bool (*when)(const void *ctx);           /* NULL: always; looks at the context only */
	enum flow_turn turn; /* never FLOW_BACK after another */
};

struct flow {
	const char *name; /* "start"; recorded */
	const struct flow_step *steps;
	size_t count;
};

/*
 * Walks the flow under the journal of ROOT; the caller holds the appliance lock, and FACTS are
 * recorded first. What can be checked before anything changes is checked before this is called, with
 * a code of its own from 64 on. It reports each step to log_progress(). On failure the error's code is
 *	1    walked back whole
 *	2    an undo failed too, or the step says FLOW_ON (the journal stays, whether an error or a signal
 *	     ended it); or it says FLOW_STAND
 *	128+n  a signal ended it, after the walk back, or where it says FLOW_STAND
 *	64 to 78  the journal could not be begun: nothing was done
 */
int flow_run(const struct flow *flow, void *ctx, const char *root, const struct flow_facts *facts,
	     struct error *e);

/* Called when STEP is done; it took MS milliseconds. */
typedef void flow_took(void *ctx, const struct flow_step *step, long long ms);

/*
 * Walks the flow without a journal, and walks back as flow_run() does; no step may say FLOW_ON. TOOK is NULL or
 * called after each step. On failure the error's code is
 *	2    an undo failed too, or the step says FLOW_STAND
 *	128+n  a signal ended it
 *	else that of the failed step: walked back whole
 */
int flow_walk(const struct flow *flow, void *ctx, flow_took *took, struct error *e);

/*
 * Records one more fact from within a step, before the act that needs it is done: flushed when it
 * returns. A later fact of the same name wins. Only while flow_run() or flow_resolve() walks.
 */
int flow_note(const char *name, const char *value, struct error *e);

/* Prints the steps that would be taken, one a line: "STEP<TAB>UNDO" ("-" where there is none). */
void flow_print(const struct flow *flow, const void *ctx, FILE *to);

/* --- for flow/resolve.c ------------------------------------------------------------------------- */

/* A walk through a flow: what is walked, and how far it came. */
struct flow_way {
	const struct flow *flow;
	void *ctx;
	const char *journal; /* path of the journal, or NULL: it keeps none */
	struct strlist begun; /* names of the steps begun and not taken back, in order */
	flow_took *took;
};

/* Whether STEP is taken. CTX may be NULL (no context could be made): then each is. */
bool flow_wants(const struct flow_step *step, const void *ctx);

/* Opens the journal of the way, goes on with the step of index FIRST or walks back over all begun, closes it again. */
int flow_go_on(struct flow_way *way, size_t first, struct error *e);
int flow_go_back(struct flow_way *way, struct error *e);

#endif
