/* SPDX-License-Identifier: MIT */
/* The files of a clone (command/clone/clone.h): what makes a folder the root of a machine, and that of a clone. */
#ifndef COMMAND_CLONE_MACHINE_H
#define COMMAND_CLONE_MACHINE_H

#include "base/error.h"
#include "command/clone/clone.h"

struct json;

/*
 * What is /run in the clone's root: a folder in the appliance's own, and so, as that, gone after a boot. Without it no
 * container of the clone can be started.
 */
int clone_make_run(const struct clone *c, struct error *e);

/* Removes all its files; its volumes are not mounted. */
int clone_remove_machine(const struct clone *c, struct error *e);

/* The same suite and version as the appliance's; settings, secrets and containers of its own. */
int clone_make_machine(const struct clone *c, struct error *e);

/* What is written down of the clone at HOME: name, revision, created, url. 78: it cannot be read. The caller frees it. */
struct json *clone_record(const char *home, struct error *e);

#endif
