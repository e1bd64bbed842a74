/* SPDX-License-Identifier: MIT */
/* The questions of a start (command/start/questions.h) about PostgreSQL's data, the database and its migrations. */
#ifndef COMMAND_START_DATA_H
#define COMMAND_START_DATA_H

#include "base/error.h"
#include "command/start/context.h"

/* Is there a cluster, of our version (S->cluster), and does ecs-postgres run (S->postgres_runs)? -1: refused, with its row. */
int data_look_at_cluster(struct start *s, struct error *e);

/*
 * What can be told of the database before ecs-postgres is started, once data_look_at_cluster() has looked.
 * -1: refused, with its row.
 */
int data_look_early(struct start *s, struct error *e);

/* Are migrations known to be pending? Once the containers were looked at. */
void data_look_at_pending(struct start *s);

/*
 * The question "database missing or empty?", asked again once ecs-postgres runs: sets S->database, and refuses to
 * make an empty one where a backup, a dump or the recorded state says that there must be more.
 */
int data_ask(struct start *s, struct error *e);

#endif
