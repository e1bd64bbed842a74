/* SPDX-License-Identifier: MIT */
#include "env/mime.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"

enum { DEPTH = 4, PARTS = 64, HEAD = 4096 };

struct walk {
	const char *name;
	int (*fn)(void *arg, const char *type, struct str *body, struct error *e);
	void *arg;
	struct error *e;
	size_t parts;
};

/* A message or a part of one: the header's three lines that matter, and where the body is. */
struct part {
	struct str type, boundary, encoding;
	const char *body;
	size_t len;
};

static void part_free(struct part *p)
{
	str_free(&p->type);
	str_free(&p->boundary);
	str_free(&p->encoding);
}

/* The length of the line at P, with its end. */
static size_t line_len(const char *p, size_t len)
{
	const char *end = len ? memchr(p, '\n', len) : NULL;

	return end ? (size_t)(end - p) + 1 : len;
}

static bool line_empty(const char *p, size_t n)
{
	return (n == 1 && p[0] == '\n') || (n == 2 && p[0] == '\r' && p[1] == '\n');
}

bool mime_is(const char *text, size_t len)
{
	size_t at = 0;

	if (len > HEAD)
		len = HEAD;
	while (at < len) {
		size_t n = line_len(text + at, len - at);

		if (line_empty(text + at, n))
			return false;
		if (strncasecmp(text + at, "mime-version:", 13) == 0 ||
		    strncasecmp(text + at, "content-type:", 13) == 0)
			return true;
		if (text[at] == '#' || memchr(text + at, ':', n) == NULL)
			return false;
		at += n;
	}
	return false;
}

/* --- the header ------------------------------------------------------------------------------- */

/*
 * Puts what stands at P up to one of ENDS, or between quotes, into OUT, in lower case where LOWER.
 */
static void take_word(const char *p, const char *ends, bool lower, struct str *out)
{
	bool quoted = *p == '"';

	str_clear(out);
	for (p += quoted; *p && (quoted ? *p != '"' : strchr(ends, *p) == NULL); p++) {
		if (quoted && *p == '\\' && p[1])
			p++;
		str_addc(out, lower ? (char)tolower((unsigned char)*p) : *p);
	}
}

static void read_type(struct part *p, const char *value)
{
	const char *at = value;

	take_word(value, "; \t", true, &p->type);
	while ((at = strchr(at, ';')) != NULL) {
		at += 1 + strspn(at + 1, " \t");
		if (strncasecmp(at, "boundary=", 9) == 0)
			take_word(at + 9, "; \t", false, &p->boundary);
	}
}

static void read_field(struct part *p, const char *line)
{
	const char *colon = strchr(line, ':');
	const char *value = colon ? colon + 1 + strspn(colon + 1, " \t") : NULL;

	if (value == NULL)
		return;
	if (strncasecmp(line, "content-type:", 13) == 0)
		read_type(p, value);
	else if (strncasecmp(line, "content-transfer-encoding:", 26) == 0)
		take_word(value, "; \t", true, &p->encoding);
}

/*
 * Reads the header at TEXT and leaves the body in P. A line that begins with white space goes on
 * with the last.
 */
static void read_header(struct part *p, const char *text, size_t len)
{
	CLEANUP(str_free) struct str field = {0};

	while (len) {
		size_t n = line_len(text, len);
		bool empty = line_empty(text, n);

		if (empty || (text[0] != ' ' && text[0] != '\t')) {
			read_field(p, str_get(&field));
			str_clear(&field);
		}
		if (!empty)
			str_addn(&field, text, n);
		str_trim(&field);
		text += n;
		len -= n;
		if (empty)
			break;
	}
	read_field(p, str_get(&field));
	p->body = text;
	p->len = len;
}

/* --- the body --------------------------------------------------------------------------------- */

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
				      : -1;
}

