/* SPDX-License-Identifier: MIT */
/*
 * Growing strings, lists of strings, and memory that is there or the process ends (status 71):
 * a tool of this suite is small, and one that cannot have a kilobyte cannot undo anything either.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Runs FN(&variable) when the variable goes out of scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

void *mem_alloc(size_t size);             /* zeroed; never NULL */
void *mem_grow(void *p, size_t size);     /* realloc; never NULL */
char *mem_dup(const char *s);             /* strdup; never NULL; NULL gives NULL */
char *mem_dupn(const char *s, size_t n);  /* the first n bytes, with a 0 behind */
char *mem_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *mem_vformat(const char *fmt, va_list ap);
void mem_freep(void *p);                  /* for CLEANUP: frees *(void **)p */

/* A string of bytes: data is never NULL once something was added, and always ends with a 0. */
struct str {
	char *data;
	size_t len; /* bytes, without the final 0 */
	size_t cap;
};

void str_add(struct str *s, const char *text);
void str_addn(struct str *s, const char *bytes, size_t n);
void str_addc(struct str *s, char c);
void str_addf(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Adds TEXT, whoever wrote it, so that it is safe to print as one line on a terminal: without control sequences (ESC [,
 * ECMA-48), every other control character a '?'.
 */
void str_add_printable(struct str *s, const char *text);
const char *str_get(const struct str *s); /* "" where nothing was added */
void str_clear(struct str *s);            /* empties, keeps the memory */
void str_trim(struct str *s);             /* removes white space at the end */
void str_free(struct str *s);             /* frees and empties */

/* Whether TEXT begins or ends with the other. */
bool str_begins(const char *text, const char *with);
bool str_ends(const char *text, const char *with);

/*
 * The whole of TEXT as a decimal number from 0 to MAX; false where it is anything else
 * (a sign, white space, nothing, too large).
 */
bool str_number(const char *text, unsigned long long max, unsigned long long *value);

/* A list of strings that it owns; item[count] is always NULL once something was added. */
struct strlist {
	char **item;
	size_t count;
};

void strlist_add(struct strlist *l, const char *text); /* copies */
void strlist_addf(struct strlist *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strlist_take(struct strlist *l, char *text);      /* takes over */
void strlist_addv(struct strlist *l, const char *const *items); /* copies up to the NULL */
bool strlist_has(const struct strlist *l, const char *text);
void strlist_sort(struct strlist *l);                  /* C locale */
void strlist_free(struct strlist *l);

/* Adds each line of TEXT, without its newline; a last line needs none. */
void strlist_lines(struct strlist *l, const char *text);

/* The reverse: adds each item to TEXT as a line. */
void strlist_text(const struct strlist *l, struct str *text);

/* The list as an argument vector ({NULL} where it is empty); valid until the list changes. */
const char *const *strlist_argv(const struct strlist *l);

#endif
