/* SPDX-License-Identifier: MIT */
/*
 * A dump becomes a database: that of ecs-backup, or an older appliance's.
 *
 * The dump is not trusted, for the application wrote what is in it. Nothing of it runs as the administrator. What only
 * he may do (extensions, roles) is made by statements of ours, from names alone, before anything of the dump is
 * there; all else is loaded by a login of this one load that is no more than the application's role, and what it
 * may not make is left out, with a warning that names it.
 */
#ifndef APPLIANCE_DATABASE_LOAD_H
#define APPLIANCE_DATABASE_LOAD_H

#include "appliance/database/database.h"
#include "base/error.h"

/*
 * Loads the dump PATH (packed or not) into the empty database NAME, whose owner is the role of D, with owners,
 * privileges, comments and settings (appliance/database/keep.h). pg_restore runs in CONTAINER. An extension that the
 * server does not offer is an error, which comes first; one that holds no data is left out. A role that the dump names
 * and the server does not have is made, without login.
 */
int load_dump(const struct database *d, const char *container, const char *path, const char *name, struct error *e);

#endif
