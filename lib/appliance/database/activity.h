/* SPDX-License-Identifier: MIT */
/* What goes on in the application's database: who waits for whom, and what was written since. */
#ifndef APPLIANCE_DATABASE_ACTIVITY_H
#define APPLIANCE_DATABASE_ACTIVITY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"
#include "appliance/database/database.h"
#include "appliance/state.h"

/* Writes everything to disk, so that a server on a snapshot needs almost no recovery. */
int activity_checkpoint(const struct database *d, struct error *e);

/*
 * Adds a text for each session of the database that others wait for: "session 71 ('psql' of 'admin', idle in
 * transaction for 12 min: SELECT …)".
 */
int activity_blockers(const struct database *d, struct strlist *out, struct error *e);

/*
 * PostgreSQL's counters of rows written, by table, and since when it counts: fills COUNTED and WRITES of B.
 * A session reports what it wrote when it ends, or after some idle seconds.
 */
int activity_count(const struct database *d, struct state_before *b, struct error *e);

/* Rows written to a table since B was counted. */
struct activity_loss {
	char *table;
	long long added, changed, deleted;
};

struct activity_losses {
	struct activity_loss *item; /* of tables that were written to */
	size_t count;
	bool known; /* false: the counters were reset in the meantime, as after a crash */
};

int activity_lost(const struct database *d, const struct state_before *b, struct activity_losses *l,
		  struct error *e);
void activity_losses_free(struct activity_losses *l);

#endif
