/* SPDX-License-Identifier: MIT */
/*
 * The nightly backup (seed: "backup"). It has two halves:
 *
 * backup_take() runs under the appliance lock as a flow: vault and database are not empty; the application is
 * paused for the moment in which the vault is snapshotted and a transaction opened; the database is dumped.
 * backup_store() needs the backup lock alone, which the caller holds all the while: the vault of that
 * instant is mounted beside the dump at a place that never changes (NAME_STAGE), in mounts that
 * nobody else sees and that end with the process; env.yml and the manifest are laid beside them; all is stored, a
 * sample read back, and the backup recorded. A killed run leaves the snapshot BACKUP and what lies at NAME_STAGE: the
 * next run removes them, or the snapshot's own end after a week.
 */
#ifndef COMMAND_BACKUP_BACKUP_H
#define COMMAND_BACKUP_BACKUP_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "command/backup/stage.h"
#include "flow/flow.h"

extern const struct flow backup_flow;

/*
 * Looks at all that can be looked at before anything begins: environment, key, target (it is this machine's, and what a
 * killed run left there is removed), volume, database. B has what is asked. Enters mounts of its own. The caller holds
 * the backup lock, and frees B with backup_free() in any case.
 */
int backup_open(const char *root, const struct env *env, struct backup *b, struct error *e);

/* The first half; the caller holds the appliance lock too, and lets it go afterwards. */
int backup_take(struct backup *b, struct error *e);

/*
 * The second half. Whatever happens, nothing stays mounted, and snapshot and stage are removed. Code 2: the backup is
 * stored and recorded, and what is too old could not be forgotten; the next run tries again.
 */
int backup_store(struct backup *b, struct error *e);

/* Prints the steps of both that would be taken. */
void backup_print(const struct backup *b, FILE *to);

/* Says in one line, for people, what was done. */
void backup_say(const struct backup *b);

/*
 * Whether the last backup is good: made within the last 36 hours, whole, read back, and the newest of its
 * repository: 0, or -1 and 1 with the reason; 69 where the repository does not answer.
 */
int backup_check(const char *root, const struct env *env, struct error *e);

/*
 * Prints the backups of the repository, the one that was stored first first: "TIME<TAB>full|incremental<TAB>ID<TAB>NUMBER
 * <TAB>APPLIANCE" each, with "-" for what the list of the driver does not tell, or JSON.
 */
int backup_list(const char *root, const struct env *env, bool json, FILE *to, struct error *e);

/* For command/flows.c. */
void *backup_resume(const char *root, const struct flow_facts *facts, struct error *e);
void backup_delete(void *ctx);

#endif
