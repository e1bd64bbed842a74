/* SPDX-License-Identifier: MIT */
#include "appliance/backup/verify.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "appliance/backup/manifest.h"
#include "appliance/backup/mend.h"
#include "base/log.h"
#include "sys/attributes.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { KEPT = 100000 }; /* differences that are held in memory; the others are counted */

/* --- the report --------------------------------------------------------------------------------- */

static const char *const words[] = {
	[VERIFY_CONTENT] = "content", [VERIFY_SIZE] = "size", [VERIFY_KIND] = "kind", [VERIFY_ROWS] = "rows",
	[VERIFY_MISSING] = "missing", [VERIFY_EXTRA] = "extra", [VERIFY_TARGET] = "target", [VERIFY_OWNER] = "owner",
	[VERIFY_MODE] = "mode", [VERIFY_ATTRIBUTES] = "attributes", [VERIFY_TIME] = "time",
};

const char *verify_word(enum verify_what what)
{
	return words[what];
}

static void free_difference(struct verify_difference *d)
{
	free(d->path);
	free(d->wanted);
	free(d->got);
}

void verify_report_free(struct verify_report *r)
{
	for (size_t i = 0; i < r->count; i++)
		free_difference(&r->item[i]);
	free(r->item);
	*r = (struct verify_report){0};
}

void verify_add(struct verify_report *r, enum verify_what what, const char *path, const char *wanted, const char *got)
{
	r->differences++;
	if (r->count == KEPT)
		return;
	if ((r->count & (r->count - 1)) == 0)
		r->item = mem_grow(r->item, (r->count ? r->count * 2 : 1) * sizeof *r->item);
	r->item[r->count++] = (struct verify_difference){
		what, mem_dup(path), mem_dup(wanted ? wanted : "-"), mem_dup(got ? got : "-")};
}

static int worse(const void *a, const void *b)
{
	const struct verify_difference *one = a, *two = b;

	if (one->what != two->what)
		return one->what < two->what ? -1 : 1;
	return tree_order(one->path, two->path);
}

void verify_sort(struct verify_report *r)
{
	if (r->count)
		qsort(r->item, r->count, sizeof *r->item, worse);
}

void verify_format(const struct verify_difference *d, struct str *out)
{
	str_addf(out, "%s: '", words[d->what]);
	manifest_format_name(out, d->path);
	str_addc(out, '\'');
	if (strcmp(d->wanted, "-") == 0)
		return;
	str_add(out, " (");
	manifest_format_name(out, d->wanted);
	str_add(out, " in the manifest, ");
	manifest_format_name(out, d->got);
	str_add(out, " in the backup)");
}

int verify_write(const struct verify_report *r, const char *path, struct error *e)
{
	CLEANUP(str_free) struct str text = {0};

	str_add(&text, "what\tpath\twanted\tgot\n");
	for (size_t i = 0; i < r->count; i++) {
		const char *const cells[] = {words[r->item[i].what], r->item[i].path, r->item[i].wanted, r->item[i].got};

		for (size_t k = 0; k < 4; k++) {
			manifest_format_name(&text, cells[k]);
			str_addc(&text, k < 3 ? '\t' : '\n');
		}
	}
	if (r->differences > (long long)r->count)
		str_addf(&text, "more\t%lld\t-\t-\n", r->differences - (long long)r->count);
	return file_write(path, text.data, text.len, 0600, e);
}

/* --- one entry ---------------------------------------------------------------------------------- */

static void show_kind(const struct manifest_entry *m, struct str *out)
{
	str_add(out, m->type == 'f' ? "file" : m->type == 'd' ? "folder" : m->type == 'l' ? "link" :
		     m->type == 'p' ? "pipe" : "device or socket");
}

static void show_size(const struct manifest_entry *m, struct str *out)
{
	str_addf(out, "%lld bytes", m->size);
}

static void show_target(const struct manifest_entry *m, struct str *out)
{
	str_add(out, m->target ? m->target : "");
}

