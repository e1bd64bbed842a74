/* SPDX-License-Identifier: MIT */
/*
 * The backups that a repository holds, and whether this machine may go on with them. A repository is one appliance's:
 * whose, its newest backup says. Of two that stored into one, each would push the other's out.
 *
 * The newest is the one that was stored last, whatever the clock said then: backups are numbered (struct manifest_head,
 * sequence), and are listed in that order.
 */
#ifndef APPLIANCE_BACKUP_CHAIN_H
#define APPLIANCE_BACKUP_CHAIN_H

#include <stdbool.h>

#include "appliance/backup/lastbackup.h"
#include "appliance/backup/manifest.h"
#include "appliance/backup/owner.h"
#include "appliance/backup/repository.h"

struct chain {
	/* asked */
	const char *root;
	struct repository *repository; /* open to be written to */
	bool adopt;    /* what is there becomes this machine's, whoever made it */
	bool look;     /* change nothing */

	/* found */
	struct driver_points points;
	struct owner owner;
	bool known;    /* the newest was not made here as far as the record tells, so its manifest was read, and it has one: */
	struct manifest_head head;
	struct manifest_totals totals;
	long long dump; /* bytes of the dump in it */
};

/*
 * Lists the repository, and makes sure that it is empty or this machine's, before anything there is changed: LAST is the
 * local record. Then what a killed run left there is removed, and the driver is told what the next backup is. A date that
 * is later than now is warned of. Another's: 78, with whose; it does not answer, or cannot be read: 69 and its like.
 * Frees C with chain_free() in any case.
 */
int chain_open(struct chain *c, const struct lastbackup *last, struct error *e);
void chain_free(struct chain *c); /* for CLEANUP too */

/* Fills LAST with what the newest backup there holds, where this machine knows of none there; see known. */
void chain_compare_with(const struct chain *c, struct lastbackup *last);

/* The newest of P, or NULL. */
const struct driver_point *chain_newest(const struct driver_points *p);

/* Warns of dates that cannot be right: later than now, or earlier than that of the backup before. */
void chain_warn_clock(const struct driver_points *p, const char *shown);

/* Reads manifest and totals of POINT. It has none: 66. DUMP, the bytes of its dump, may be NULL. */
int chain_read_manifest(struct repository *d, const struct driver_point *point, struct manifest_head *head,
			struct manifest_totals *totals, long long *dump, struct error *e);

/* Rows of all tables but those that come and go by the night. */
long long chain_lasting_rows(const struct manifest_head *h);

struct survey {
	size_t count;  /* of backups at appliance.backup.url */
	time_t newest;
	char *shown;   /* the URL for people; owned */
};

/*
 * How many backups there are, for a machine that is to begin anew. Takes the backup lock for TOOL meanwhile, and enters
 * mounts of its own. That it could not be found out is an error: 69, 75, 77 or 78.
 */
int chain_survey(const char *root, const struct env *env, const char *tool, struct survey *s, struct error *e);

#endif
