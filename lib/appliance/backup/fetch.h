/* SPDX-License-Identifier: MIT */
/*
 * What is fetched of a backup, and compared with its manifest, before anything live is touched: for a restore, a drill
 * and the first boot. Nothing here is a flow.
 */
#ifndef APPLIANCE_BACKUP_FETCH_H
#define APPLIANCE_BACKUP_FETCH_H

#include "command/restore/restore.h"

/* In the vault's folder of a restore: what is being moved into the vault at the first boot. */
#define FETCH_MOVING "in"

/* Sets R->vault and R->dir beneath R->root, to where they always are. */
void fetch_set_paths(struct restore *r);

/* The path of NAME in that folder, NAME_RESTORE_FOLDER of the vault; freed by the caller. */
char *fetch_path(const struct restore *r, const char *name);

/*
 * Opens the repository, finds the point and reads the manifest into the folder DIR, which is made anew. The caller holds
 * the backup lock; R has what is asked. Enters mounts of its own.
 */
int fetch_choose(struct restore *r, const struct env *env, const char *dir, struct error *e);

/* The folders that files and database are restored to. */
struct fetch_places {
	const char *files, *database;
};

/* Whether there is room for what is asked, as far as the manifest tells; else 73, with how much is needed. */
int fetch_check_room(const struct restore *r, const struct fetch_places *at, struct error *e);

/* The same for the folders of the live ones. */
int fetch_check_rooms(const struct restore *r, struct error *e);

/* Whether PostgreSQL's version MAJOR can load what the backup's wrote; else 78. */
int fetch_check_major(const struct restore *r, int major, struct error *e);

/* Fetches the vault as the folder TO, which must not be there, and compares it with the manifest. */
int fetch_files(struct restore *r, const char *to, struct error *e);

/* Fetches the dump as R->dir/dump and compares its digest with the manifest. */
int fetch_dump(struct restore *r, struct error *e);
char *fetch_dump_path(const struct restore *r); /* freed by the caller */

/* Compares the rows of the database NAME with the manifest. */
int fetch_check_rows(const struct restore *r, const struct database *d, const char *name, struct error *e);

/* Fetches the files as "new" in that folder, instead of what is there from before. */
int fetch_beside(struct restore *r, struct error *e);

/* Removes what was fetched and not moved in: the dump, or all; nothing there is no error. */
int fetch_forget_dump(const struct restore *r, struct error *e);
int fetch_forget(const struct restore *r, struct error *e);

#endif
