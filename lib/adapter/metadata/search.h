/* SPDX-License-Identifier: MIT */
/* What the sources of metadata.h share while they are asked, one after the other. */
#ifndef ADAPTER_METADATA_SEARCH_H
#define ADAPTER_METADATA_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "adapter/metadata/result.h"
#include "base/error.h"

struct search {
	const char *root;
	const char *url; /* $ECS_METADATA_URL without a slash at its end, or NULL */
	size_t max;      /* bytes that a source may give */
	metadata_judge *judge;
	struct metadata *m; /* M->source is the source being asked */
	bool silent;        /* a source that should have answered did not */
};

/* Notes in M->tried why the present source is not the one, and forgets its data. Returns 0. */
int search_not_here(struct search *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same for a source that failed with WHY: it is passed over, 0. One that holds too much ends the search: -1. */
int search_not_readable(struct search *s, const struct error *why, struct error *e);

/* Asks the judge about M->data, which came from WHERE: 1 it is what is looked for, 0 it is not (noted), -1 it is broken. */
int search_judge(struct search *s, const char *where, struct error *e);

#endif
