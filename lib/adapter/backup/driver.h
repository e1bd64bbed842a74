/* SPDX-License-Identifier: MIT */
/*
 * The one table that every backup engine fills: duplicity (adapter/backup/duplicity.h) and restic
 * (adapter/backup/restic.h). An engine stores the whole of one folder each time, and gives back what the
 * folder was at each of those times.
 *
 * The caller holds the backup lock: no other run of ours uses the target or the caches meanwhile.
 * Nothing secret is put into an argument list.
 */
#ifndef ADAPTER_BACKUP_DRIVER_H
#define ADAPTER_BACKUP_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/error.h"
#include "base/str.h"

struct engine_driver;

/* Where backups are kept, and what it takes to read and write there. All owned. */
struct engine {
	const struct engine_driver *driver;
	char *url;            /* as the engine wants it; may hold a password */
	struct strlist words; /* further options for every call */
	struct strlist env;   /* NAME=value for its environment */
	char *secret;         /* restic: the password of the repository */
	char *keyring;        /* duplicity: folder of GnuPG with the key in it (adapter/backup/gpg.h) */
	char *key;            /* duplicity: fingerprint to encrypt to; NULL: it only reads */
	char *state;          /* folder for what the engine remembers of the target; made where missing */
	char *temp;           /* folder for what is under way; there */
	long idle_ms;         /* for how long a call may do nothing before it is stopped */
	bool known;           /* a backup was made there before: a target without any is the wrong one */
	int version;          /* duplicity: first number of the program's version; set by open() */
};

/* One backup. */
struct engine_point {
	time_t when;
	char *id;  /* what the engine calls it */
	bool full; /* needs no earlier one */
};

struct engine_points {
	struct engine_point *item; /* the oldest first */
	size_t count;
};

struct engine_driver {
	const char *name;

	/*
	 * Looks whether the program is there, and makes a target ready that was never used (only where
	 * KEY or SECRET allow to write, and KNOWN is false). Not installed, no answer: 69.
	 */
	int (*open)(struct engine *g, struct error *e);

	/*
	 * The whole backups of the target. Half-written ones are left out. 69 where it does not answer; 78
	 * where key or password do not fit.
	 */
	int (*list)(struct engine *g, struct engine_points *out, struct error *e);

	/*
	 * Removes what a killed run left: its lock, where the owner is proven dead, and a half-written
	 * set. Nothing to do is no error.
	 */
	int (*clean)(struct engine *g, struct error *e);

	/*
	 * Stores the folder SOURCE, without the paths in EXCLUDE (relative to it). A file that could not be
	 * read is an error, and the backup is incomplete then.
	 */
	int (*backup)(struct engine *g, const char *source, const struct strlist *exclude,
		      struct error *e);

	/*
	 * Gives back PATH (relative to the source; NULL: all of it) as it was in POINT, as TO: a file or
	 * folder that is not there yet. PATH is not in that backup: 66.
	 */
	int (*restore)(struct engine *g, const struct engine_point *point, const char *path,
		       const char *to, struct error *e);

	/* Removes the backups that are too old, as the options or the engine's own rule say. */
	int (*forget)(struct engine *g, struct error *e);
};

/*
 * Fills G's words and env from OPTIONS: words separated by white space and quoted as in sh; those of the
 * form NAME=value that come first are variables for the engine's environment. A bad quote: 78.
 */
int engine_set_options(struct engine *g, const char *options, struct error *e);
void engine_free(struct engine *g);

/* URL for people: without a password. The caller frees it. */
char *engine_shown(const char *url);

/* The last point not after WHEN; NULL where there is none. */
const struct engine_point *engine_find(const struct engine_points *p, time_t when);
void engine_points_add(struct engine_points *p, time_t when, const char *id, bool full);
void engine_points_sort(struct engine_points *p);
void engine_points_free(struct engine_points *p);

/*
 * Takes the password out of "SCHEME://USER:PASSWORD@REST" and decodes its %XX; NULL where there is none. The
 * caller frees it.
 */
char *engine_take_password(char *url);

#endif
