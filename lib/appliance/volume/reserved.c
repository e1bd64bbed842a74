/* SPDX-License-Identifier: MIT */
#include "appliance/volume/reserved.h"

#include <string.h>

static const struct reserved {
	const char *name, *tool;
	const char *remedy; /* where nobody else removes it: how that is done */
	bool cron;          /* the cron entry of that name is the tool's, too */
} reserved[] = {
	{SNAPSHOT_MIGRATE, "ecs-migrate", NULL, false},
	{SNAPSHOT_BACKUP, "ecs-backup", "the next 'ecs-backup' removes it", false},
	{SNAPSHOT_CLONE, "ecs-clone", NULL, false}, /* in use as long as there is a clone */
	{SNAPSHOT_RESTORE, "ecs-restore", NULL, true},
};

static const struct reserved *find_reserved(const char *name)
{
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (strcmp(reserved[i].name, name) == 0)
			return &reserved[i];
	return NULL;
}

int reserved_check_free(const char *name, const char *tool, struct error *e)
{
	const struct reserved *r = find_reserved(name);

	if (r == NULL || strcmp(r->tool, tool) == 0)
		return 0;
	return error_set(e, EX_USAGE, "the name '%s' belongs to %s: choose another one", name, r->tool);
}

int reserved_check_ownerless(const char *name, struct error *e)
{
	const struct reserved *r = find_reserved(name);

	if (r == NULL || r->remedy == NULL)
		return 0;
	return error_set(e, EX_USAGE, "'%s' belongs to %s: %s", name, r->tool, r->remedy);
}

bool reserved_has_cron(const char *name)
{
	const struct reserved *r = find_reserved(name);

	return r && r->cron;
}
