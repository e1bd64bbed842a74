/* SPDX-License-Identifier: MIT */
#include "flow/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/signals.h"
#include "sys/walk.h"
#include "wrap/digest.h"
#include "wrap/json.h"

#define FIRST_LINE "# ecs-manifest 1"

enum {
	BLOCK = 1 << 17,
	RACE_S = 2,       /* a file changed so shortly before the last instant is read again */
	REPORT_LINES = 20
};

_Static_assert(DIGEST_TEXT == sizeof ((struct manifest_entry *)0)->digest, "one size of digest");

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
	free(h->suite);
	free(h->revision);
	free(h->branch);
	free(h->postgres);
	free(h->database);
	free(h->dump);
	strlist_free(&h->heads);
	*h = (struct manifest_head){0};
}

static void write_head(const struct manifest_head *h, struct str *out)
{
	CLEANUP(jv_freep) struct json *j = jv_object();
	struct json *heads = jv_array(), *rows = jv_object();

	for (size_t i = 0; i < h->heads.count; i++)
		jv_add_text(heads, h->heads.item[i]);
	for (size_t i = 0; i < h->tables; i++)
		jv_set_number(rows, h->table[i].name, h->table[i].rows);
	jv_set_number(j, "when", h->when);
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
	jv_write(j, 0, out);
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
	CLEANUP(jv_freep) struct json *j = jv_parse(line, strlen(line), name, e);
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

void manifest_entry_free(struct manifest_entry *m)
{
	free(m->path);
	free(m->target);
	*m = (struct manifest_entry){0};
}

static void add_common(struct str *out, const struct manifest_entry *m)
{
	str_addf(out, "# %c %04o %u %u %lld.%09ld", m->type, m->mode, m->uid, m->gid,
		 (long long)m->mtime.tv_sec, m->mtime.tv_nsec);
}

static void format(const struct manifest_entry *m, struct str *out)
{
	CLEANUP(str_free) struct str name = {0};
	bool escaped;

	add_common(out, m);
	if (m->type == 'f') {
		escaped = escape(&name, m->path, false);
		str_addf(out, " %lld %lld.%09ld %llu\n", m->size, (long long)m->ctime.tv_sec,
			 m->ctime.tv_nsec, m->inode);
		str_addf(out, "%s%s  %s\n", escaped ? "\\" : "", m->digest, name.data);
		return;
	}
	str_addc(out, ' ');
	escape(out, m->path, true);
	if (m->type == 'l') {
		str_addc(out, '\t');
		escape(out, m->target, true);
	}
	str_addc(out, '\n');
}

struct reader {
	FILE *file;
	const char *name; /* for messages */
	char *line;       /* the last one, without its newline */
	size_t cap;
	long number;
	bool ended;       /* the last line of a whole manifest was read */
	struct manifest_totals totals;
	struct manifest_head head;
};

static void reader_free(struct reader *r)
{
	if (r->file)
		fclose(r->file);
	free(r->line);
	manifest_head_free(&r->head);
	*r = (struct reader){0};
}

static int bad(const struct reader *r, const char *what, struct error *e)
{
	return error_set(e, EX_DATAERR, "'%s':%ld: %s", r->name, r->number, what);
}

/* The next line into R->line. */
static int next_line(struct reader *r, struct error *e)
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

/* Opens PATH and reads the head. */
static int reader_open(struct reader *r, const char *path, struct error *e)
{
	r->name = path;
	r->file = fopen(path, "re");
	if (r->file == NULL)
		return error_errno(e, 0, "cannot open '%s'", path);
	if (next_line(r, e) != 0)
		return -1;
	if (strcmp(r->line, FIRST_LINE) != 0)
		return bad(r, "this is no manifest of a backup", e);
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

static int read_digest(struct reader *r, struct manifest_entry *m, struct error *e)
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

static int read_entry(struct reader *r, struct manifest_entry *m, struct error *e)
{
	const char *p = r->line;
	int used = 0;

	if (sscanf(p, "# %c %o %u %u%n", &m->type, &m->mode, &m->uid, &m->gid, &used) != 4)
		return bad(r, "this is no line of a manifest", e);
	p += used;
	if (!read_time(&p, &m->mtime))
		return bad(r, "a time is missing", e);
	if (m->type == 'f') {
		if (sscanf(p, " %lld%n", &m->size, &used) != 1)
			return bad(r, "a size is missing", e);
		p += used;
		if (!read_time(&p, &m->ctime) || sscanf(p, " %llu", &m->inode) != 1)
			return bad(r, "a time is missing", e);
		return read_digest(r, m, e);
	}
	if (*p != ' ')
		return bad(r, "a name is missing", e);
	m->path = unescape(p + 1, strcspn(p + 1, "\t"));
	p += 1 + strcspn(p + 1, "\t");
	if (*p == '\t')
		m->target = unescape(p + 1, strlen(p + 1));
	return 0;
}

/* The next entry: 1, or 0 behind the last one of a whole manifest. The caller frees it. */
static int reader_next(struct reader *r, struct manifest_entry *m, struct error *e)
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

/* --- digests ------------------------------------------------------------------------------------ */

static int digest_fd(int fd, const char *name, char out[DIGEST_TEXT], long long *size, struct error *e)
{
	CLEANUP(mem_freep) char *block = mem_alloc(BLOCK);
	struct digest *d = digest_begin();
	ssize_t n;

	*size = 0;
	while ((n = read(fd, block, BLOCK)) > 0 && !signals_pending()) {
		digest_add(d, block, (size_t)n);
		*size += n;
	}
	digest_end(d, out);
	if (n > 0)
		return signals_error(e);
	return n < 0 ? error_errno(e, EX_IOERR, "cannot read '%s'", name) : 0;
}

int manifest_digest(const char *path, char digest[DIGEST_TEXT], long long *size, struct error *e)
{
	CLEANUP(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(e, 0, "cannot open '%s'", path);
	return digest_fd(fd, path, digest, size, e);
}

static int digest_item(const struct walk_item *item, char out[DIGEST_TEXT], long long *size,
		       struct error *e)
{
	CLEANUP(file_closep) int fd =
		openat(item->dir, item->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return error_errno(e, 0, "cannot open '%s'", item->path);
	return digest_fd(fd, item->path, out, size, e);
}

/* --- entries of a tree -------------------------------------------------------------------------- */

static char type_of(mode_t mode)
{
	return S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : S_ISFIFO(mode) ? 'p' : '\0';
}

/* All of M but its digest; the type is 0 for what is not recorded. */
static int look_at(const struct walk_item *item, struct manifest_entry *m, struct error *e)
{
	const struct stat *st = item->st;

	*m = (struct manifest_entry){
		.type = type_of(st->st_mode), .mode = st->st_mode & 07777, .uid = st->st_uid,
		.gid = st->st_gid, .mtime = st->st_mtim, .ctime = st->st_ctim, .size = st->st_size,
		.inode = st->st_ino, .path = mem_dup(item->path),
	};
	if (m->type == 'l') {
		char target[4097];
		ssize_t n = readlinkat(item->dir, item->name, target, sizeof target - 1);

		if (n < 0)
			return error_errno(e, 0, "cannot read the link '%s'", item->path);
		m->target = mem_dupn(target, (size_t)n);
	}
	return 0;
}

/* --- writing ------------------------------------------------------------------------------------ */

struct writer {
	FILE *file;
	struct reader last;         /* the earlier manifest; closed where there is none */
	struct manifest_entry next; /* its next entry; path NULL: none left */
	bool more;
	struct manifest_totals totals;
};

/* Moves the earlier manifest to the first entry that is not before PATH. */
static void catch_up(struct writer *w, const char *path)
{
	struct error e = {0};

	while (w->more && (w->next.path == NULL || walk_order(w->next.path, path) < 0)) {
		manifest_entry_free(&w->next);
		w->more = reader_next(&w->last, &w->next, &e) == 1; /* a damaged one only costs time */
	}
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool unchanged(const struct writer *w, const struct manifest_entry *m)
{
	const struct manifest_entry *was = &w->next;

	return w->more && was->path && strcmp(was->path, m->path) == 0 && was->type == 'f' &&
	       was->size == m->size && was->inode == m->inode && same_time(was->mtime, m->mtime) &&
	       same_time(was->ctime, m->ctime) && m->ctime.tv_sec < w->last.head.when - RACE_S;
}

static int add_digest(struct writer *w, const struct walk_item *item, struct manifest_entry *m,
		      struct error *e)
{
	catch_up(w, m->path);
	if (unchanged(w, m)) {
		memcpy(m->digest, w->next.digest, sizeof m->digest);
		w->totals.reused++;
	} else if (digest_item(item, m->digest, &m->size, e) != 0) {
		return -1;
	}
	w->totals.files++;
	w->totals.bytes += m->size;
	return 0;
}

static int write_item(void *arg, const struct walk_item *item, struct error *e)
{
	struct writer *w = arg;
	CLEANUP(manifest_entry_free) struct manifest_entry m;
	CLEANUP(str_free) struct str text = {0};

	if (look_at(item, &m, e) != 0)
		return -1;
	if (m.type == '\0')
		return 0;
	if (m.type == 'f' && add_digest(w, item, &m, e) != 0)
		return -1;
	format(&m, &text);
	if (fwrite(text.data, 1, text.len, w->file) != text.len)
		return error_errno(e, EX_IOERR, "cannot write the manifest");
	return 0;
}

static void open_last(struct writer *w, const char *last)
{
	struct error e = {0};

	w->more = last && reader_open(&w->last, last, &e) == 0;
}

static int write_all(struct writer *w, const struct manifest_head *head, const char *source,
		     const struct strlist *skip, struct error *e)
{
	CLEANUP(str_free) struct str json = {0};

	write_head(head, &json);
	fprintf(w->file, "%s\n# %s\n", FIRST_LINE, json.data);
	if (walk_tree(source, skip, write_item, w, e) != 0)
		return -1;
	fprintf(w->file, "# end %lld %lld\n", w->totals.files, w->totals.bytes);
	if (fflush(w->file) != 0 || ferror(w->file) || fsync(fileno(w->file)) != 0)
		return error_errno(e, EX_IOERR, "cannot write the manifest");
	return 0;
}

int manifest_write(const char *path, const struct manifest_head *head, const char *source,
		   const struct strlist *skip, const char *last, struct manifest_totals *totals,
		   struct error *e)
{
	CLEANUP(strlist_free) struct strlist skipped = {0};
	struct writer w = {.file = fopen(path, "we")};
	int r;

	if (w.file == NULL)
		return error_errno(e, EX_CANTCREAT, "cannot create '%s'", path);
	strlist_addv(&skipped, strlist_argv(skip));
	strlist_add(&skipped, MANIFEST_NAME);
	strlist_add(&skipped, MANIFEST_SIGNATURE);
	open_last(&w, last);
	r = write_all(&w, head, source, &skipped, e);
	if (fclose(w.file) != 0 && r == 0)
		r = error_errno(e, EX_IOERR, "cannot write '%s'", path);
	*totals = w.totals;
	manifest_entry_free(&w.next);
	reader_free(&w.last);
	return r;
}

/* --- reading ------------------------------------------------------------------------------------ */

int manifest_read(const char *path, struct manifest_head *head, struct manifest_totals *totals,
		  struct error *e)
{
	CLEANUP(reader_free) struct reader r = {0};
	struct manifest_entry m;
	int more;

	*head = (struct manifest_head){0};
	if (reader_open(&r, path, e) != 0)
		return -1;
	while ((more = reader_next(&r, &m, e)) == 1)
		manifest_entry_free(&m);
	if (more < 0)
		return -1;
	*totals = r.totals;
	*head = r.head;
	r.head = (struct manifest_head){0};
	return 0;
}

/* PATH relative to the folder PART (NULL: itself), or NULL where it does not lie in it. */
static const char *inside(const char *path, const char *part)
{
	size_t n = part ? strlen(part) : 0;

	if (part == NULL)
		return path;
	return strncmp(path, part, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

int manifest_find(const char *path, const char *name, struct manifest_entry *out, struct error *e)
{
	CLEANUP(reader_free) struct reader r = {0};
	int more;

	if (reader_open(&r, path, e) != 0)
		return -1;
	while ((more = reader_next(&r, out, e)) == 1) {
		if (out->type == 'f' && strcmp(out->path, name) == 0)
			return 0;
		manifest_entry_free(out);
	}
	return more < 0 ? -1 : error_set(e, EX_NOINPUT, "'%s' is not in the manifest", name);
}

static size_t random_below(size_t n)
{
	unsigned long long value = 0;

	if (getrandom(&value, sizeof value, 0) != sizeof value)
		value = (unsigned long long)clock();
	return (size_t)(value % n);
}

/* Each of SEEN files so far stays with the same probability. */
static void offer(struct manifest_entry *out, size_t count, size_t *found, size_t seen,
		  struct manifest_entry *m)
{
	size_t place = *found < count ? (*found)++ : random_below(seen);

	if (place >= count)
		return;
	manifest_entry_free(&out[place]);
	out[place] = *m;
	*m = (struct manifest_entry){0};
}

int manifest_sample(const char *path, const char *part, size_t count, long long max,
		    struct manifest_entry *out, size_t *found, struct error *e)
{
	CLEANUP(reader_free) struct reader r = {0};
	struct manifest_entry m;
	size_t seen = 0;
	int more;

	*found = 0;
	memset(out, 0, count * sizeof *out);
	if (reader_open(&r, path, e) != 0)
		return -1;
	while ((more = reader_next(&r, &m, e)) == 1) {
		if (m.type == 'f' && m.size <= max && inside(m.path, part))
			offer(out, count, found, ++seen, &m);
		manifest_entry_free(&m);
	}
	return more;
}

/* --- comparing ---------------------------------------------------------------------------------- */

void manifest_report_free(struct manifest_report *r)
{
	strlist_free(&r->lines);
}

static void report(struct manifest_report *r, const char *what, const char *name, const char *how)
{
	CLEANUP(str_free) struct str text = {0};

	r->differences++;
	if (r->lines.count >= REPORT_LINES)
		return;
	str_addf(&text, "%s: ", what);
	escape(&text, name, true);
	if (how)
		str_addf(&text, " (%s)", how);
	strlist_add(&r->lines, text.data);
}

struct comparison {
	struct reader r;
	const char *part;
	unsigned what;
	struct manifest_report *report;
	struct manifest_entry next; /* of the manifest */
	const char *name;           /* its path in the tree; NULL: none left */
};

/* The next entry of the manifest that lies in the part. */
static int advance(struct comparison *c, struct error *e)
{
	int more;

	c->name = NULL;
	do {
		manifest_entry_free(&c->next);
		more = reader_next(&c->r, &c->next, e);
		if (more == 1)
			c->name = inside(c->next.path, c->part);
	} while (more == 1 && c->name == NULL);
	return more < 0 ? -1 : 0;
}

/* What differs between the manifest's entry and the tree's, digests aside; NULL: nothing. */
static const char *difference(const struct comparison *c, const struct manifest_entry *got)
{
	const struct manifest_entry *want = &c->next;

	if (want->type != got->type)
		return "kind";
	if (want->type == 'l')
		return strcmp(want->target ? want->target : "", got->target) != 0 ? "target" : NULL;
	if (want->type == 'f' && want->size != got->size)
		return "size";
	if (want->type == 'f' && want->mtime.tv_sec != got->mtime.tv_sec)
		return "time";
	if (want->mode != got->mode)
		return "mode";
	if ((c->what & MANIFEST_OWNERS) && (want->uid != got->uid || want->gid != got->gid))
		return "owner";
	return NULL;
}

static int compare_item(struct comparison *c, const struct walk_item *item, struct error *e)
{
	CLEANUP(manifest_entry_free) struct manifest_entry got;
	const char *how;
	long long size;

	if (look_at(item, &got, e) != 0)
		return -1;
	how = difference(c, &got);
	if (how == NULL && got.type == 'f' && (c->what & MANIFEST_CONTENT)) {
		if (digest_item(item, got.digest, &size, e) != 0)
			return -1;
		how = strcmp(got.digest, c->next.digest) != 0 ? "content" : NULL;
	}
	if (how) {
		report(c->report, "differs", item->path, how);
	} else if (got.type == 'f') {
		c->report->files++;
		c->report->bytes += got.size;
	}
	return 0;
}

static int meet(void *arg, const struct walk_item *item, struct error *e)
{
	struct comparison *c = arg;

	while (c->name && walk_order(c->name, item->path) < 0) {
		report(c->report, "missing", c->name, NULL);
		if (advance(c, e) != 0)
			return -1;
	}
	if (c->name == NULL || strcmp(c->name, item->path) != 0) {
		if (type_of(item->st->st_mode))
			report(c->report, "more", item->path, NULL);
		return 0;
	}
	return compare_item(c, item, e) != 0 ? -1 : advance(c, e);
}

static int compare(struct comparison *c, const char *tree, const struct strlist *skip, struct error *e)
{
	if (advance(c, e) != 0 || walk_tree(tree, skip, meet, c, e) != 0)
		return -1;
	while (c->name) {
		report(c->report, "missing", c->name, NULL);
		if (advance(c, e) != 0)
			return -1;
	}
	return 0;
}

int manifest_compare(const char *path, const char *part, const char *tree, unsigned what,
		     const struct strlist *skip, struct manifest_report *r, struct error *e)
{
	CLEANUP(strlist_free) struct strlist skipped = {0};
	struct comparison c = {.part = part, .what = what, .report = r};
	int result;

	*r = (struct manifest_report){0};
	if (skip)
		strlist_addv(&skipped, strlist_argv(skip));
	if (part == NULL) {
		strlist_add(&skipped, MANIFEST_NAME);
		strlist_add(&skipped, MANIFEST_SIGNATURE);
	}
	result = reader_open(&c.r, path, e);
	if (result == 0)
		result = compare(&c, tree, &skipped, e);
	manifest_entry_free(&c.next);
	reader_free(&c.r);
	return result;
}
