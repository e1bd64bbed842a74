/* SPDX-License-Identifier: MIT */
/*
 * The context that the flows migrate, update and revert share: from what runs to what shall run. Three things are
 * changed, and each comes back when a flow walks back:
 *
 *	containers  command/update/containers.h: new ones are made beside the old, which are removed only after the commit
 *	database    command/update/migration.h: the snapshot PRE_MIGRATE is taken with the application stopped
 *	state.json  command/update/record.h: its rename is the commit
 *
 * The walk back after a power cut needs neither the environment nor the compose file, and starts nothing where
 * ecs-postgres does not run: that is ecs-start's, which comes next.
 */
#ifndef COMMAND_UPDATE_CHANGE_H
#define COMMAND_UPDATE_CHANGE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "env/env.h"
#include "appliance/appliance.h"
#include "flow/flow.h"
#include "appliance/volume/snapshot.h"

struct change {
	char *root;

	struct {
		char *to;         /* commit that shall run */
		bool may_migrate; /* env.yml's policy, or the caller's word */
		long limit_s;     /* of the migration */
		bool back;        /* it goes back to what ran before */
	} asked;

	struct {
		char *from;                /* commit that runs */
		char *old_state;           /* the text of state.json before */
		struct database database;
		struct strlist containers; /* ids of the application's containers that were there before */
		struct strlist running;    /* those of them that ran */
		struct strlist schedulers; /* services that must never run twice */
		bool maintenance;          /* the maintenance page was up before */

		/* not there when a journal is resolved */
		struct env *env;
		struct appliance a;        /* as it shall run */
		struct error no_snapshot;  /* why there can be none; code 0: there can */
		struct strlist unbuilt;    /* services whose image has to be built */
		struct strlist pending;    /* what the image says of the database, "app.0001_name" */
		size_t files;              /* migration files that differ */
	} found;

	struct {
		bool migrates;     /* the database is changed, too */
		bool exchanges;    /* the containers are exchanged */
		bool has_snapshot; /* SNAPSHOT is open */
		struct snapshot snapshot;
		struct state_before before; /* what the snapshot holds; not there when a journal is resolved */
	} done;
};

/*
 * Opens the active environment and the appliance, as it runs. Refuses what never ran (78) and a database that does not
 * answer (69). The caller frees C with change_free() in any case.
 */
int change_open(const char *root, struct change *c, struct error *e);
void change_free(struct change *c); /* for CLEANUP too */

/* Sets the revision that shall run, on BRANCH, reads the compose file for it, and sees which images are missing. */
int change_aim(struct change *c, const char *to, const char *branch, struct error *e);

/* As facts of a journal. */
void change_save(const struct change *c, struct flow_facts *f);

/* For struct flow_kind. */
void *change_resume(const char *root, const struct flow_facts *facts, struct error *e);
void change_delete(void *c);

/* --- steps and conditions: the context is a struct change ------------------------------------------------- */

/* The maintenance page; hiding leaves one that was up before, ending does not. */
int change_show_page(void *ctx, struct error *e);
int change_hide_page(void *ctx, struct error *e);
int change_end_page(void *ctx, struct error *e);

bool change_migrates(const void *ctx);
bool change_migrates_not(const void *ctx);
bool change_exchanges(const void *ctx);

#endif
