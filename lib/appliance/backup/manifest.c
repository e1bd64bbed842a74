/* SPDX-License-Identifier: MIT */
#include "appliance/backup/manifest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "appliance/backup/manifestfile.h"

enum { RACE_S = 2 }; /* a file changed so shortly before the last instant is read again */

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
	if (m.type == '\0')
		return 0;
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

static int write_all(struct writer *w, const struct manifest_head *head, const char *source,
		     const struct strlist *skip, struct error *e)
{
	CLEANUP(str_free) struct str text = {0};

	manifest_format_head(head, &text);
	fputs(text.data, w->file);
	if (tree_walk(source, skip, write_item, w, e) != 0)
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
	CLEANUP(manifest_reader_free) struct manifest_reader r = {0};
	struct manifest_entry m;
	size_t seen = 0;
	int more;

	*found = 0;
	memset(out, 0, count * sizeof *out);
	if (manifest_reader_open(&r, path, e) != 0)
		return -1;
	while ((more = manifest_reader_next(&r, &m, e)) == 1) {
		if (m.type == 'f' && m.size <= max && manifest_inside(m.path, part))
			offer(out, count, found, ++seen, &m);
		manifest_entry_free(&m);
	}
	return more;
}
