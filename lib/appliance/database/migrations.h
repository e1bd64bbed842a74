/* SPDX-License-Identifier: MIT */
/*
 * Django's record of its migrations, the table public.django_migrations. None where Django has not been there; what bears
 * the name and is not a table as Django makes it is an error. The application owns it: nothing is run to read it.
 */
#ifndef APPLIANCE_DATABASE_MIGRATIONS_H
#define APPLIANCE_DATABASE_MIGRATIONS_H

#include "appliance/database/database.h"
#include "base/error.h"
#include "base/str.h"

/*
 * Adds the migration of each app that was applied last, "app.0001_name". That is told by the order of applying, for the
 * name of a squashed migration begins with the number of the first that it replaces.
 */
int migrations_heads(const struct database *d, struct strlist *heads, struct error *e);

/* Adds all applied migrations, sorted. */
int migrations_applied(const struct database *d, struct strlist *applied, struct error *e);

#endif
