/* SPDX-License-Identifier: MIT */
/* What a start was asked, what it found and what it did: the context of start_flow (command/start/start.h). */
#ifndef COMMAND_START_CONTEXT_H
#define COMMAND_START_CONTEXT_H

#include <stdbool.h>

#include "appliance/appliance.h"
#include "appliance/certificates.h"
#include "appliance/volume/volumes.h"
#include "env/publish.h"

/* One line of the decision table. */
struct start_row {
	char *question;
	char *found;
	char *action; /* what it would do */
};

struct fetched;

struct start {
	const char *root;

	struct {
		bool new_database; /* an empty database may be made on a machine that once had one */
		bool may_migrate;  /* an application that does not run may be left to a migration: see migrates */
	} asked;

	/* by questions_ask(); what a step makes is there from then on */
	struct {
		struct start_row *row;
		size_t rows;
		struct env_choice choice;
		bool standby;
		struct appliance a;
		struct docker_list containers;
		bool oneoffs;               /* a killed run left some of them at work */
		struct strlist ghosts;      /* ids of containers that were removed, and that a power cut brought back */
		bool secrets;               /* they were made already */
		struct strlist images;      /* "sha256:…" of each service's image, in their order; "": not there */
		struct strlist unbuilt;     /* services whose image has to be built */
		bool fetch;                 /* the application has to be cloned first */
		bool cluster;               /* PostgreSQL's data are there */
		bool postgres_runs;
		enum database_is database;  /* UNKNOWN until ecs-postgres could be asked */
		bool recover;               /* a backup is asked for where there is no database */
		bool surveyed;              /* the target of the backups was asked, and holds none */
		bool recovered;             /* an earlier start recovered, and was killed before it had tidied up */
		char *dump;                 /* path of the dump that is asked for, or NULL */
		bool seed[VOLUMES_KNOWN];   /* data stand under the older name of a volume, to be linked from ours */
		struct certificates certificates;
		bool pending_known;         /* the state knows which migrations are pending */
		bool same;                  /* all containers are those that were recorded */
		bool healthy;               /* and all of them run and are healthy */
		bool maintenance;           /* the maintenance page is up */
		struct strlist application; /* ids of the application's containers that run */
	} found;

	struct {
		struct fetched *recovery; /* what was fetched from the backup, or NULL */
		bool named;  /* while it is walked back: the database had got its name, and what was recovered stays */
		bool made;   /* this run made the database */
		/*
		 * Migrations are pending and nobody is served yet: the application is made, but not started, and the caller
		 * goes on with command/update/migrate.h, whose table starts it. Only where ecs.migrate.auto says so and
		 * there would be a way back.
		 */
		bool migrates;
		int refused; /* exit status of a refusal that only shows once ecs-postgres runs; 0: none */
	} done;
};

/* Frees what questions_ask() found. */
void start_free(struct start *s);

#endif
