/* SPDX-License-Identifier: MIT */
/*
 * The flow engine: a flow is a table of steps with do and undo, walked in order under a journal.
 *
 * Before and after each step a line is flushed to the journal. A failure or a signal walks back
 * through the undos, the failed step's own first. What a power cut leaves is resolved by
 * flow_resolve(), which every command calls that takes the appliance lock: back or forward, as the
 * table says. Nothing but the journal knows how far a killed flow got, and it may be one step short:
 * so each do and each undo can be run twice, and looks before it acts.
 *
 * The journal's lines (sys/journal.h; values with % and control characters escaped as %XX):
 *	flow NAME            first
 *	is NAME VALUE        a fact that the flow needs to be resolved
 *	begin STEP           before a do
 *	done STEP            after it
 *	back STEP            before an undo
 *	undone STEP          after it
 */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/str.h"

/* What a failure (or a power cut) in a step means. */
enum flow_turn {
	FLOW_BACK,   /* walk back: exit 1, everything is as it was. Cut off between two steps, the next
			one decides: a commit is such a step, done when its "done" is recorded */
	FLOW_ON,     /* past the point of no return: exit 2, the journal stays, the next command goes on */
	FLOW_STAND   /* leave it as it stands: exit 2, the same command again is the remedy */
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

/* A fact in the journal: what the flow must know again to be resolved. */
struct flow_fact {
	char *name;
	char *value;
};

struct flow_facts {
	struct flow_fact *fact;
	size_t count;
};

void flow_facts_set(struct flow_facts *f, const char *name, const char *value); /* copies */
const char *flow_facts_get(const struct flow_facts *f, const char *name);       /* or NULL */
void flow_facts_free(struct flow_facts *f);

/*
 * Walks the flow under the journal of ROOT; the caller holds the appliance lock, and FACTS are
 * recorded first. What can be checked before anything changes is checked before this is called, with
 * a code of its own from 64 on. Progress is said by log_progress(). On failure the error's code is
 *	1    walked back whole
 *	2    an undo failed too, or the step says FLOW_ON (the journal stays, whether an error or a signal
 *	     ended it); or it says FLOW_STAND
 *	128+n  a signal ended it, after the walk back, or where it says FLOW_STAND
 *	64 to 78  the journal could not be begun: nothing was done
 */
int flow_run(const struct flow *flow, void *ctx, const char *root, const struct flow_facts *facts,
	     struct error *e);

/*
 * Records one more fact from within a step, before the act that needs it is done: flushed when it
 * returns. A later fact of the same name wins. Only while flow_run() or flow_resolve() walks.
 */
int flow_note(const char *name, const char *value, struct error *e);

/* Prints the steps that would be taken, one a line: "STEP<TAB>UNDO" ("-" where there is none). */
void flow_print(const struct flow *flow, const void *ctx, FILE *to);

/* How flow_resolve() finds the table and makes its context anew. */
struct flow_kind {
	const struct flow *flow;
	/* Makes the context out of the recorded facts; NULL and an error when it cannot. */
	void *(*open)(const char *root, const struct flow_facts *facts, struct error *e);
	void (*close)(void *ctx);
};

/* What stands in the journal of ROOT. */
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
