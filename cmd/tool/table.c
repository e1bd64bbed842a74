/* SPDX-License-Identifier: MIT */
#include "cmd/tool/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "cmd/tool/human.h"
#include "sys/clock.h"
#include "wrap/json.h"

enum { COLUMNS = sizeof ((struct table *)0)->column / sizeof(struct table_column), GAP = 2, NAME_WIDTH = 10 };

/* The words that call for attention; all others stay as they are. */
static const struct {
	const char *word, *colour;
} colours[] = {
	{"running", "32"},     {"healthy", "32"},  {"serves", "32"},     {"degraded", "33"}, {"maintenance", "33"},
	{"restarting", "33"},  {"starting", "33"}, {"paused", "33"},     {"unknown", "33"},  {"unfinished", "31"},
	{"unhealthy", "31"},   {"lost", "31"},     {"missing", "31"},    {"partial", "33"}, {"failing", "31"},  {"gone", "31"},
};

/* https://no-color.org: any value but an empty one */
static bool is_coloured(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return (no == NULL || *no == '\0') && term && *term && strcmp(term, "dumb") != 0;
}

/* Characters of UTF-8, each taken for one column. */
static size_t width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* --- one cell ------------------------------------------------------------------------------------- */

static bool read_time(const char *text, time_t *at)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

	if (end == NULL || *end)
		return false;
	*at = timegm(&tm);
	return true;
}

/* What is shown of a field; the caller frees it. What is not of its kind ("-") is shown as it is. */
static char *cell_text(enum table_kind kind, const char *field)
{
	CLEANUP(str_free) struct str clean = {0};
	unsigned long long number;
	char buf[HUMAN_MAX];
	time_t at;

	if (kind == TABLE_BYTES && str_number(field, 1ULL << 62, &number))
		return mem_dup(human_size((long long)number, buf));
	if (kind == TABLE_PERCENT && str_number(field, 1000, &number))
		return mem_format("%llu %%", number);
	if ((kind == TABLE_SPAN || kind == TABLE_MOMENT) && read_time(field, &at)) {
		human_moment(at, clock_now(), buf);
		return kind == TABLE_SPAN ? mem_dup(buf) : mem_format("%s (%s)", field, buf);
	}
	str_add_printable(&clean, field);
	if (kind == TABLE_COMMIT && clean.len == 40)
		clean.data[12] = '\0';
	return mem_dup(str_get(&clean));
}

static bool is_right(enum table_kind kind)
{
	return kind == TABLE_BYTES || kind == TABLE_PERCENT;
}

static const char *colour_of(enum table_kind kind, const char *text)
{
	for (size_t i = 0; kind == TABLE_STATE && i < sizeof colours / sizeof *colours; i++)
		if (strcmp(text, colours[i].word) == 0)
			return colours[i].colour;
	return NULL;
}

static void print_cell(enum table_kind kind, const char *text, size_t wide, bool last, bool coloured)
{
	const char *colour = coloured ? colour_of(kind, text) : NULL;
	int fill = (int)(wide - width(text));

	if (is_right(kind))
		printf("%*s", fill, "");
	printf(colour ? "\033[%sm%s\033[0m" : "%s%s", colour ? colour : "", text);
	if (!last)
		printf("%*s", GAP + (is_right(kind) ? 0 : fill), "");
}

/* --- one table ------------------------------------------------------------------------------------ */

/* The cells of a line, as many as there are columns; cells that the record does not have are empty. */
static void split(const struct table *t, const char *line, struct strlist *cells)
{
	size_t n = 0;

	if (t->record && !t->plain)
		line += strlen(t->record) + 1;
	for (; n < COLUMNS && t->column[n].head; n++) {
		size_t len = strcspn(line, "\t");
		CLEANUP(mem_freep) char *field = mem_dupn(line, len);

		strlist_take(cells, cell_text(t->column[n].kind, field));
		line += len + (line[len] == '\t');
	}
}

static bool is_of(const struct table *t, const char *line)
{
	size_t n = t->record ? strlen(t->record) : 0;

	return n == 0 || (strncmp(line, t->record, n) == 0 && (line[n] == '\t' || line[n] == '\0'));
}

static size_t columns(const struct table *t)
{
	size_t n = 0;

	while (n < COLUMNS && t->column[n].head)
		n++;
	return n;
}

static void print_row(const struct table *t, char *const *cell, const size_t *wide, bool coloured)
{
	size_t last = columns(t);

	while (last > 1 && cell[last - 1][0] == '\0') /* trailing empty cells */
		last--;
	for (size_t c = 0; c < last; c++)
		print_cell(t->column[c].kind, cell[c], wide[c], c + 1 == last, coloured);
	putchar('\n');
}

/* Prints what of LINES is of the table; *BEGUN: something stands above it. */
static void print_table(const struct table *t, const struct strlist *lines, bool *begun)
{
	CLEANUP(strlist_free) struct strlist cells = {0};
	size_t n = columns(t), wide[COLUMNS] = {0}, first = t->plain ? n : 0;

	for (size_t c = 0; c < n && !t->plain; c++)
		strlist_add(&cells, t->column[c].head);
	for (size_t i = 0; i < lines->count; i++)
		if (is_of(t, lines->item[i]))
			split(t, lines->item[i], &cells);
	if (cells.count == n - first)
		return; /* nothing of that kind */
	for (size_t i = 0; i < cells.count; i++)
		if (width(cells.item[i]) > wide[i % n])
			wide[i % n] = width(cells.item[i]);
	if (t->plain && wide[0] < NAME_WIDTH)
		wide[0] = NAME_WIDTH;
	if (*begun && !t->plain)
		putchar('\n');
	*begun = true;
	for (size_t i = 0; i < cells.count; i += n)
		print_row(t, cells.item + i, wide, is_coloured());
}

void table_print(const struct table *tables, const struct str *records)
{
	CLEANUP(strlist_free) struct strlist lines = {0};
	bool begun = false;

	if (!isatty(STDOUT_FILENO)) {
		fwrite(str_get(records), 1, records->len, stdout);
		return;
	}
	strlist_lines(&lines, str_get(records));
	for (const struct table *t = tables; t->column[0].head; t++)
		print_table(t, &lines, &begun);
}

FILE *table_begin(char **text, size_t *len)
{
	FILE *stream = open_memstream(text, len);

	if (stream == NULL)
		exit(EX_OSERR); /* without memory, as str.c does */
	return stream;
}

void table_end(FILE *stream, const struct table *tables, char **text, size_t *len)
{
	struct str records = {0};

	fclose(stream);
	records.data = *text;
	records.len = *len;
	table_print(tables, &records);
	free(*text);
}

void table_text(const struct str *text)
{
	CLEANUP(strlist_free) struct strlist lines = {0};
	CLEANUP(str_free) struct str clean = {0};

	if (!isatty(STDOUT_FILENO)) {
		fwrite(str_get(text), 1, text->len, stdout);
		return;
	}
	strlist_lines(&lines, str_get(text));
	for (size_t i = 0; i < lines.count; i++) {
		str_add_printable(&clean, lines.item[i]);
		str_addc(&clean, '\n');
	}
	fwrite(str_get(&clean), 1, clean.len, stdout);
}

void table_json(const struct json *j)
{
	CLEANUP(str_free) struct str text = {0};

	jv_write(j, 2, &text);
	puts(str_get(&text));
}
