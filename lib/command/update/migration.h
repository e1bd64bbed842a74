/* SPDX-License-Identifier: MIT */
/*
 * The database, migrated under the snapshot PRE_MIGRATE: taken with the application stopped and PostgreSQL
 * checkpointed, kept a week, and put back when the migration fails. It waits for no forgotten session longer than
 * ten seconds, and it is stopped before its snapshot overflows.
 */
#ifndef COMMAND_UPDATE_MIGRATION_H
#define COMMAND_UPDATE_MIGRATION_H

#include "base/error.h"
#include "command/update/change.h"

#define MIGRATION_SNAPSHOT SNAPSHOT_MIGRATE

enum {
	MIGRATION_KEEP_DAYS = 7,
	MIGRATION_LIMIT_S = 6 * 3600 /* unless the caller says else */
};

/* Opens the snapshot that a migration takes into C; where there can be none, C->found.no_snapshot tells why. */
void migration_find_snapshot(struct change *c);

/* Before a flow begins: fails with why there is none; 73: there is no room for it. */
int migration_check(struct change *c, struct error *e);

/* --- steps: the context is a struct change ---------------------------------------------------------------- */

int migration_snapshot(void *ctx, struct error *e); /* undo: removed */
int migration_unsnapshot(void *ctx, struct error *e);
int migration_name(void *ctx, struct error *e); /* undo: the former one has its name again */
int migration_unname(void *ctx, struct error *e);
int migration_plan(void *ctx, struct error *e);

/* Undo: the migration is ended, and the database is what it was; ecs-postgres was stopped for that. */
int migration_run(void *ctx, struct error *e);
int migration_put_back(void *ctx, struct error *e);

/* After the commit: away with the former snapshot. */
int migration_forget(void *ctx, struct error *e);

/* --- for a revert, too ------------------------------------------------------------------------------------ */

/* Stops ecs-postgres; undo: starts it and waits until it answers. */
int migration_stop_postgres(void *ctx, struct error *e);
int migration_start_postgres(void *ctx, struct error *e);

/* The snapshot becomes the volume; undo: the present state again. */
int migration_swap(void *ctx, struct error *e);
int migration_unswap(void *ctx, struct error *e);

#endif
