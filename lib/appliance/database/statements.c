/* SPDX-License-Identifier: MIT */
#include "appliance/database/statements.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool is_space(char c)
{
	return c && strchr(" \t\r\n\f\v", c) != NULL;
}

/* Behind the closing QUOTE of what opens at P; a doubled one does not close it. */
static const char *end_of_quoted(const char *p, char quote, bool escapes)
{
	for (p++; *p; p++) {
		if (escapes && *p == '\\' && p[1])
			p++;
		else if (*p == quote && p[1] == quote)
			p++;
		else if (*p == quote)
			return p + 1;
	}
	return p;
}

/* Behind $tag$…$tag$ at P; NULL where P does not open one. */
static const char *end_of_dollars(const char *p)
{
	CLEANUP(mem_freep) char *tag = NULL;
	const char *q = p + 1, *end;

	while (is_word(*q))
		q++;
	if (*q != '$' || (p[1] >= '0' && p[1] <= '9'))
		return NULL;
	tag = mem_dupn(p, (size_t)(q + 1 - p));
	end = strstr(q + 1, tag);
	return end ? end + strlen(tag) : q + strlen(q);
}

static const char *end_of_word(const char *p)
{
	const char *q = p;

	if (*p == '"' || *p == '\'')
		return end_of_quoted(p, *p, false);
	if (*p == '$' && (q = end_of_dollars(p)) != NULL)
		return q;
	for (q = p; is_word(*q) || (q > p && *q == '$'); q++)
		;
	if (q == p + 1 && (*p == 'E' || *p == 'e') && *q == '\'')
		return end_of_quoted(q, '\'', true);
	return q > p ? q : p + 1;
}

/* Past white space, comments, and psql's commands, which stand where a statement may BEGIN. */
static const char *skip_blank(const char *p, bool begin)
{
	for (;;) {
		if (is_space(*p))
			p++;
		else if ((p[0] == '-' && p[1] == '-') || (begin && *p == '\\'))
			p += strcspn(p, "\n");
		else
			return p;
	}
}

/* The statement at P, which is not at its end. Returns what follows. */
static const char *split_one(const char *p, struct statements *out)
{
	struct statement s = {0};
	const char *begin = p, *end = p;

	while (*p && *p != ';') {
		end = end_of_word(p);
		strlist_take(&s.word, mem_dupn(p, (size_t)(end - p)));
		p = skip_blank(end, false);
	}
	if (s.word.count == 0)
		return p + 1;
	s.text = mem_dupn(begin, (size_t)(end - begin));
	out->item = mem_grow(out->item, (out->count + 1) * sizeof *out->item);
	out->item[out->count++] = s;
	return *p ? p + 1 : p;
}

void statements_split(const char *text, struct statements *out)
{
	for (const char *p = skip_blank(text, true); *p; p = skip_blank(p, true))
		p = split_one(p, out);
}

void statements_free(struct statements *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->item[i].text);
		strlist_free(&s->item[i].word);
	}
	free(s->item);
	*s = (struct statements){0};
}

bool statement_begins(const struct statement *s, const char *start)
{
	size_t n;

	for (size_t i = 0; *start; i++, start += n + (start[n] == ' ')) {
		n = strcspn(start, " ");
		if (i == s->word.count || strlen(s->word.item[i]) != n || strncasecmp(s->word.item[i], start, n) != 0)
			return false;
	}
	return true;
}

size_t statement_last(const struct statement *s, const char *keyword)
{
	for (size_t i = s->word.count; i > 0; i--)
		if (strcasecmp(s->word.item[i - 1], keyword) == 0)
			return i - 1;
	return s->word.count;
}

char *statement_join(const struct statement *s, size_t from)
{
	CLEANUP(str_free) struct str text = {0};

	for (size_t i = from; i < s->word.count; i++)
		str_addf(&text, "%s%s", i > from ? " " : "", s->word.item[i]);
	return mem_dup(str_get(&text));
}

char *statement_name(const struct statement *s, size_t index)
{
	CLEANUP(str_free) struct str name = {0};
	const char *word = index < s->word.count ? s->word.item[index] : "";
	size_t len = strlen(word);

	if (*word != '"' || len < 2)
		return mem_dup(word);
	for (size_t i = 1; i + 1 < len; i++) {
		str_addc(&name, word[i]);
		i += word[i] == '"';
	}
	return mem_dup(str_get(&name));
}

void statement_replace(struct statement *s, size_t index, const char *text)
{
	free(s->word.item[index]);
	s->word.item[index] = mem_dup(text);
}
