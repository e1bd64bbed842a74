/* SPDX-License-Identifier: MIT */
/*
 * A folder that was restored, compared with the manifest of its backup.
 *
 * The manifest records more than a backup program keeps (duplicity: no time before 1970, no fraction of a second, no
 * attribute, no hard link; restic: no time after 2262, no link whose target is not UTF-8): what it says of an entry beside
 * its content can be set from it. What still differs is reported.
 */
#ifndef APPLIANCE_BACKUP_VERIFY_H
#define APPLIANCE_BACKUP_VERIFY_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

/* The worst first: this is the order in which a report lists them. */
enum verify_what {
	VERIFY_CONTENT, VERIFY_SIZE, VERIFY_KIND, VERIFY_ROWS, VERIFY_MISSING, VERIFY_EXTRA, VERIFY_TARGET, VERIFY_OWNER,
	VERIFY_MODE, VERIFY_ATTRIBUTES, VERIFY_TIME
};

struct verify_difference {
	enum verify_what what;
	char *path;         /* in the folder; of rows: the table */
	char *wanted, *got; /* for people; "-" where there is none */
};

struct verify_report {
	long long files, bytes; /* compared, and the same */
	long long mended;       /* entries of which something was set from the manifest, fractions of a second aside */
	long long differences;  /* those that are left, or that cannot be mended */
	struct verify_difference *item; /* the first of them; verify_sort() orders them */
	size_t count;
};

void verify_report_free(struct verify_report *r); /* for CLEANUP too */

/* Adds one difference; WANTED and GOT may be NULL. */
void verify_add(struct verify_report *r, enum verify_what what, const char *path, const char *wanted, const char *got);
void verify_sort(struct verify_report *r);

const char *verify_word(enum verify_what what); /* "content" */

/* Adds D as one line: "content of 'NAME': WANTED in the manifest, GOT in the backup". */
void verify_format(const struct verify_difference *d, struct str *out);

/* Writes R as PATH: a line of names, then WHAT<TAB>PATH<TAB>WANTED<TAB>GOT for each, escaped as in a manifest. */
int verify_write(const struct verify_report *r, const char *path, struct error *e);

struct verify {
	const char *manifest; /* its path */
	const char *part;     /* the folder of the backup that is compared; NULL: all of it */
	const char *tree;     /* the folder to compare */
	const struct strlist *skip; /* paths in TREE that may be there all the same; or NULL */
	bool mend;            /* set all but the content as the manifest says, without setuid, setgid and capabilities of
				 files; nobody else may change TREE then */
};

/*
 * Compares names, kinds, sizes, contents, targets of links, owners, modes, attributes, and times (in seconds; of folders
 * they are only set). Differences are no failure: they are added to REPORT.
 */
int verify_compare(const struct verify *v, struct verify_report *report, struct error *e);

#endif
