/* SPDX-License-Identifier: MIT */
#include "appliance/backup/manifestfile.h"

#include <stdlib.h>
#include <string.h>

#include "wrap/json.h"

#define FIRST_LINE "# ecs-manifest 1"

/* --- the head ----------------------------------------------------------------------------------- */

void manifest_head_add(struct manifest_head *h, const char *table, long long rows)
{
	h->table = mem_grow(h->table, (h->tables + 1) * sizeof *h->table);
	h->table[h->tables++] = (struct manifest_table){mem_dup(table), rows};
	h->rows += rows;
}

void manifest_head_free(struct manifest_head *h)
{
	for (size_t i = 0; i < h->tables; i++)
		free(h->table[i].name);
	free(h->table);
	free(h->appliance);
	free(h->machine);
	free(h->domain);
	free(h->suite);
	free(h->revision);
	free(h->branch);
	free(h->postgres);
	free(h->database);
	free(h->dump);
	strlist_free(&h->heads);
	*h = (struct manifest_head){0};
}

void manifest_format_head(const struct manifest_head *h, struct str *out)
{
	CLEANUP(jv_deletep) struct json *j = jv_object();
	struct json *heads = jv_array(), *rows = jv_object();

	for (size_t i = 0; i < h->heads.count; i++)
		jv_add_text(heads, h->heads.item[i]);
	for (size_t i = 0; i < h->tables; i++)
		jv_set_number(rows, h->table[i].name, h->table[i].rows);
	jv_set_number(j, "when", h->when);
	jv_set_text(j, "appliance", h->appliance);
	jv_set_text(j, "machine", h->machine);
	jv_set_text(j, "domain", h->domain);
	jv_set_number(j, "sequence", h->sequence);
	jv_set_text(j, "suite", h->suite);
	jv_set_text(j, "revision", h->revision);
	jv_set_text(j, "branch", h->branch);
	jv_set(j, "migrations", heads);
	jv_set_text(j, "postgres", h->postgres);
	jv_set_number(j, "major", h->major);
	jv_set_text(j, "database", h->database);
	jv_set_text(j, "dump", h->dump);
	jv_set_number(j, "space", h->space);
	jv_set(j, "rows", rows);
	str_addf(out, "%s\n# ", FIRST_LINE);
	jv_write(j, 0, out);
	str_addc(out, '\n');
}

static int read_rows(void *arg, const char *key, const struct json *value)
{
	manifest_head_add(arg, key, jv_number(value, 0));
	return 0;
}

static char *text_of(const struct json *j, const char *key)
{
	const char *text = jv_get_text(j, key);

	return mem_dup(text ? text : "");
}

static int read_head(const char *line, const char *name, struct manifest_head *h, struct error *e)
{
	CLEANUP(jv_deletep) struct json *j = jv_parse(line, strlen(line), name, e);
	const struct json *heads;

	*h = (struct manifest_head){0};
	if (j == NULL)
		return -1;
	heads = jv_get(j, "migrations");
	for (size_t i = 0; i < jv_count(heads); i++)
		if (jv_text(jv_at(heads, i)))
			strlist_add(&h->heads, jv_text(jv_at(heads, i)));
	h->when = (time_t)jv_number(jv_get(j, "when"), 0);
	h->major = (int)jv_number(jv_get(j, "major"), 0);
	h->appliance = text_of(j, "appliance");
	h->machine = text_of(j, "machine");
	h->domain = text_of(j, "domain");
	h->sequence = jv_number(jv_get(j, "sequence"), 0);
	h->suite = text_of(j, "suite");
	h->revision = text_of(j, "revision");
	h->branch = text_of(j, "branch");
	h->postgres = text_of(j, "postgres");
	h->database = text_of(j, "database");
	h->dump = text_of(j, "dump");
	h->space = jv_number(jv_get(j, "space"), 0);
	jv_each(jv_get(j, "rows"), read_rows, h);
	return 0;
}

/* --- names -------------------------------------------------------------------------------------- */

static bool escape(struct str *out, const char *name, bool tabs)
{
	bool escaped = false;

	for (; *name; name++) {
		char as = *name == '\\' ? '\\' : *name == '\n' ? 'n' : *name == '\r' ? 'r' :
			  *name == '\t' && tabs ? 't' : '\0';

		if (as)
			str_addc(out, '\\');
		str_addc(out, as ? as : *name);
		escaped = escaped || as;
	}
	return escaped;
}

void manifest_format_name(struct str *out, const char *name)
{
	escape(out, name, true);
}

static char *unescape(const char *text, size_t len)
{
	CLEANUP(str_free) struct str out = {0};

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '\\' && i + 1 < len) {
			c = text[++i];
			c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
		}
		str_addc(&out, c);
	}
	return mem_dup(str_get(&out));
}

/* --- lines -------------------------------------------------------------------------------------- */

static void add_common(struct str *out, const struct manifest_entry *m)
{
	str_addf(out, "# %c %04o %u %u %lld.%09ld", m->type, m->mode, m->uid, m->gid,
		 (long long)m->mtime.tv_sec, m->mtime.tv_nsec);
}

