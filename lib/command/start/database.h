/* SPDX-License-Identifier: MIT */
/*
 * The steps of start_flow (command/start/start.h) that bring up PostgreSQL and make the database: from a backup, from a
 * dump or empty. Acts, undos and conditions as flow/flow.h has them; CTX is a struct start. What is made has
 * another name until it is whole: a cluster "pg.new", a database as database_new_name() tells.
 */
#ifndef COMMAND_START_DATABASE_H
#define COMMAND_START_DATABASE_H

#include <stdbool.h>

#include "command/start/context.h"

int start_make_cluster(void *ctx, struct error *e);
int start_remove_unfinished_cluster(void *ctx, struct error *e);
bool start_must_make_cluster(const void *ctx);

int start_postgres(void *ctx, struct error *e); /* and waits until it answers */
int start_stop_postgres(void *ctx, struct error *e); /* if it did not run before */
bool start_must_start_postgres(const void *ctx);

/* Finds out whether there is a database, now that it can be asked; drops what a killed run left of one. */
int start_ask_database(void *ctx, struct error *e);
/* Whether a database has to be made; while that is not known: perhaps. */
bool start_must_make(const void *ctx);

int start_stop_application(void *ctx, struct error *e);
int start_application_again(void *ctx, struct error *e);
bool start_must_stop_application(const void *ctx);

int start_fetch_backup(void *ctx, struct error *e);
int start_forget_backup(void *ctx, struct error *e);
bool start_must_recover(const void *ctx);

int start_make_database(void *ctx, struct error *e);
int start_drop_database(void *ctx, struct error *e);

int start_restore_dump(void *ctx, struct error *e);
bool start_must_restore(const void *ctx);

int start_migrate(void *ctx, struct error *e);
int start_stop_migration(void *ctx, struct error *e);

int start_fill_vault(void *ctx, struct error *e);
int start_empty_vault(void *ctx, struct error *e);

int start_name_database(void *ctx, struct error *e);
int start_ask_whether_named(void *ctx, struct error *e);

int start_tidy_recovery(void *ctx, struct error *e);
bool start_must_tidy(const void *ctx);

#endif
