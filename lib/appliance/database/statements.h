/* SPDX-License-Identifier: MIT */
/*
 * SQL text as pg_dump writes it, split into statements, and these into words. The text is not trusted: it is only split
 * here. Each statement that is run is sent to the server by itself, and the server refuses a second one in it.
 */
#ifndef APPLIANCE_DATABASE_STATEMENTS_H
#define APPLIANCE_DATABASE_STATEMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/*
 * A word is a name, a keyword or a number, something quoted ("x", 'x', E'x', $tag$x$tag$) with its quotes, or
 * any other single character. Comments and psql's commands are no words.
 */
struct statement {
	char *text; /* without the semicolon */
	struct strlist word;
};

struct statements {
	struct statement *item;
	size_t count;
};

/* Adds the statements of TEXT. What is quoted and not closed goes on to the end of TEXT. */
void statements_split(const char *text, struct statements *out);
void statements_free(struct statements *s); /* for CLEANUP too */

/* Whether its first words are those of START, in upper or lower case; one space stands between two words of START. */
bool statement_begins(const struct statement *s, const char *start);

/* The index of the last word that is KEYWORD, or the number of its words. */
size_t statement_last(const struct statement *s, const char *keyword);

/* Its words from FROM on, one space between two; the caller frees it. */
char *statement_join(const struct statement *s, size_t from);

/* The name that word INDEX writes, without quotes; "" where there is no such word. The caller frees it. */
char *statement_name(const struct statement *s, size_t index);

/* Word INDEX becomes TEXT. */
void statement_replace(struct statement *s, size_t index, const char *text);

#endif
