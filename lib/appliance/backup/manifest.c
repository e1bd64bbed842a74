/* SPDX-License-Identifier: MIT */
#include "appliance/backup/manifest.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/backup/manifestfile.h"
#include "base/log.h"

enum {
	RACE_S = 2,       /* a file changed so shortly before the last instant is read again */
	LONG_PATH = 1024, /* bytes, from which on a path or a name is odd */
	LONG_NAME = 200
};

/* --- writing ------------------------------------------------------------------------------------ */

struct writer {
	FILE *file;
	struct manifest_reader last;         /* the earlier manifest; closed where there is none */
	struct manifest_entry next; /* its next entry; path NULL: none left */
	bool more;
	struct manifest_totals totals;
};

/* Moves the earlier manifest to the first entry that is not before PATH. */
static void catch_up(struct writer *w, const char *path)
{
	struct error e = {0};

	while (w->more && (w->next.path == NULL || tree_order(w->next.path, path) < 0)) {
		manifest_entry_free(&w->next);
		w->more = manifest_reader_next(&w->last, &w->next, &e) == 1; /* a damaged one only costs time */
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

static int add_digest(struct writer *w, const struct tree_item *item, struct manifest_entry *m,
		      struct error *e)
{
	catch_up(w, m->path);
	if (unchanged(w, m)) {
		memcpy(m->digest, w->next.digest, sizeof m->digest);
		w->totals.reused++;
	} else if (manifest_digest_item(item, m->digest, &m->size, e) != 0) {
		return -1;
	}
	w->totals.files++;
	w->totals.bytes += m->size;
	return 0;
}

static int write_item(void *arg, const struct tree_item *item, struct error *e)
{
	struct writer *w = arg;
	CLEANUP(manifest_entry_free) struct manifest_entry m = {0};
	CLEANUP(str_free) struct str text = {0};

	if (strlen(item->path) > MANIFEST_PATH)
		return error_set(e, EXIT_FAILED, "the path '%.80s…' is %zu bytes long: more than %d cannot be restored",
				 item->path, strlen(item->path), MANIFEST_PATH);
	if (manifest_look(item, &m, e) != 0)
		return -1;
	if (m.type == '\0') {
		if (!S_ISSOCK(item->st->st_mode))
			log_warn("'%s' is a device: a restore of this backup would leave it out, and need '--accept-differences': "
				 "remove it from the vault", item->path);
		return 0;
	}
	if (m.type == 'f' && add_digest(w, item, &m, e) != 0)
		return -1;
	manifest_format(&m, &text);
	if (fwrite(text.data, 1, text.len, w->file) != text.len)
		return error_errno(e, EX_IOERR, "cannot write the manifest");
	return 0;
}

static void open_last(struct writer *w, const char *last)
{
	struct error e = {0};

	w->more = last && manifest_reader_open(&w->last, last, &e) == 0;
}

static int write_all(struct writer *w, const struct manifest_head *head, const char *tree,
		     const struct strlist *skip, struct error *e)
{
	CLEANUP(str_free) struct str text = {0};

	manifest_format_head(head, &text);
	fputs(text.data, w->file);
	if (tree_walk(tree, skip, write_item, w, e) != 0)
		return -1;
	fprintf(w->file, "# end %lld %lld\n", w->totals.files, w->totals.bytes);
	if (fflush(w->file) != 0 || ferror(w->file) || fsync(fileno(w->file)) != 0)
		return error_errno(e, EX_IOERR, "cannot write the manifest");
	return 0;
}

int manifest_write(const char *path, const struct manifest_head *head, const struct manifest_source *source,
		   struct manifest_totals *totals, struct error *e)
{
	CLEANUP(strlist_free) struct strlist skipped = {0};
	struct writer w = {.file = fopen(path, "we")};
	int r;

	if (w.file == NULL)
		return error_errno(e, EX_CANTCREAT, "cannot create '%s'", path);
	strlist_addv(&skipped, strlist_argv(source->skip));
	strlist_add(&skipped, MANIFEST_NAME);
	strlist_add(&skipped, MANIFEST_SIGNATURE);
	open_last(&w, source->last);
	r = write_all(&w, head, source->tree, &skipped, e);
	if (fclose(w.file) != 0 && r == 0)
		r = error_errno(e, EX_IOERR, "cannot write '%s'", path);
	*totals = w.totals;
	manifest_entry_free(&w.next);
	manifest_reader_free(&w.last);
	return r;
}

/* --- reading ------------------------------------------------------------------------------------ */

int manifest_read(const char *path, struct manifest_head *head, struct manifest_totals *totals,
		  struct error *e)
{
	CLEANUP(manifest_reader_free) struct manifest_reader r = {0};
	struct manifest_entry m;
	int more;

	*head = (struct manifest_head){0};
	if (manifest_reader_open(&r, path, e) != 0)
		return -1;
	while ((more = manifest_reader_next(&r, &m, e)) == 1)
		manifest_entry_free(&m);
	if (more < 0)
		return -1;
	*totals = r.totals;
	*head = r.head;
	r.head = (struct manifest_head){0};
	return 0;
}

int manifest_find(const char *path, const char *name, struct manifest_entry *out, struct error *e)
{
	CLEANUP(manifest_reader_free) struct manifest_reader r = {0};
	int more;

	if (manifest_reader_open(&r, path, e) != 0)
		return -1;
	while ((more = manifest_reader_next(&r, out, e)) == 1) {
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

/* Some of the files that were offered, each of the SEEN so far with the same probability. */
struct choice {
	struct manifest_entry *out;
	size_t count, found, seen;
};

/* Takes M or leaves it; what was taken before and has to make room for it becomes *M. */
static void offer(struct choice *c, struct manifest_entry *m)
{
	struct manifest_entry was;
	size_t place = c->found < c->count ? c->found : random_below(c->seen + 1);

	c->seen++;
	if (place >= c->count)
		return;
	was = place < c->found ? c->out[place] : (struct manifest_entry){0};
	c->found += place == c->found;
	c->out[place] = *m;
	*m = was;
}

/* The length of the UTF-8 character at P, as RFC 3629 has it; 0: it is none. */
static size_t utf8_length(const unsigned char *p)
{
	size_t n = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : (*p & 0xf0) == 0xe0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if (n == 3 && ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f)))
		return 0;
	if (n == 4 && ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)))
		return 0;
	return n;
}

