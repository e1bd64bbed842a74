/* SPDX-License-Identifier: MIT */
/*
 * What a tool prints one record a line ("a<TAB>b"), shown to a person: aligned, with heads, sizes and times in words. A
 * pipe and a file get the records as they are, byte for byte.
 */
#ifndef CMD_TOOL_TABLE_H
#define CMD_TOOL_TABLE_H

#include <stdio.h>

#include "base/str.h"

struct json;

enum table_kind {
	TABLE_TEXT,
	TABLE_STATE,   /* a word that gets a colour where it calls for attention */
	TABLE_BYTES,   /* a number of bytes, at the right */
	TABLE_PERCENT, /* a number, at the right */
	TABLE_SPAN,    /* 2026-01-02T03:04:05Z as "in 2d4h" */
	TABLE_MOMENT,  /* the same, the moment itself in front: one that is typed again */
	TABLE_COMMIT   /* its first twelve digits */
};

struct table_column {
	const char *head; /* NULL ends the list */
	enum table_kind kind;
};

struct table {
	const char *record; /* the first field of its records, which is not a column; NULL: all records are its */
	bool plain;         /* no heads; the first column is the name of the record */
	struct table_column column[10];
};

/* Prints RECORDS to stdout: to a terminal as TABLES (which end with an entry without columns), else as they are. */
void table_print(const struct table *tables, const struct str *records);

/*
 * The same of records that another function prints: to the stream, which table_end() closes. It collects in *TEXT and *LEN,
 * which must stay until then.
 */
FILE *table_begin(char **text, size_t *len);
void table_end(FILE *stream, const struct table *tables, char **text, size_t *len);

/* Prints lines of TEXT to stdout; to a terminal without control characters, whoever wrote it. */
void table_text(const struct str *text);

/* Prints it to stdout, as every --json. */
void table_json(const struct json *j);

#endif
