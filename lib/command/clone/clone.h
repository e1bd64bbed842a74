/* SPDX-License-Identifier: MIT */
/*
 * A clone (seed: "clone-ecs"): a whole machine beneath /var/lib/ecs/clones/NAME, to be used as any other root. Its volumes
 * are read/write snapshots NAME of both, its containers a Compose project of their own, its environment that of the
 * appliance with modified settings: it shows a userswitcher, sends no mail, and has no backup. share/ecs/compose.clone.yml
 * keeps it from everything outside, whatever the application means to reach. It ends with its snapshots.
 */
#ifndef COMMAND_CLONE_CLONE_H
#define COMMAND_CLONE_CLONE_H

#include <stdbool.h>
#include <time.h>

#include "base/error.h"
#include "flow/flow.h"
#include "appliance/volume/snapshot.h"

#define CLONE_NAME SNAPSHOT_CLONE /* where none is given */
#define CLONE_HTTP "127.0.0.1:9080"
#define CLONE_HTTPS "127.0.0.1:9443"

enum { CLONE_KEEP_S = 3 * 86400 };

struct clone {
	char *root; /* the appliance's */
	char *name;
	char *home; /* its own */
	struct snapshot snapshot;

	/* to create one; the caller's */
	const char *http, *https; /* where its nginx listens, as SCHEMA_PORT */
};

void clone_free(struct clone *c); /* for CLEANUP too */

/* A NAME that is none is misuse. Changes nothing, as all that follows up to the commands. */
int clone_open(const char *root, const char *name, struct clone *c, struct error *e);

/* --- the commands: DRY prints the steps ------------------------------------------------------------------- */

/*
 * Refuses: a clone or a snapshot of that name (73), an appliance that never ran or a clone of a clone (78), an engine that
 * does not answer (69), no room (73). EXPIRES is when it ends.
 */
int clone_create(struct clone *c, time_t expires, bool dry, struct error *e);

/* Brings one up that does not run, as after a boot. None, or its snapshots are gone: 66. */
int clone_start(struct clone *c, bool dry, struct error *e);

/* Ends later, or sooner. The same. */
int clone_extend(struct clone *c, time_t expires, bool dry, struct error *e);

/* Ends it: containers, mounts, snapshots, files. None: 66. */
int clone_destroy(struct clone *c, bool dry, struct error *e);

/* The same if its time is over, or its snapshots were removed in the meantime. None is no error. */
int clone_expire(struct clone *c, bool dry, struct error *e);

/* The kinds of this file, for command/flows.c. */
extern const struct flow clone_create_flow, clone_start_flow, clone_destroy_flow;
void *clone_resume(const char *root, const struct flow_facts *facts, struct error *e);
void clone_delete(void *c);

#endif