static bool is_odd(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n;

	if (strlen(path) > LONG_PATH || strlen(slash ? slash + 1 : path) > LONG_NAME)
		return true;
	for (const unsigned char *p = (const unsigned char *)path; *p; p += n) {
		n = utf8_length(p);
		if (n == 0 || *p < ' ' || *p == 0x7f || strchr("\\*?[\"'", *p))
			return true;
	}
	return false;
}

static int choose(const char *path, const struct manifest_sample *s, struct choice *odd, struct choice *any,
		  struct error *e)
{
	CLEANUP(manifest_reader_free) struct manifest_reader r = {0};
	struct manifest_entry m;
	int more;

	if (manifest_reader_open(&r, path, e) != 0)
		return -1;
	while ((more = manifest_reader_next(&r, &m, e)) == 1) {
		bool fits = m.type == 'f' && m.size <= s->max && manifest_inside(m.path, s->part);

		if (fits && is_odd(m.path))
			offer(odd, &m); /* what comes back is offered as any other file */
		if (fits && m.path)
			offer(any, &m);
		manifest_entry_free(&m);
	}
	return more;
}

int manifest_sample(const char *path, const struct manifest_sample *s, struct manifest_entry *out, size_t *found,
		    struct error *e)
{
	struct choice odd = {.out = out, .count = s->odd};
	struct choice any = {.out = mem_alloc((s->count + 1) * sizeof *out), .count = s->count};
	int r = choose(path, s, &odd, &any, e);

	memcpy(out + odd.found, any.out, any.found * sizeof *out);
	*found = odd.found + any.found;
	free(any.out);
	return r;
}
