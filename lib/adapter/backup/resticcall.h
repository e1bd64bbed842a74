/* SPDX-License-Identifier: MIT */
/* How the parts of the driver for restic (adapter/backup/restic.h) call it: repository and password in the environment. */
#ifndef ADAPTER_BACKUP_RESTICCALL_H
#define ADAPTER_BACKUP_RESTICCALL_H

#include <stdbool.h>

#include "adapter/backup/driver.h"
#include "sys/run.h"

enum { RESTIC_LOOK_MS = 30 * 60000L };

struct restic_call {
	const struct strlist *words;
	const char *dir; /* to run it in, or NULL */
	int fd;          /* for its stdout; 0: it is collected */
	long timeout_ms;
	int code;        /* as in run_check() */
};

int restic_call(const struct driver *g, const struct restic_call *c, struct run_result *res, struct error *e);

/* The same for WORDS up to a NULL that only look or clean up. */
int restic_look(const struct driver *g, const char *const *words, int code, struct run_result *res, struct error *e);

/* Adds the options of the environment that say what is kept (KEEP), or all the others. */
void restic_add_words(const struct driver *g, bool keep, struct strlist *argv);

/* Whether RES, of a call that failed, says for certain that there is no repository: other failures say nothing of it. */
bool restic_is_absent(const struct run_result *res);

/* "2026-11-23T01:34:36.358335194+01:00" as seconds since 1970; -1 for all else. */
time_t restic_read_time(const char *text);

/*
 * The part of TEXT, what a failed restic printed, that says why; NULL: its last line. Lines of advice follow the reason;
 * a crash of restic itself follows what led to it. The caller frees it.
 */
char *restic_reason(const char *text);

#endif