static void unquote(const char *p, size_t len, struct str *out)
{
	for (size_t i = 0; i < len; i++) {
		size_t left = len - i - 1;

		if (p[i] != '=') {
			str_addc(out, p[i]);
		} else if (left >= 1 && p[i + 1] == '\n') {
			i++;
		} else if (left >= 2 && p[i + 1] == '\r' && p[i + 2] == '\n') {
			i += 2;
		} else if (left >= 2 && hex(p[i + 1]) >= 0 && hex(p[i + 2]) >= 0) {
			str_addc(out, (char)(hex(p[i + 1]) << 4 | hex(p[i + 2])));
			i += 2;
		} else {
			str_addc(out, '=');
		}
	}
}

static int decode(struct walk *w, const struct part *p, struct str *out)
{
	const char *how = str_get(&p->encoding);

	if (strcmp(how, "base64") == 0) {
		if (!base64_decode(p->body, p->len, out))
			return error_set(w->e, EX_DATAERR, "%s:1:1: a part that is not valid base64",
					 w->name);
	} else if (strcmp(how, "quoted-printable") == 0) {
		unquote(p->body, p->len, out);
	} else if (*how == '\0' || strcmp(how, "7bit") == 0 || strcmp(how, "8bit") == 0 ||
		   strcmp(how, "binary") == 0) {
		str_addn(out, p->body, p->len);
	} else {
		return error_set(w->e, EX_DATAERR, "%s:1:1: a part with the unknown encoding '%s'",
				 w->name, how);
	}
	return 0;
}

static int walk(struct walk *w, const char *text, size_t len, int depth);

/* Whether the line at P is "--BOUNDARY" (1) or "--BOUNDARY--" (2). */
static int delimiter(const struct part *p, const char *line, size_t n)
{
	size_t m = p->boundary.len;

	if (n < m + 2 || line[0] != '-' || line[1] != '-' ||
	    memcmp(line + 2, p->boundary.data, m) != 0)
		return 0;
	line += m + 2;
	n -= m + 2;
	if (n >= 2 && line[0] == '-' && line[1] == '-')
		return 2;
	for (size_t i = 0; i < n; i++)
		if (!isspace((unsigned char)line[i]))
			return 0;
	return 1;
}

/* The bytes of a part, without the line end that belongs to the delimiter after it. */
static size_t without_end(const char *begin, const char *end)
{
	if (end > begin && end[-1] == '\n')
		end--;
	if (end > begin && end[-1] == '\r')
		end--;
	return (size_t)(end - begin);
}

static int walk_parts(struct walk *w, const struct part *p, int depth)
{
	const char *begin = NULL, *at = p->body, *end = p->body + p->len;

	if (p->boundary.len == 0)
		return error_set(w->e, EX_DATAERR, "%s:1:1: the multipart header has no boundary", w->name);
	while (at < end) {
		size_t n = line_len(at, (size_t)(end - at));
		int what = delimiter(p, at, n);

		if (what && begin && walk(w, begin, without_end(begin, at), depth + 1) != 0)
			return -1;
		at += n;
		if (what)
			begin = at;
		if (what == 2)
			return 0;
	}
	return error_set(w->e, EX_DATAERR, "%s:1:1: the multipart ends too early", w->name);
}

static int walk(struct walk *w, const char *text, size_t len, int depth)
{
	CLEANUP(part_free) struct part p = {0};
	CLEANUP(str_free) struct str body = {0};

	if (depth > DEPTH || ++w->parts > PARTS)
		return error_set(w->e, EX_DATAERR, "%s:1:1: too many parts", w->name);
	read_header(&p, text, len);
	if (str_begins(str_get(&p.type), "multipart/"))
		return walk_parts(w, &p, depth);
	if (decode(w, &p, &body) != 0)
		return -1;
	return w->fn(w->arg, p.type.len ? p.type.data : "text/plain", &body, w->e);
}

int mime_each(const char *name, const char *text, size_t len,
	      int (*fn)(void *arg, const char *type, struct str *body, struct error *e), void *arg,
	      struct error *e)
{
	struct walk w = {.name = name, .fn = fn, .arg = arg, .e = e};

	return walk(&w, text, len, 0);
}
