/* SPDX-License-Identifier: MIT */
/*
 * What is fetched of a backup, and compared with its manifest, before anything live is touched: for a restore, a drill
 * and the first boot. Nothing here is a flow.
 */
#ifndef APPLIANCE_BACKUP_FETCH_H
#define APPLIANCE_BACKUP_FETCH_H

#include <stdbool.h>
#include <time.h>

#include "appliance/backup/manifest.h"
#include "appliance/backup/repository.h"
#include "appliance/backup/verify.h"
#include "appliance/database/database.h"
#include "base/error.h"

struct fetched {
	/* asked */
	const char *root;
	const char *from;     /* a URL instead of the environment's, or NULL */
	time_t time;          /* the last backup not after it; 0: the newest */
	bool files, database; /* what of it */
	bool accept;          /* take it though it differs from its manifest, or that is not signed */
	bool first_boot;      /* env.yml says so, not an option */
	const char *listing;  /* the file, beneath ROOT, that lists how it differs; NULL: NAME_RESTORE_LISTING */

	/* found */
	struct repository repository;
	struct driver_point point; /* owns its id */
	struct manifest_head head;
	struct manifest_totals totals;
	char *dir;            /* for manifest and dump on their way */
	char *vault;          /* the live vault */
	bool known;           /* the backup has a manifest: it is one of ours */
	bool signed_;         /* and its signature is good */
	struct verify_report report; /* how what was fetched differs from the manifest */
	long long began;
};

void fetched_free(struct fetched *f); /* for CLEANUP too */

/* Says what was restored, from when, and what of it could not be checked. */
void fetch_say(const struct fetched *f);

/* Sets F->vault and F->dir beneath F->root, to where they always are. */
void fetch_set_paths(struct fetched *f);

/*
 * Opens the repository, finds the point and reads the manifest into the folder DIR, which is made anew. The caller holds
 * the backup lock; F has what is asked. Enters mounts of its own.
 */
int fetch_choose(struct fetched *f, const struct env *env, const char *dir, struct error *e);

/* The folders that files and database are restored to. */
struct fetch_places {
	const char *files, *database;
};

/* Whether there is room for what is asked, as far as the manifest tells; else 73, with how much is needed. */
int fetch_check_room(const struct fetched *f, const struct fetch_places *at, struct error *e);

/* The same for the folders of the live ones. */
int fetch_check_rooms(const struct fetched *f, struct error *e);

/* Whether PostgreSQL's version MAJOR can load what the backup's wrote; else 78. */
int fetch_check_major(const struct fetched *f, int major, struct error *e);

/*
 * Fetches the vault as the folder TO, which must not be there, sets what the manifest says beside contents, and compares.
 * What differs is told, listed in F's listing, and refused (1) unless F->accept; so with the two below.
 */
int fetch_files(struct fetched *f, const char *to, struct error *e);

/* Fetches the dump as F->dir/dump and compares its digest with the manifest. */
int fetch_dump(struct fetched *f, struct error *e);
char *fetch_dump_path(const struct fetched *f); /* freed by the caller */

/* Compares the rows of the database NAME with the manifest; differences as above. */
int fetch_check_rows(struct fetched *f, const struct database *d, const char *name, struct error *e);

/* Removes the dump that was fetched, with all of F->dir; what cannot be removed is set aside (appliance/leftovers.h). */
int fetch_forget_dump(const struct fetched *f, struct error *e);

#endif
