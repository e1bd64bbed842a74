/* SPDX-License-Identifier: MIT */
/*
 * The top of the vault: what the application put there, moved as a whole. What is ours or the file system's (snapshots,
 * the folder of a restore, lost+found) stays.
 */
#ifndef APPLIANCE_VOLUME_VAULT_H
#define APPLIANCE_VOLUME_VAULT_H

#include "base/error.h"

/* Whether the folder VAULT holds nothing of the application's: 1 or 0; a missing one is empty. -1 on failure. */
int vault_is_empty(const char *vault, struct error *e);

/* Renames all that is the application's from the open folder FROM into TO, of one file system, and flushes both. */
int vault_move(int from, int to, struct error *e);

#endif
