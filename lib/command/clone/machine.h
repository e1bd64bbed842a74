/* SPDX-License-Identifier: MIT */
/* The files of a clone (command/clone/clone.h): what makes a folder the root of a machine, and that of a clone. */
#ifndef COMMAND_CLONE_MACHINE_H
#define COMMAND_CLONE_MACHINE_H

#include "base/error.h"

struct json;

/* Where a clone is, and what it was asked to be. All belong to the caller. */
struct clone_machine {
	const char *root; /* the appliance's */
	const char *name;
	const char *home; /* its own */
	const char *http, *https; /* to make it: where its nginx listens, as SCHEMA_PORT */
};

/*
 * What is /run in the clone's root: a folder in the appliance's own, and so, as that, gone after a boot. Without it no
 * container of the clone can be started.
 */
int clone_make_run(const struct clone_machine *m, struct error *e);

/* Removes all its files; its volumes are not mounted. */
int clone_remove_machine(const struct clone_machine *m, struct error *e);

/* The same suite and version as the appliance's; settings, secrets and containers of its own. */
int clone_make_machine(const struct clone_machine *m, struct error *e);

/* What is written down of the clone at HOME: name, revision, created, url. 78: it cannot be read. The caller frees it. */
struct json *clone_record(const char *home, struct error *e);

#endif
