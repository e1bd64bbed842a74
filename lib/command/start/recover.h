/* SPDX-License-Identifier: MIT */
/*
 * The first boot of an empty machine with recover.from_backup: the parts of command/start/start.h that fill the vault.
 */
#ifndef COMMAND_START_RECOVER_H
#define COMMAND_START_RECOVER_H

#include "appliance/backup/fetch.h"

/*
 * Fetches files and dump of the newest backup beside the empty vault, compared with the manifest; MAJOR is
 * PostgreSQL's version here. F has its root; the caller holds the appliance lock, the backup lock is taken meanwhile.
 * Enters mounts of its own.
 */
int recover_fetch(struct fetched *f, const struct env *env, int major, struct error *e);

/*
 * Once vault and database are what the backup held: this machine goes on with the backups of that appliance, and compares
 * its next one with the one that was fetched. Nothing was fetched: nothing. Before recover_forget().
 */
int recover_inherit(const char *root, struct error *e);

/* Removes what was fetched and not moved in. */
int recover_forget(const char *root, struct error *e);

/*
 * Moves the fetched files into the vault, which still has to be empty; the reverse, which touches nothing that was not
 * moved in.
 */
int recover_fill(const char *root, struct error *e);
int recover_empty(const char *root, struct error *e);

/* Whether files were moved in and recover_forget() did not end. */
bool recover_is_left(const char *root);

#endif
