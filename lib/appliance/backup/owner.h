/* SPDX-License-Identifier: MIT */
/*
 * Who makes the backups. The appliance's id says whose they are: it is made at the first backup, and a machine that is
 * recovered from a backup takes over the id in that. The machine's id is made once for each installation: by it a copy of
 * an appliance is told from the appliance.
 */
#ifndef APPLIANCE_BACKUP_OWNER_H
#define APPLIANCE_BACKUP_OWNER_H

#include "base/error.h"

struct owner {
	char *appliance, *machine; /* ids as driver_is_id() has them */
	char *target;              /* repository id of the last target that was found to be this machine's; "": none */
};

/* Reads the record (NAME_BACKUP_OWNER). There is none yet: new ids, which are not written. Unreadable: 78. */
int owner_read(const char *root, struct owner *o, struct error *e);

/*
 * Whether a backup at TARGET (a repository id) of APPLIANCE ("": its manifest names none), which DOMAIN was, may be this machine's:
 * else 65, also where the record is unreadable. A target where none of its own were found yet may hold anybody's.
 */
int owner_check(const char *root, const char *target, const char *appliance, const char *domain, struct error *e);

int owner_write(const char *root, const struct owner *o, struct error *e);
void owner_free(struct owner *o); /* for CLEANUP too */

#endif
