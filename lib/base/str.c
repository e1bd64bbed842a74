/* SPDX-License-Identifier: MIT */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static void *need(void *p)
{
	if (p == NULL) {
		fputs("out of memory\n", stderr);
		exit(EX_OSERR);
	}
	return p;
}

void *mem_alloc(size_t size)
{
	return need(calloc(1, size ? size : 1));
}

void *mem_grow(void *p, size_t size)
{
	return need(realloc(p, size ? size : 1));
}

char *mem_dup(const char *s)
{
	return s ? need(strdup(s)) : NULL;
}

char *mem_dupn(const char *s, size_t n)
{
	char *p = mem_alloc(n + 1);

	if (n)
		memcpy(p, s, n);
	return p;
}

char *mem_vformat(const char *fmt, va_list ap)
{
	char *p = NULL;

	if (vasprintf(&p, fmt, ap) < 0)
		p = NULL;
	return need(p);
}

char *mem_format(const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = mem_vformat(fmt, ap);
	va_end(ap);
	return p;
}

void mem_freep(void *p)
{
	free(*(void **)p);
	*(void **)p = NULL;
}

void str_addn(struct str *s, const char *bytes, size_t n)
{
	if (s->len + n + 1 > s->cap) {
		s->cap = (s->len + n + 1) * 2;
		if (s->cap < 64)
			s->cap = 64;
		s->data = mem_grow(s->data, s->cap);
	}
	if (n)
		memcpy(s->data + s->len, bytes, n);
	s->len += n;
	s->data[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_addn(s, text, strlen(text));
}

void str_addc(struct str *s, char c)
{
	str_addn(s, &c, 1);
}

/* The length of the control sequence at P, 0 if there is none: ESC [, parameters, and one final byte. */
static size_t control_sequence(const char *p)
{
	const char *from = p;

	if (p[0] != '\033' || p[1] != '[')
		return 0;
	for (p += 2; *p >= 0x20 && *p < 0x40;)
		p++;
	return (size_t)(p - from) + (*p >= 0x40 && *p < 0x7f);
}

void str_add_printable(struct str *s, const char *text)
{
	while (*text) {
		size_t n = control_sequence(text);
		unsigned char c = (unsigned char)*text, next = c ? (unsigned char)text[1] : 0;
		bool c1 = c == 0xc2 && next >= 0x80 && next < 0xa0; /* U+0080 to U+009F: CSI and its like in one */

		if (n == 0)
			str_addc(s, c < 0x20 || c == 0x7f || c1 ? '?' : *text);
		text += n ? n : c1 ? 2 : 1;
	}
}

void str_addf(struct str *s, const char *fmt, ...)
{
	CLEANUP(mem_freep) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vformat(fmt, ap);
	va_end(ap);
	str_add(s, text);
}

const char *str_get(const struct str *s)
{
	return s->data ? s->data : "";
}

void str_clear(struct str *s)
{
	s->len = 0;
	if (s->data)
		s->data[0] = '\0';
}

void str_trim(struct str *s)
{
	while (s->len && memchr(" \t\r\n\v\f", s->data[s->len - 1], 6))
		s->data[--s->len] = '\0';
}

void str_free(struct str *s)
{
	free(s->data);
	*s = (struct str){0};
}

bool str_begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

bool str_ends(const char *text, const char *with)
{
	size_t n = strlen(text), m = strlen(with);

	return n >= m && memcmp(text + n - m, with, m) == 0;
}

bool str_number(const char *text, unsigned long long max, unsigned long long *value)
{
	unsigned long long v = 0;

	if (*text == '\0')
		return false;
	for (; *text; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (digit > 9 || digit > max || v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*value = v;
	return true;
}

void strlist_take(struct strlist *l, char *text)
{
	l->item = mem_grow(l->item, (l->count + 2) * sizeof *l->item);
	l->item[l->count++] = text;
	l->item[l->count] = NULL;
}

void strlist_add(struct strlist *l, const char *text)
{
	strlist_take(l, mem_dup(text));
}

void strlist_addf(struct strlist *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strlist_take(l, mem_vformat(fmt, ap));
	va_end(ap);
}

void strlist_addv(struct strlist *l, const char *const *items)
{
	for (; *items; items++)
		strlist_add(l, *items);
}

bool strlist_has(const struct strlist *l, const char *text)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->item[i], text) == 0)
			return true;
	return false;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strlist_sort(struct strlist *l)
{
	if (l->count)
		qsort(l->item, l->count, sizeof *l->item, compare);
}

void strlist_free(struct strlist *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->item[i]);
	free(l->item);
	*l = (struct strlist){0};
}

void strlist_lines(struct strlist *l, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		strlist_take(l, mem_dupn(text, n));
		text += n + (text[n] == '\n');
	}
}

void strlist_text(const struct strlist *l, struct str *text)
{
	for (size_t i = 0; i < l->count; i++)
		str_addf(text, "%s\n", l->item[i]);
}

const char *const *strlist_argv(const struct strlist *l)
{
	static const char *const none[] = {NULL};

	return l->item ? (const char *const *)l->item : none;
}