void manifest_format(const struct manifest_entry *m, struct str *out)
{
	CLEANUP(str_free) struct str name = {0};
	bool escaped;

	add_common(out, m);
	if (m->type == 'f') {
		escaped = escape(&name, m->path, false);
		str_addf(out, " %lld %lld.%09ld %llu %llu%s%s\n", m->size, (long long)m->ctime.tv_sec,
			 m->ctime.tv_nsec, m->inode, m->links, m->attributes ? " " : "",
			 m->attributes ? m->attributes : "");
		str_addf(out, "%s%s  %s\n", escaped ? "\\" : "", m->digest, name.data);
		return;
	}
	str_addc(out, ' ');
	escape(out, m->path, true);
	if (m->type == 'l') {
		str_addc(out, '\t');
		escape(out, m->target, true);
	} else if (m->type == 'd') {
		str_addf(out, "\t%s", m->attributes ? m->attributes : "");
	}
	str_addc(out, '\n');
}

void manifest_reader_free(struct manifest_reader *r)
{
	if (r->file)
		fclose(r->file);
	free(r->line);
	manifest_head_free(&r->head);
	*r = (struct manifest_reader){0};
}

static int bad(const struct manifest_reader *r, const char *what, struct error *e)
{
	return error_set(e, EX_DATAERR, "'%s':%ld: %s", r->name, r->number, what);
}

/* The next line into R->line. */
static int next_line(struct manifest_reader *r, struct error *e)
{
	ssize_t n = getline(&r->line, &r->cap, r->file);

	r->number++;
	if (n < 0 && ferror(r->file))
		return error_errno(e, EX_IOERR, "cannot read '%s'", r->name);
	if (n <= 0 || r->line[n - 1] != '\n')
		return bad(r, "the manifest is cut off", e);
	r->line[n - 1] = '\0';
	return 0;
}

int manifest_reader_open(struct manifest_reader *r, const char *path, struct error *e)
{
	r->name = path;
	r->file = fopen(path, "re");
	if (r->file == NULL)
		return error_errno(e, 0, "cannot open '%s'", path);
	if (next_line(r, e) != 0)
		return -1;
	if (strcmp(r->line, FIRST_LINE) != 0)
		return bad(r, "not a manifest of a backup", e);
	if (next_line(r, e) != 0)
		return -1;
	return str_begins(r->line, "# {") ? read_head(r->line + 2, path, &r->head, e)
					  : bad(r, "the head is missing", e);
}

/* A time of seconds and nine decimals at *P, which moves behind it. */
static bool read_time(const char **p, struct timespec *t)
{
	long long seconds;
	int used = 0;

	if (sscanf(*p, " %lld.%9ld%n", &seconds, &t->tv_nsec, &used) != 2)
		return false;
	t->tv_sec = (time_t)seconds;
	*p += used;
	return true;
}

static int read_digest(struct manifest_reader *r, struct manifest_entry *m, struct error *e)
{
	const char *p;

	if (next_line(r, e) != 0)
		return -1;
	p = r->line + (r->line[0] == '\\');
	if (strspn(p, "0123456789abcdef") != 64 || p[64] != ' ' || p[65] != ' ')
		return bad(r, "a digest is missing", e);
	memcpy(m->digest, p, 64);
	m->digest[64] = '\0';
	m->path = r->line[0] == '\\' ? unescape(p + 66, strlen(p + 66)) : mem_dup(p + 66);
	return 0;
}

/* What a file's line has behind its MTIME, P, and the line behind it. */
static int read_file(struct manifest_reader *r, const char *p, struct manifest_entry *m, struct error *e)
{
	int used = 0;

	if (sscanf(p, " %lld%n", &m->size, &used) != 1)
		return bad(r, "a size is missing", e);
	p += used;
	if (!read_time(&p, &m->ctime) || sscanf(p, " %llu%n", &m->inode, &used) != 1)
		return bad(r, "a time is missing", e);
	p += used;
	if (sscanf(p, " %llu%n", &m->links, &used) == 1 && p[used] == ' ')
		m->attributes = mem_dup(p + used + 1);
	return read_digest(r, m, e);
}

static int read_entry(struct manifest_reader *r, struct manifest_entry *m, struct error *e)
{
	const char *p = r->line;
	int used = 0;

	if (sscanf(p, "# %c %o %u %u%n", &m->type, &m->mode, &m->uid, &m->gid, &used) != 4)
		return bad(r, "not a line of a manifest", e);
	p += used;
	if (!read_time(&p, &m->mtime))
		return bad(r, "a time is missing", e);
	if (m->type == 'f')
		return read_file(r, p, m, e);
	if (*p != ' ')
		return bad(r, "a name is missing", e);
	m->path = unescape(p + 1, strcspn(p + 1, "\t"));
	p += 1 + strcspn(p + 1, "\t");
	if (*p == '\t' && m->type == 'l')
		m->target = unescape(p + 1, strlen(p + 1));
	else if (*p == '\t') {
		m->links = 1; /* the attributes are known; of an older version's folder they may not be */
		m->attributes = p[1] ? mem_dup(p + 1) : NULL;
	}
	return 0;
}

int manifest_reader_next(struct manifest_reader *r, struct manifest_entry *m, struct error *e)
{
	int used = 0;

	*m = (struct manifest_entry){0};
	if (r->ended)
		return 0;
	if (next_line(r, e) != 0)
		return -1;
	if (str_begins(r->line, "# end ")) {
		r->ended = true;
		if (sscanf(r->line, "# end %lld %lld%n", &r->totals.files, &r->totals.bytes, &used) != 2 ||
		    r->line[used] || getc(r->file) != EOF)
			return bad(r, "the end is damaged", e);
		return 0;
	}
	if (read_entry(r, m, e) == 0)
		return 1;
	manifest_entry_free(m);
	return -1;
}

const char *manifest_inside(const char *path, const char *part)
{
	size_t n = part ? strlen(part) : 0;

	if (part == NULL)
		return path;
	return strncmp(path, part, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}
