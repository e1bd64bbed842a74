/* SPDX-License-Identifier: MIT */
/* What a drill found: kept as NAME_DRILL_EVIDENCE, and as metrics. */
#ifndef COMMAND_RESTORE_EVIDENCE_H
#define COMMAND_RESTORE_EVIDENCE_H

#include "appliance/backup/fetch.h"
#include "base/error.h"

enum { EVIDENCE_STEPS = 7 }; /* those of a drill */

struct evidence_step {
	const char *name;
	long long ms; /* what it took */
};

struct evidence {
	const struct fetched *f;
	const char *fault; /* why the backup is not proven; NULL: it is */
	struct evidence_step step[EVIDENCE_STEPS];
	size_t steps;      /* that were done */
	long pending;      /* migrations that the application would apply */
	long long ms;      /* of the whole drill */
};

/* Writes both; metrics that cannot be written are a warning. */
int evidence_write(const struct evidence *v, struct error *e);

/* Says in a line or two, for people, what a good drill proved. */
void evidence_say(const struct evidence *v);

#endif
