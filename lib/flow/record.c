/* SPDX-License-Identifier: MIT */
#include "flow/record.h"

#include <stdlib.h>
#include <string.h>

#include "sys/journal.h"

/* --- writing ------------------------------------------------------------------------------------ */

static void escape(struct str *out, const char *value)
{
	for (const unsigned char *p = (const unsigned char *)value; *p; p++) {
		if (*p < 0x20 || *p == '%' || *p == 0x7f)
			str_addf(out, "%%%02X", *p);
		else
			str_addc(out, (char)*p);
	}
}

int record_put(int fd, const char *word, const char *text, struct error *e)
{
	CLEANUP(str_free) struct str line = {0};

	str_addf(&line, "%s ", word);
	escape(&line, text);
	return journal_put(fd, line.data, e);
}

int record_put_fact(int fd, const char *name, const char *value, struct error *e)
{
	CLEANUP(str_free) struct str line = {0};

	str_addf(&line, "is %s ", name);
	escape(&line, value);
	return journal_put(fd, line.data, e);
}

/* --- reading ------------------------------------------------------------------------------------ */

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static char *unescape(const char *text)
{
	char *value = mem_dup(text), *to = value;

	for (const char *p = value; *p; p++) {
		if (p[0] == '%' && hex(p[1]) >= 0 && hex(p[2]) >= 0) {
			*to++ = (char)(hex(p[1]) * 16 + hex(p[2]));
			p += 2;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	return value;
}

void record_free(struct record *r)
{
	free(r->flow);
	flow_facts_free(&r->facts);
	strlist_free(&r->begun);
	strlist_free(&r->done);
	*r = (struct record){0};
}

static void drop_last(struct strlist *l, const char *text)
{
	if (l->count && strcmp(l->item[l->count - 1], text) == 0) {
		free(l->item[--l->count]);
		l->item[l->count] = NULL;
	}
}

static void read_fact(struct record *r, const char *text)
{
	size_t n = strcspn(text, " ");
	CLEANUP(mem_freep) char *name = mem_dupn(text, n);
	CLEANUP(mem_freep) char *value = unescape(text[n] ? text + n + 1 : "");

	flow_facts_set(&r->facts, name, value);
}

static void read_line(struct record *r, const char *line)
{
	size_t n = strcspn(line, " ");
	CLEANUP(mem_freep) char *word = mem_dupn(line, n);
	CLEANUP(mem_freep) char *text = unescape(line[n] ? line + n + 1 : "");

	if (strcmp(word, "flow") == 0 && r->flow == NULL) {
		r->flow = mem_dup(text);
	} else if (strcmp(word, "is") == 0) {
		read_fact(r, line + n + (line[n] == ' '));
	} else if (strcmp(word, "begin") == 0) {
		if (!strlist_has(&r->begun, text)) /* begun again when it went on after a power cut */
			strlist_add(&r->begun, text);
	} else if (strcmp(word, "done") == 0) {
		strlist_add(&r->done, text);
	} else if (strcmp(word, "back") == 0) {
		r->backward = true;
	} else if (strcmp(word, "undone") == 0) {
		drop_last(&r->begun, text);
		drop_last(&r->done, text);
	}
}

int record_read(const char *path, struct record *r, struct error *e)
{
	CLEANUP(strlist_free) struct strlist lines = {0};

	if (journal_read(path, &lines, e) != 0)
		return -1;
	for (size_t i = 0; i < lines.count; i++)
		read_line(r, lines.item[i]);
	return 0;
}
