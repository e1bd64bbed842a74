/* SPDX-License-Identifier: MIT */
/*
 * Shared libraries that are loaded when they are first needed: linking libcurl and libarchive would
 * make each start of a tool load forty libraries, ten times the work of `ecs-env export`.
 */
#ifndef WRAP_LIBRARY_H
#define WRAP_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct library_symbol {
	const char *name;
	void *slot; /* address of the pointer to the function */
};

/*
 * Loads SONAME for the rest of the process, fills the slots of SYMBOLS, up to the one without name, and sets *LOADED;
 * where that is set it does nothing. A library or symbol that is missing: 69.
 */
int library_load(const char *soname, const struct library_symbol *symbols, bool *loaded, struct error *e);

/*
 * For a file that wraps a library: FUNCTIONS(X) is X(name) for each function that it calls, which is lib.name() once
 * load() has returned 0. That does its work once; -1 as library_load().
 */
#define LIBRARY(functions, soname)                                                                            \
	static struct {                                                                                       \
		functions(LIBRARY_MEMBER)                                                                     \
		bool loaded;                                                                                  \
	} lib;                                                                                                \
	static int load(struct error *e)                                                                      \
	{                                                                                                     \
		static const struct library_symbol symbols[] = {functions(LIBRARY_SYMBOL){NULL, NULL}};       \
		return library_load(soname, symbols, &lib.loaded, e);                                         \
	}
#define LIBRARY_MEMBER(name) __typeof__(name) *name;
#define LIBRARY_SYMBOL(name) {#name, &lib.name},

#endif
