/* SPDX-License-Identifier: MIT */
/* A folder that was restored, compared with the manifest of its backup. */
#ifndef APPLIANCE_BACKUP_VERIFY_H
#define APPLIANCE_BACKUP_VERIFY_H

#include "base/error.h"
#include "base/str.h"

struct verify_report {
	long long files, bytes;  /* compared, and the same */
	long long differences;
	struct strlist lines;    /* the first of them: "missing: NAME", "more: NAME", "differs: NAME (WHAT)" */
};

void verify_report_free(struct verify_report *r);

enum { MANIFEST_CONTENT = 1, MANIFEST_OWNERS = 2 };

/*
 * Compares the folder TREE with what the manifest says of the folder PART of the backup (NULL: of all of
 * it): names, kinds, sizes, times of files, modes, targets of links; with MANIFEST_CONTENT digests, with
 * MANIFEST_OWNERS owners. SKIP are paths in TREE that may be there all the same. Differences are no
 * failure: the report tells them.
 */
int verify_compare(const char *path, const char *part, const char *tree, unsigned what,
		     const struct strlist *skip, struct verify_report *report, struct error *e);

#endif
