/* SPDX-License-Identifier: MIT */
/* How the parts of the driver for restic (adapter/backup/restic.h) call it: repository and password in the environment. */
#ifndef ADAPTER_BACKUP_RESTICCALL_H
#define ADAPTER_BACKUP_RESTICCALL_H

#include <stdbool.h>

#include "adapter/backup/driver.h"
#include "sys/run.h"

enum { RESTIC_LOOK_MS = 30 * 60000L };

/*
 * Runs restic with WORDS in the folder DIR (or NULL), its stdout to FD (or 0: collected). CODE as in
 * run_check().
 */
int restic_call(const struct driver *g, const struct strlist *words, const char *dir, int fd, long timeout_ms,
		int code, struct run_result *res, struct error *e);

/* The same for WORDS up to a NULL that only look or clean up. */
int restic_look(const struct driver *g, const char *const *words, int code, struct run_result *res, struct error *e);

/* Adds the options of the environment that say what is kept (KEEP), or all the others. */
void restic_add_words(const struct driver *g, bool keep, struct strlist *argv);

/* Whether RES, of a call that failed, says for certain that there is no repository: other failures say nothing of it. */
bool restic_is_absent(const struct run_result *res);

#endif
