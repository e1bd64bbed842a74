/* SPDX-License-Identifier: MIT */
#include "appliance/backup/verify.h"

#include <string.h>

#include "appliance/backup/manifest.h"

enum { REPORT_LINES = 20 };

void verify_report_free(struct verify_report *r)
{
	strlist_free(&r->lines);
}

static void report(struct verify_report *r, const char *what, const char *name, const char *how)
{
	CLEANUP(str_free) struct str text = {0};

	r->differences++;
	if (r->lines.count >= REPORT_LINES)
		return;
	str_addf(&text, "%s: ", what);
	manifest_format_name(&text, name);
	if (how)
		str_addf(&text, " (%s)", how);
	strlist_add(&r->lines, text.data);
}

struct comparison {
	struct manifest_reader r;
	const char *part;
	unsigned what;
	struct verify_report *report;
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
		more = manifest_reader_next(&c->r, &c->next, e);
		if (more == 1)
			c->name = manifest_inside(c->next.path, c->part);
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

static int compare_item(struct comparison *c, const struct tree_item *item, struct error *e)
{
	CLEANUP(manifest_entry_free) struct manifest_entry got;
	const char *how;
	long long size;

	if (manifest_look(item, &got, e) != 0)
		return -1;
	how = difference(c, &got);
	if (how == NULL && got.type == 'f' && (c->what & MANIFEST_CONTENT)) {
		if (manifest_digest_item(item, got.digest, &size, e) != 0)
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

static int meet(void *arg, const struct tree_item *item, struct error *e)
{
	struct comparison *c = arg;

	while (c->name && tree_order(c->name, item->path) < 0) {
		report(c->report, "missing", c->name, NULL);
		if (advance(c, e) != 0)
			return -1;
	}
	if (c->name == NULL || strcmp(c->name, item->path) != 0) {
		if (manifest_type(item->st->st_mode))
			report(c->report, "more", item->path, NULL);
		return 0;
	}
	return compare_item(c, item, e) != 0 ? -1 : advance(c, e);
}

static int compare(struct comparison *c, const char *tree, const struct strlist *skip, struct error *e)
{
	if (advance(c, e) != 0 || tree_walk(tree, skip, meet, c, e) != 0)
		return -1;
	while (c->name) {
		report(c->report, "missing", c->name, NULL);
		if (advance(c, e) != 0)
			return -1;
	}
	return 0;
}

int verify_compare(const char *path, const char *part, const char *tree, unsigned what,
		     const struct strlist *skip, struct verify_report *r, struct error *e)
{
	CLEANUP(strlist_free) struct strlist skipped = {0};
	struct comparison c = {.part = part, .what = what, .report = r};
	int result;

	*r = (struct verify_report){0};
	if (skip)
		strlist_addv(&skipped, strlist_argv(skip));
	if (part == NULL) {
		strlist_add(&skipped, MANIFEST_NAME);
		strlist_add(&skipped, MANIFEST_SIGNATURE);
	}
	result = manifest_reader_open(&c.r, path, e);
	if (result == 0)
		result = compare(&c, tree, &skipped, e);
	manifest_entry_free(&c.next);
	manifest_reader_free(&c.r);
	return result;
}
