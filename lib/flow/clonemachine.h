/* SPDX-License-Identifier: MIT */
/* The files of a clone (flow/clone.h): what makes a folder the root of a machine, and that of a clone. */
#ifndef FLOW_CLONEMACHINE_H
#define FLOW_CLONEMACHINE_H

#include "base/error.h"
#include "flow/clone.h"

struct json;

/* The same suite and version as the appliance's; settings, secrets and containers of its own. */
int clone_make_machine(const struct clone *c, struct error *e);

/* What is written down of the clone at HOME: name, revision, created, url. 78: it cannot be read. The caller frees it. */
struct json *clone_record(const char *home, struct error *e);

#endif
