/* SPDX-License-Identifier: MIT */
/*
 * What all flows share: the appliance as the environment, the recorded state and the compose file
 * describe it. Opening it changes nothing.
 */
#ifndef APPLIANCE_APPLIANCE_H
#define APPLIANCE_APPLIANCE_H

#include <stdbool.h>

#include "adapter/docker/compose.h"
#include "adapter/docker/docker.h"
#include "base/error.h"
#include "env/env.h"
#include "appliance/database/database.h"
#include "appliance/state.h"

struct appliance {
	char *root;
	const struct env *env; /* the caller's */
	struct state state;
	struct compose compose;
	struct compose_facts facts; /* after appliance_read() */
	struct database database;
	char *source;   /* the checkout of the application */
	char *build;    /* where a revision is exported to, to be built */
	char *revision; /* commit of the application that is to run; "" while there is no checkout */
	char *branch;   /* "" where it is not known */
	bool clone;     /* a copy for trials: it sends no mail and reaches nothing outside */
};

/* The Compose project of ROOT: "ecs" for the machine itself, "ecs-XXXXXXXX" beneath a root. Freed by the caller. */
char *appliance_project(const char *root);

/* Whether ROOT is that of a clone (command/clone/clone.h). */
bool appliance_is_clone(const char *root);

/* The root of the clone NAME of ROOT; freed by the caller. */
char *appliance_clone_root(const char *root, const char *name);

/* The database of ROOT called NAME. */
void appliance_database(const char *root, const char *name, struct database *d);

/*
 * Opens the appliance of ROOT with the environment ENV, which must live as long: reads the state, and finds
 * the revision: the one that runs, as recorded; else the one that env.yml names; else what is checked out.
 */
int appliance_open(const char *root, const struct env *env, struct appliance *a, struct error *e);
void appliance_free(struct appliance *a); /* for CLEANUP too */

/* Finds the revision anew, after the checkout was made. */
int appliance_find_revision(struct appliance *a, struct error *e);

/*
 * Sets the variables that compose gets (environment, secrets, revision). Secrets that were not made yet
 * are empty.
 */
int appliance_variables(struct appliance *a, struct error *e);

/* The same, and reads the compose file, with the site's own overlays (NAME_OVERLAYS_DIR); a clone has none of those. */
int appliance_read(struct appliance *a, struct error *e);

/*
 * The same variables, and those by which a `docker compose` typed by hand finds the project and its
 * files; nothing is read.
 */
int appliance_by_hand(struct appliance *a, struct error *e);

/* "postgres://…" of the database NAME in the appliance's network; freed by the caller. */
char *appliance_database_url(const struct appliance *a, const char *name, struct error *e);

/* Makes the folders of the host that the compose file names (x-ecs), with their owners and modes. */
int appliance_make_folders(const struct appliance *a, struct error *e);

#endif
