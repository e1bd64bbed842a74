/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_CLONE_LIST_H
#define COMMAND_CLONE_LIST_H

#include <stddef.h>
#include <time.h>

#include "base/error.h"
#include "base/str.h"

/*
 * STATE is one of
 *	serves    all of its containers are healthy
 *	stopped   none runs
 *	failing   some run
 *	lost      a snapshot of it is gone, or was full
 *	unknown   the engine does not answer, or its record cannot be read
 */
struct clone_entry {
	char *name, *root;
	char *revision, *url;          /* NULL: its record cannot be read */
	time_t created;                /* 0: unknown */
	time_t expires;                /* 0: its snapshots are gone */
	long long containers, healthy; /* -1: the engine does not answer */
	const char *state;
};

struct clone_listing {
	struct clone_entry *item;
	size_t count;
};

/* The clones of ROOT, in order of their names. The caller frees L in any case. */
int clone_list(const char *root, struct clone_listing *l, struct error *e);
void clone_listing_free(struct clone_listing *l); /* for CLEANUP too */

/* Their names alone, which costs nothing: for completion. */
int clone_names(const char *root, struct strlist *names, struct error *e);

#endif
