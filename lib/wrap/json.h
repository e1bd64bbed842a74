/* SPDX-License-Identifier: MIT */
/*
 * JSON (RFC 8259) by jansson, whose own names begin with json_: ours begin with jv_. A struct json is
 * one value; those got from inside it live as long as it.
 */
#ifndef WRAP_JSON_H
#define WRAP_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

struct json; /* opaque: a json_t */

/* Parses TEXT; NAME stands in the message "NAME:LINE:COLUMN: what" (65). The caller frees it. */
struct json *jv_parse(const char *text, size_t len, const char *name, struct error *e);
void jv_delete(struct json *j);
void jv_deletep(struct json **j); /* for CLEANUP */

/* Reading. A NULL or a value of another type gives NULL, 0, false: absent and wrong are one. */
const struct json *jv_get(const struct json *object, const char *key);
const struct json *jv_path(const struct json *object, const char *dotted); /* "a.b.c" */
const struct json *jv_at(const struct json *array, size_t index);
size_t jv_count(const struct json *j); /* of an array or an object */
const char *jv_text(const struct json *j);           /* of a string; else NULL */
const char *jv_get_text(const struct json *object, const char *key);
long long jv_number(const struct json *j, long long otherwise); /* of an integer, or a string of digits */
bool jv_true(const struct json *j);
bool jv_is_array(const struct json *j);
bool jv_is_object(const struct json *j);
/* Calls FN for each member of an object, in the order of the text, until it returns non-zero. */
int jv_each(const struct json *object, int (*fn)(void *arg, const char *key, const struct json *value),
	      void *arg);

/* Writing. The caller frees the outermost one; what is set or added belongs to its parent. */
struct json *jv_object(void);
struct json *jv_array(void);
struct json *jv_copy(const struct json *j); /* NULL: null */
void jv_set_text(struct json *object, const char *key, const char *value); /* NULL: null */
void jv_set_number(struct json *object, const char *key, long long value);
void jv_set_known(struct json *object, const char *key, long long value, bool known); /* not known: null */
void jv_set_bool(struct json *object, const char *key, bool value);
void jv_set(struct json *object, const char *key, struct json *value); /* takes over */
void jv_add(struct json *array, struct json *value);                   /* takes over */
void jv_add_text(struct json *array, const char *value);

/* Appends the value as text, keys in order of insertion; INDENT 0 gives one line. */
void jv_write(const struct json *j, int indent, struct str *out);

#endif
