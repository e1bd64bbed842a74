/* SPDX-License-Identifier: MIT */
/*
 * A dump becomes a database: that of ecs-backup, or an older appliance's.
 *
 * The dump is not trusted, because the application wrote it. Nothing in it runs as the administrator. What only the
 * administrator may create (extensions, roles) is created by statements of ours that take only names from the dump, before
 * anything of the dump is loaded. Everything else is loaded by a login for this load, which has the rights of the application's
 * role. What that login may not create is left out, with a warning that names it.
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
