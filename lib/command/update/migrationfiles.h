/* SPDX-License-Identifier: MIT */
/*
 * Migration files that differ between two revisions of the application: migrations/NNNN_*.py at any depth, in
 * its submodules too. What is added, changed, renamed or deleted is a difference; a git that cannot tell is an
 * error, never "no migration".
 */
#ifndef COMMAND_UPDATE_MIGRATIONFILES_H
#define COMMAND_UPDATE_MIGRATIONFILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

struct migration {
	char status; /* A, M, D, R as git tells it */
	char *path;  /* the bytes of its name; of R the new one */
};

struct migrationfiles {
	struct migration *item;
	size_t count;
};

/*
 * What differs from the commit FROM to the commit TO (full ids) of the checkout DIR. 66: a submodule that
 * changed is not there; 74: git failed.
 */
int migrationfiles_compare(const char *dir, const char *from, const char *to, struct migrationfiles *m,
		       struct error *e);
void migrationfiles_free(struct migrationfiles *m);

/*
 * PATH for one line of text: as it is, or, with control characters in it, quoted as git does; with UTF8 also
 * where it is none. The caller frees it.
 */
char *migrationfiles_path_text(const char *path, bool utf8);

/*
 * The migrations "app.NNNN_name" that a path stands for: app is the folder above migrations. Django's own
 * label may differ, so it serves a comparison with what the image says, never a decision. The caller frees it.
 */
char *migrationfiles_label(const char *path);

#endif
