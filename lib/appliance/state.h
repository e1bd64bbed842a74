/* SPDX-License-Identifier: MIT */
/*
 * What this machine runs, as recorded when it last ran: /var/lib/ecs/state.json, published whole. Its rename
 * is the commit of every flow that changes a version: nothing in it is true before it is.
 */
#ifndef APPLIANCE_STATE_H
#define APPLIANCE_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

/* The container of a service when all was healthy, and the image it was made of. */
struct state_service {
	char *name;
	char *container;
	char *image; /* "sha256:…" */
};

/* What the snapshot PRE_MIGRATE holds, and how much was written until it was over with the migration. */
struct state_before {
	char *revision;       /* commit that ran when it was taken; NULL: there is none */
	char *branch;
	char *taken;          /* when, "2026-01-02T03:04:05Z" */
	char *counted;        /* since when PostgreSQL counts: another value, and its counters mean nothing */
	struct strlist writes; /* rows added, changed, deleted by then: "ADDED CHANGED DELETED TABLE" */
};

struct state {
	char *revision; /* commit of the application that runs; NULL: nothing has run yet */
	char *branch;
	char *since;    /* when it was recorded, "2026-01-02T03:04:05Z" */
	char *config;   /* digest of what compose made of file and environment (struct compose_facts) */
	char *database; /* when a complete database was first seen here; NULL: never */
	struct state_service *service;
	size_t services;
	struct strlist heads;   /* migrations that were applied, the last one of each app: "core.0002_name" */
	bool asked;             /* PENDING is known for this revision and these heads */
	struct strlist pending; /* migrations that were not applied: "core.0003_name" */
	char *previous;         /* commit that ran before this one, to go back to; NULL: none */
	char *previous_branch;
	char *migrated;         /* when going from there to here migrated the database; NULL: it did not */
	struct strlist built;   /* commits whose images were built here and not removed again */
	struct state_before before;
};

/* Reads the state of ROOT; where none was recorded, an empty one. 78: it is there and cannot be read. */
int state_read(const char *root, struct state *s, struct error *e);

/* Publishes it. */
int state_write(const char *root, const struct state *s, struct error *e);

void state_free(struct state *s);

/* Sets a text of the state (&s->revision), freeing the old one. */
void state_set(char **field, const char *value);

/* The recorded service NAME, or NULL. */
const struct state_service *state_find(const struct state *s, const char *name);

/* Records a service. */
void state_add(struct state *s, const char *name, const char *container, const char *image);

/* Records another container of a service, or the first one. */
void state_replace(struct state *s, const char *name, const char *container, const char *image);

/* Forgets what PRE_MIGRATE holds. */
void state_forget_before(struct state *s);

/* Forgets all services. */
void state_forget_services(struct state *s);

#endif
