/* SPDX-License-Identifier: MIT */
/*
 * The folder NAME_RESTORE_FOLDER of the vault, where the files of a restore lie beside the live ones: in one file system, so
 * that the swap is a few renames.
 *
 * The application owns the vault: it can rename that folder at any time, and put there what it likes under its name. So each
 * call below opens it anew without following a link, refuses (1) one that others than root can enter or change, and then
 * works by descriptor alone, the backup program too. What lies in one that is not root's was not put there by us.
 */
#ifndef APPLIANCE_BACKUP_BESIDE_H
#define APPLIANCE_BACKUP_BESIDE_H

#include "appliance/backup/fetch.h"
#include "base/error.h"

/* What is in it: what was fetched; what is being moved into the vault at the first boot; the files before a restore. */
#define BESIDE_NEW "new"
#define BESIDE_MOVING "in"
#define BESIDE_OLD "old"

/* Whether NAME is in it: 1 or 0; -1: that cannot be told. */
int beside_has(const struct fetched *f, const char *name, struct error *e);

/* Fetches the files as BESIDE_NEW, instead of what is there from before: fetch_files() says what is compared. */
int beside_fetch(struct fetched *f, struct error *e);

/* Moves all that is in NAME, which must be there, into the vault; the reverse, into NAME, which is made where missing. */
int beside_move_in(const struct fetched *f, const char *name, struct error *e);
int beside_move_out(const struct fetched *f, const char *name, struct error *e);

/*
 * Takes beside_move_out() back, and removes NAME: if that is not there, nothing was moved. Then an empty vault is an error:
 * somebody took NAME away.
 */
int beside_put_back(const struct fetched *f, const char *name, struct error *e);

int beside_rename(const struct fetched *f, const char *from, const char *to, struct error *e);

/* Removes the tree NAME; what cannot be removed is set aside (appliance/leftovers.h). */
int beside_discard(const struct fetched *f, const char *name, struct error *e);

/* Removes all that was fetched and not moved in, the dump too, in the same way; nothing there is no error. */
int beside_forget(const struct fetched *f, struct error *e);

#endif
