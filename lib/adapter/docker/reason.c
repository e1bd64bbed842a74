/* SPDX-License-Identifier: MIT */
#include "adapter/docker/reason.h"

#include <stdlib.h>
#include <string.h>

enum { TAIL = 10 }; /* lines of a failed build that are shown */

static bool is_blank(const char *line)
{
	return line[strspn(line, " \t\r")] == '\0';
}

/* --- a build ------------------------------------------------------------------------------------- */

#define RULE "------" /* above and below what BuildKit repeats of the failed step */

/* The index behind the last RULE that is followed by the name of a step (" > [web 2/2] RUN …"); 0: there is none. */
static size_t find_block(const struct strlist *lines)
{
	for (size_t i = lines->count; i-- > 1;)
		if (strcmp(lines->item[i - 1], RULE) == 0 && str_begins(lines->item[i], " > "))
			return i + 1;
	return 0;
}

/* Without the seconds that BuildKit puts in front ("0.616 text"). */
static const char *without_time(const char *line)
{
	size_t whole = strspn(line, "0123456789"), part;

	if (whole == 0 || line[whole] != '.')
		return line;
	part = strspn(line + whole + 1, "0123456789");
	return part && line[whole + 1 + part] == ' ' ? line + whole + 1 + part + 1 : line;
}

void reason_of_build(const char *text, struct strlist *lines)
{
	CLEANUP(strlist_free) struct strlist all = {0}, kept = {0};
	size_t block, i;

	strlist_lines(&all, text);
	block = find_block(&all);
	for (i = block; i < all.count && !(block && strcmp(all.item[i], RULE) == 0); i++)
		if (!is_blank(all.item[i]))
			strlist_add(&kept, block ? without_time(all.item[i]) : all.item[i]);
	for (i = kept.count > TAIL ? kept.count - TAIL : 0; i < kept.count; i++)
		strlist_add(lines, kept.item[i]);
}

/* --- Django -------------------------------------------------------------------------------------- */

/* What stands below an error of PostgreSQL, or of Compose itself. */
static bool is_aside(const char *line)
{
	static const char *const begin[] = {"HINT:", "DETAIL:", "CONTEXT:", "LINE ", "QUERY:", "STATEMENT:",
					    "System check identified", " ", "\t", "^"};

	for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
		if (str_begins(line, begin[i]))
			return true;
	return is_blank(line);
}

/* The first line behind AT that begins at its left edge; NULL where there is none. */
static const char *next_at_edge(const struct strlist *lines, size_t at)
{
	for (size_t i = at + 1; i < lines->count; i++)
		if (!is_aside(lines->item[i]))
			return lines->item[i];
	return NULL;
}

/* The line of the last MARK, or the count of lines. */
static size_t find_last(const struct strlist *lines, const char *mark)
{
	for (size_t i = lines->count; i-- > 0;)
		if (str_begins(lines->item[i], mark))
			return i;
	return lines->count;
}

char *reason_of_django(const char *text)
{
	CLEANUP(strlist_free) struct strlist lines = {0};
	const char *found = NULL;

	strlist_lines(&lines, text);
	found = next_at_edge(&lines, find_last(&lines, "Traceback (most recent call last):"));
	if (found == NULL || str_begins(found, "SystemCheckError"))
		found = next_at_edge(&lines, find_last(&lines, "ERRORS:")) ?: found;
	for (size_t i = lines.count; found == NULL && i-- > 0;)
		if (!is_aside(lines.item[i]))
			found = lines.item[i];
	return found ? mem_dup(found) : NULL;
}
