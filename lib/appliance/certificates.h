/* SPDX-License-Identifier: MIT */
/*
 * What nginx serves TLS with: the pair of env.yml, else one signed by itself and kept while it is valid and
 * its name fits; and the authority of client certificates, else one that nobody holds the key of.
 */
#ifndef APPLIANCE_CERTIFICATES_H
#define APPLIANCE_CERTIFICATES_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "appliance/appliance.h"

struct certificates {
	struct str key, cert, ca; /* PEM; empty: must be made */
	bool own;                 /* KEY and CERT come from env.yml */
	bool published;           /* nginx has exactly these */
};

void certificates_free(struct certificates *t);

/*
 * Finds what is to be served, and changes nothing. A pair of env.yml that does not belong together or cannot be
 * read: 78; one that has expired or is for another name is served all the same, with a warning.
 */
int certificates_look(const struct appliance *a, struct certificates *t, struct error *e);

/* Makes what is missing, and publishes all where nginx reads it. */
int certificates_publish(const struct appliance *a, struct certificates *t, struct error *e);

#endif
