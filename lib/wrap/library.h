/* SPDX-License-Identifier: MIT */
/*
 * Shared libraries that are loaded when they are first needed: linking libcurl and libarchive would
 * make each start of a tool load forty libraries, ten times the work of `ecs-env export`.
 */
#ifndef WRAP_LIBRARY_H
#define WRAP_LIBRARY_H

#include "base/error.h"

struct library_symbol {
	const char *name;
	void *slot; /* address of the pointer to the function */
};

/*
 * Loads SONAME for the rest of the process and fills the slots of SYMBOLS, up to the one without
 * name. A library or symbol that is missing: 69.
 */
int library_load(const char *soname, const struct library_symbol *symbols, struct error *e);

#endif