static void show_owner(const struct manifest_entry *m, struct str *out)
{
	str_addf(out, "%u:%u", m->uid, m->gid);
}

static void show_mode(const struct manifest_entry *m, struct str *out)
{
	str_addf(out, "%04o", m->mode);
}

static void show_attributes(const struct manifest_entry *m, struct str *out)
{
	str_add(out, m->attributes ? m->attributes : "none");
}

static void show_time(const struct manifest_entry *m, struct str *out)
{
	char when[CLOCK_TEXT];

	str_add(out, clock_text(m->mtime.tv_sec, when));
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* How an entry of the types TYPES may differ from the manifest's. */
static const struct check {
	enum verify_what what;
	const char *types;
	void (*show)(const struct manifest_entry *m, struct str *out);
} checks[] = {
	{VERIFY_KIND, "fdlp", show_kind},
	{VERIFY_SIZE, "f", show_size},
	{VERIFY_TARGET, "l", show_target},
	{VERIFY_OWNER, "fdlp", show_owner},
	{VERIFY_MODE, "fdp", show_mode},
	{VERIFY_ATTRIBUTES, "fd", show_attributes},
	{VERIFY_TIME, "f", show_time},
};

static bool differs(const struct check *c, const struct manifest_entry *want, const struct manifest_entry *got)
{
	if (strchr(c->types, want->type) == NULL)
		return false;
	switch (c->what) {
	case VERIFY_KIND: return want->type != got->type;
	case VERIFY_SIZE: return want->size != got->size;
	case VERIFY_TARGET: return !same_text(want->target, got->target);
	case VERIFY_OWNER: return want->uid != got->uid || want->gid != got->gid;
	case VERIFY_MODE: return want->mode != got->mode;
	case VERIFY_ATTRIBUTES: return (want->links || want->attributes) && !same_text(want->attributes, got->attributes);
	default: return want->mtime.tv_sec != got->mtime.tv_sec;
	}
}

/* --- the comparison ----------------------------------------------------------------------------- */

struct comparison {
	const struct verify *v;
	struct manifest_reader r;
	struct verify_report *report;
	struct manifest_entry next; /* of the manifest */
	const char *name;           /* its path in the tree; NULL: none left */
	struct mend_links links;
	bool times;                 /* the second walk: only times of folders are set */
};

static void add(struct comparison *c, enum verify_what what, const char *wanted, const char *got)
{
	verify_add(c->report, what, c->name, wanted, got);
}

/* What a restore does not give back (appliance/backup/strip.h) is not missed either. */
static void strip_wanted(struct manifest_entry *m)
{
	if (m->type != 'f')
		return;
	m->mode &= ~(mode_t)(S_ISUID | S_ISGID);
	attributes_drop_capability(m->attributes);
}

/* The next entry of the manifest that lies in the part. */
static int advance(struct comparison *c, struct error *e)
{
	int more;

	c->name = NULL;
	do {
		manifest_entry_free(&c->next);
		more = manifest_reader_next(&c->r, &c->next, e);
		if (more == 1)
			c->name = manifest_inside(c->next.path, c->v->part);
	} while (more == 1 && c->name == NULL);
	if (more == 1 && c->v->mend)
		strip_wanted(&c->next);
	return more < 0 ? -1 : 0;
}

/* Counts what differs, but for the content; TELL: adds it to the report. */
static size_t add_differences(struct comparison *c, const struct manifest_entry *got, bool tell)
{
	size_t found = 0;

	for (const struct check *k = checks; k < checks + sizeof checks / sizeof *checks; k++) {
		CLEANUP(str_free) struct str wanted = {0}, is = {0};

		if (!differs(k, &c->next, got))
			continue;
		found++;
		k->show(&c->next, &wanted);
		k->show(got, &is);
		if (tell)
			add(c, k->what, str_get(&wanted), str_get(&is));
		if (k->what == VERIFY_KIND || k->what == VERIFY_SIZE)
			break;
	}
	return found;
}

/* Whether the content of the file ITEM, which has the right size, is another: 1 or 0. */
static int compare_content(struct comparison *c, const struct tree_item *item, struct error *e)
{
	char digest[DIGEST_TEXT];
	long long size;

	if (manifest_digest_item(item, digest, &size, e) != 0)
		return -1;
	if (strcmp(digest, c->next.digest) == 0)
		return 0;
	add(c, VERIFY_CONTENT, c->next.digest, digest);
	return 1;
}

/* Sets what the manifest says; *GOT becomes what the entry is then. What cannot be set is left, and reported as it is. */
static int mend(struct comparison *c, const struct tree_item *item, bool same, struct manifest_entry *got,
		struct error *e)
{
	struct error why = {0};
	struct stat st;
	struct tree_item now = {item->path, item->dir, item->name, &st};
	bool needed = add_differences(c, got, false) > 0;
	int linked = same && c->next.links > 1 ? mend_link(&c->links, c->v->tree, item, &c->next, e) : 0;

	if (linked < 0)
		return -1;
	if (mend_entry(item, &c->next, got, &why) != 0)
		log_detail("%s", why.text);
	manifest_entry_free(got);
	if (fstatat(item->dir, item->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return error_errno(e, EX_IOERR, "cannot look at '%s'", item->path);
	if (manifest_look(&now, got, e) != 0)
		return -1;
	c->report->mended += (needed || linked) && add_differences(c, got, false) == 0;
	return 0;
}

static int compare_item(struct comparison *c, const struct tree_item *item, struct error *e)
{
	CLEANUP(manifest_entry_free) struct manifest_entry got = {0};
	bool file = c->next.type == 'f';
	int other = 0;

	if (c->times)
		return mend_folder_time(item, &c->next, e);
	if (manifest_look(item, &got, e) != 0)
		return -1;
	if (got.type == c->next.type && (!file || got.size == c->next.size)) {
		if (file)
			other = compare_content(c, item, e);
		if (other < 0 || (c->v->mend && mend(c, item, other == 0, &got, e) != 0))
			return -1;
	}
	if (add_differences(c, &got, true) == 0 && other == 0 && file) {
		c->report->files++;
		c->report->bytes += got.size;
	}
	return 0;
}

static int add_missing(struct comparison *c, struct error *e)
{
	if (!c->times)
		add(c, VERIFY_MISSING, NULL, NULL);
	return advance(c, e);
}

static int meet(void *arg, const struct tree_item *item, struct error *e)
{
	struct comparison *c = arg;

	while (c->name && tree_order(c->name, item->path) < 0)
		if (add_missing(c, e) != 0)
			return -1;
	if (c->name && strcmp(c->name, item->path) == 0)
		return compare_item(c, item, e) != 0 ? -1 : advance(c, e);
	if (!c->times)
		verify_add(c->report, VERIFY_EXTRA, item->path, NULL, NULL);
	return 0;
}

static int walk_once(struct comparison *c, const struct strlist *skip, struct error *e)
{
	if (manifest_reader_open(&c->r, c->v->manifest, e) != 0 || advance(c, e) != 0 ||
	    tree_walk(c->v->tree, skip, meet, c, e) != 0)
		return -1;
	while (c->name)
		if (add_missing(c, e) != 0)
			return -1;
	return 0;
}

static void free_comparison(struct comparison *c)
{
	manifest_entry_free(&c->next);
	manifest_reader_free(&c->r);
	mend_links_free(&c->links);
}

int verify_compare(const struct verify *v, struct verify_report *r, struct error *e)
{
	CLEANUP(strlist_free) struct strlist skip = {0};

	if (v->skip)
		strlist_addv(&skip, strlist_argv(v->skip));
	if (v->part == NULL) {
		strlist_add(&skip, MANIFEST_NAME);
		strlist_add(&skip, MANIFEST_SIGNATURE);
	}
	for (int times = 0; times <= v->mend; times++) {
		CLEANUP(free_comparison) struct comparison c = {.v = v, .report = r, .times = times};

		if (walk_once(&c, &skip, e) != 0)
			return -1;
	}
	return 0;
}
