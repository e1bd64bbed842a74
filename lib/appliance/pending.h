/* SPDX-License-Identifier: MIT */
/* What the application says is pending in its database: one migration a line, "core.0002_name". */
#ifndef APPLIANCE_PENDING_H
#define APPLIANCE_PENDING_H

#include "base/error.h"
#include "base/str.h"

struct appliance;

/*
 * Asks the image of A (x-ecs: pending), into PENDING, which is emptied first. Whatever else it prints, as the banner of an
 * entry point, is told once by log_warn() and is no migration.
 */
int pending_ask(const struct appliance *a, struct strlist *pending, struct error *e);

/* Parts what was printed: a line that is a migration goes to PENDING, any other that is not empty to OTHER. */
void pending_parse(const char *text, struct strlist *pending, struct strlist *other);

#endif
