/* SPDX-License-Identifier: MIT */
/*
 * Flattening (design: "env.yml"): the trees of an env.yml as variables of an environment. Names are
 * joined with "_", in upper case; a list becomes NAME_0, NAME_1, … and NAME_LEN; an empty map is
 * nothing.
 */
#ifndef ENV_FLATTEN_H
#define ENV_FLATTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

struct yv_node;

struct flat_variable {
	char *name;
	char *value; /* stripped; true or false for a boolean; NULL for a null */
	unsigned line, column;
};

struct flat {
	/* Sorted by name in the C locale once flat_sort() succeeded. */
	struct flat_variable *variable;
	size_t count;
	size_t bytes; /* that the environment takes */
};

/*
 * What is refused because no program could be started with it. Linux takes 128 KiB of one variable (MAX_ARG_STRLEN),
 * and 2 MiB of all with the arguments (a quarter of the stack): the tools add a little to both. Short texts in deep
 * trees have long names.
 */
enum { FLAT_VALUE_MAX = 127 << 10, FLAT_MAX = 3 << 19 }; /* bytes: of "NAME=value", of all with their pointers */

/*
 * Adds the variables of NODE, whose keys are names already (env_parse() saw to that); TOP is its
 * key.
 */
void flat_add(struct flat *flat, const char *top, const struct yv_node *node);

/* Sorts. Two variables of one name, or more than FLAT_VALUE_MAX or FLAT_MAX bytes: 65, "FILE:LINE:COLUMN: what". */
int flat_sort(struct flat *flat, const char *file, struct error *e);

void flat_free(struct flat *flat);

/*
 * Appends "NAME=value\n", which sh can source, quoted only where it needs that, as Python's
 * shlex.quote() does: "NAME=" for a null, "NAME=''" for an empty text.
 */
void flat_print(const struct flat_variable *v, struct str *out);

/*
 * The LEN bytes of TEXT without white space (Unicode's, as Python's strip()) at both ends; the
 * caller frees it.
 */
char *flat_strip(const char *text, size_t len);

#endif
