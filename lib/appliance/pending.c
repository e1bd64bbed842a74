/* SPDX-License-Identifier: MIT */
#include "appliance/pending.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "appliance/appliance.h"
#include "base/log.h"

enum { PENDING_MS = 5 * 60000 };

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "APP.NAME": Django's label of an app is a Python identifier, the name is that of a file. */
static bool is_migration(const char *line)
{
	const char *p = line;

	if (isdigit((unsigned char)*p))
		return false;
	while (is_word(*p))
		p++;
	if (p == line || *p++ != '.' || !is_word(*p))
		return false;
	while (is_word(*p))
		p++;
	return *p == '\0';
}

void pending_parse(const char *text, struct strlist *pending, struct strlist *other)
{
	CLEANUP(strlist_free) struct strlist lines = {0};

	strlist_lines(&lines, text);
	for (size_t i = 0; i < lines.count; i++) {
		CLEANUP(str_free) struct str line = {0};

		str_add(&line, lines.item[i] + strspn(lines.item[i], " \t"));
		str_trim(&line);
		if (line.len)
			strlist_add(is_migration(line.data) ? pending : other, line.data);
	}
}

int pending_ask(const struct appliance *a, struct strlist *pending, struct error *e)
{
	CLEANUP(str_free) struct str out = {0};
	CLEANUP(strlist_free) struct strlist other = {0};
	const struct compose_job job = {.service = a->facts.web, .words = &a->facts.pending, .timeout_ms = PENDING_MS, .out = &out};

	strlist_free(pending);
	if (compose_run(&a->compose, &job, e) != 0)
		return -1;
	pending_parse(str_get(&out), pending, &other);
	if (other.count)
		log_warn("'%s' was asked for pending migrations and printed other text, '%s' (%zu line%s): ignored; %zu migrations "
			 "are pending", a->facts.web, other.item[0], other.count, other.count == 1 ? "" : "s", pending->count);
	return 0;
}
