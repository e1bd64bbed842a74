/* SPDX-License-Identifier: MIT */
/*
 * The one table that every backup driver fills: duplicity (adapter/backup/duplicity.h) and restic
 * (adapter/backup/restic.h). A driver stores the whole of one folder each time, and gives back what the
 * folder was at each of those times.
 *
 * The caller holds the backup lock: no other run of ours uses the target or the caches meanwhile.
 * Nothing secret is put into an argument list.
 */
#ifndef ADAPTER_BACKUP_DRIVER_H
#define ADAPTER_BACKUP_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "base/error.h"
#include "base/str.h"

struct driver_table;

/* Numbers of backups are below this one: a repository with a larger one is refused (appliance/backup/chain.h). */
enum { DRIVER_NUMBER_MAX = 1000000000 };

/* Where backups are kept, and what it takes to read and write there. All owned. */
struct driver {
	const struct driver_table *table;
	char *url;            /* as the driver wants it; may hold a password */
	struct strlist words; /* further options for every call */
	struct strlist env;   /* NAME=value for its environment */
	char *secret;         /* restic: the password of the repository */
	char *keyring;        /* duplicity: folder of GnuPG with the key in it (adapter/backup/gpg.h) */
	char *key;            /* duplicity: fingerprint to encrypt to; NULL: it only reads */
	char *state;          /* folder for what the driver remembers of the target; made where missing */
	char *temp;           /* folder for what is under way; there */
	long idle_ms;         /* for how long a call may do nothing before it is stopped */
	bool known;           /* a backup was made there before: a target without any is the wrong one */
	bool looks;           /* this run only reads: it must not make or change anything there */
	int version;          /* duplicity: first number of the program's version; set by open() */

	/* whose backups are stored and forgotten (appliance/backup/chain.h); not needed to read */
	char *appliance;      /* the id of the appliance */
	long long sequence;   /* the number of the backup to be stored: more than any there has */
	time_t clock;         /* the time to store it under where the clock is behind the newest there; else 0 */
	bool whole;           /* those there that bear no id are this appliance's, too */

	bool absent;          /* set by list(): the target answers, and nothing was ever made there */
	bool cleaned;         /* set by clean(): a half-written set was removed */
};

/* One backup. */
struct driver_point {
	time_t when;
	char *id;  /* what the driver calls it */
	bool full; /* needs no earlier one */
	long long sequence; /* its number among the backups of its appliance; 0: the list does not tell it */
	char *appliance;    /* the id of that; NULL: the list does not tell it */
};

struct driver_points {
	struct driver_point *item; /* in the order in which they were stored, whatever the clock said then */
	size_t count;
};

struct driver_table {
	const char *name;

	/*
	 * Looks whether the program is there, and makes a target ready that was never used (only where
	 * KEY or SECRET allow to write, and neither KNOWN nor LOOKS is set). Not installed, no answer: 69.
	 */
	int (*open)(struct driver *g, struct error *e);

	/*
	 * The whole backups of the target. Half-written ones are left out. 69 where it does not answer; 78
	 * where key or password do not fit.
	 */
	int (*list)(struct driver *g, struct driver_points *out, struct error *e);

	/*
	 * Removes what a killed run left, and says so: its lock, where the owner is proven dead, and a
	 * half-written set. Nothing to do is no error. Only for a target that is this appliance's.
	 */
	int (*clean)(struct driver *g, struct error *e);

	/*
	 * Stores the folder SOURCE, without the paths in EXCLUDE (relative to it). A file that could not be
	 * read is an error, and the backup is incomplete then.
	 */
	int (*backup)(struct driver *g, const char *source, const struct strlist *exclude,
		      struct error *e);

	/*
	 * Gives back PATH (relative to the source; NULL: all of it) as it was in POINT, as TO: a file or
	 * folder that is not there yet. PATH is not in that backup: 66. What TO is then, whoever can write to the target
	 * may have chosen: see driver_restore().
	 */
	int (*restore)(struct driver *g, const struct driver_point *point, const char *path,
		       const char *to, struct error *e);

	/* Removes this appliance's backups that are too old, as the options or the driver's own rule say. */
	int (*forget)(struct driver *g, struct error *e);
};

/*
 * Fills G's words and env from OPTIONS: words separated by white space and quoted as in sh; those of the
 * form NAME=value that come first are variables for the driver's environment. A bad quote: 78.
 */
int driver_set_options(struct driver *g, const char *options, struct error *e);
void driver_free(struct driver *g);

/*
 * As restore() of G's table, where PATH must be of the kind KIND: S_IFREG or S_IFDIR of stat(2). Another is refused (65): a
 * link would lead root elsewhere, a pipe would hold it up. It is removed then, unless it is a folder.
 */
int driver_restore(struct driver *g, const struct driver_point *point, const char *path, const char *to, mode_t kind,
		   struct error *e);

/* Whether TEXT is the id of an appliance: 16 hexadecimal digits. */
enum { DRIVER_ID = 16 };
bool driver_is_id(const char *text);

/* URL for people: without a password. The caller frees it. */
char *driver_shown(const char *url);

/* Of the points dated WHEN or before, the one with the latest date (not the one stored last); NULL where there is none. */
const struct driver_point *driver_find(const struct driver_points *p, time_t when);

/* Adds one without number and appliance, and returns it: valid until the next is added. */
struct driver_point *driver_points_add(struct driver_points *p, time_t when, const char *id, bool full);

/* Brings them into the order of their numbers; those without one come first, by their time. */
void driver_points_sort(struct driver_points *p);
void driver_points_free(struct driver_points *p);

/*
 * Takes the password out of "SCHEME://USER:PASSWORD@REST" and decodes its %XX; NULL where there is none. The
 * caller frees it.
 */
char *driver_take_password(char *url);

#endif
