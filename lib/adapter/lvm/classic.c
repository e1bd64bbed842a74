/* SPDX-License-Identifier: MIT */
#include "adapter/lvm/lvm.h"

#include <string.h>
#include <time.h>

#include "adapter/lvm/revert.h"
#include "adapter/lvm/volume.h"
#include "base/log.h"
#include "sys/signals.h"

/* thin_claim() was asked before. */
static int classic_claim(struct storage_volume *v, struct error *e)
{
	(void)e;
	return v->group != NULL;
}

long long lvm_snapshot_size(long long size, long long free, long long extent)
{
	long long wanted = size / 5, least = size / 50;

	if (extent <= 0)
		return -1;
	wanted = (wanted + extent - 1) / extent * extent;
	least = (least + extent - 1) / extent * extent;
	if (wanted > free / 2)
		wanted = free / 2 / extent * extent;
	return wanted < least || wanted == 0 ? -1 : wanted;
}

static int classic_space(const struct storage_volume *v, struct storage_space *s, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};

	if (lvm_report(v->group, &r, e) != 0)
		return -1;
	*s = (struct storage_space){.of = mem_format("volume group '%s'", v->group), .metadata = -1};
	for (size_t i = 0; i < r.count; i++) {
		if (strcmp(r.item[i].group, v->group) != 0)
			continue;
		s->free = r.item[i].group_free;
		s->total += r.item[i].size;
	}
	s->total += s->free;
	return 0;
}

/* The size of a snapshot, after OTHERS have taken theirs, as R has it; 73 without room. */
static long long size_for(const struct storage_volume *v, const struct lvm_report *r, size_t others, struct error *e)
{
	const struct lvm_lv *lv = lvm_find(r, v->group, v->inner);
	long long size;

	if (lv == NULL)
		return error_set(e, EX_NOINPUT, "logical volume '%s/%s' is gone", v->group, v->inner);
	size = lvm_snapshot_size(lv->size, lv->group_free >> others, lv->extent);
	if (size < 0)
		return error_set(e, EX_CANTCREAT,
				 "no room for a snapshot of '%s': volume group '%s' has %lld MiB free and %lld MiB are "
				 "needed: remove snapshots, or extend it with 'vgextend'",
				 v->name, v->group, lv->group_free >> 20, (lv->size / 25 << others) >> 20);
	return size;
}

static int classic_room(const struct storage_volume *v, size_t others, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};

	return lvm_report(v->group, &r, e) != 0 || size_for(v, &r, others, e) < 0 ? -1 : 0;
}

/* A snapshot LV of SIZE bytes of the volume. */
static int classic_take(const struct storage_volume *v, const char *lv, long long size, bool writable,
			time_t expires, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};

	lvm_begin_create(&argv, lv, writable, expires);
	strlist_addf(&argv, "--size=%lldb", size);
	strlist_take(&argv, lvm_full(v, v->inner));
	return lvm_change(v, strlist_argv(&argv), e);
}

/*
 * The snapshot LV of the report R, or NULL: it is not there, or was only what a power cut left of one and is removed
 * now (lvm_refuse_lost()).
 */
static int whole(const struct storage_volume *v, const struct lvm_report *r, const char *lv,
		 const struct lvm_lv **found, struct error *e)
{
	*found = lvm_find(r, v->group, lv);
	if (*found == NULL || lvm_is_classic_snapshot(*found))
		return 0;
	*found = NULL;
	return lvm_remove_lv(v, lv, e);
}

static int classic_create(const struct storage_volume *v, const char *name, bool writable, time_t expires,
			  struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(lvm_names_free) struct lvm_names n = lvm_names_of(v, name);
	const struct lvm_lv *before;
	long long size;

	if (lvm_report(v->group, &r, e) != 0 || lvm_refuse_existing(v, &r, n.from, name, e) != 0)
		return -1;
	/* a merge behind a revert that is over may have been cut off */
	before = lvm_find(&r, v->group, n.before);
	if (before && lvm_has_tag(before, LVM_OURS)) {
		if (whole(v, &r, n.before, &before, e) != 0)
			return -1;
		lvm_report_free(&r); /* it gave room back */
		if (lvm_report(v->group, &r, e) != 0)
			return -1;
	}
	size = size_for(v, &r, 0, e);
	return size < 0 ? -1 : classic_take(v, n.from, size, writable, expires, e);
}

/*
 * What keeping the present state takes: a merge writes what diverged, each chunk of it is copied, and a
 * little more for the time until the commit.
 */
static long long size_to_keep(const struct lvm_lv *from)
{
	long long used = lvm_part(from->size, from->data < 0 ? 100 : from->data);
	long long size = used + used / 4 + 16 * from->extent;

	return (size + from->extent - 1) / from->extent * from->extent;
}

static int classic_revert_check(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(lvm_names_free) struct lvm_names n = lvm_names_of(v, name);
	const struct lvm_lv *from;

	if (lvm_report(v->group, &r, e) != 0 || lvm_revert_check(v, &n, name, &r, e) < 0)
		return -1;
	from = lvm_find(&r, v->group, n.from);
	return size_to_keep(from) <= from->group_free;
}

/* The snapshot that merges is shown by no report, its origin tells. */
static bool is_merging(const struct storage_volume *v, const struct lvm_report *r)
{
	const struct lvm_lv *live = lvm_find(r, v->group, v->inner);

	return live && lvm_is_merging(live);
}

/* Starts to merge LV into the volume, which serves at once and merges behind. */
static int merge(const struct storage_volume *v, const char *lv, struct error *e)
{
	CLEANUP(mem_freep) char *name = lvm_full(v, lv);
	const char *const argv[] = {"lvconvert", "--yes", "--background", "--mergesnapshot", name, NULL};

	return lvm_change(v, argv, e);
}

static int classic_revert(const struct storage_volume *v, const char *name, bool keep, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(lvm_names_free) struct lvm_names n = lvm_names_of(v, name);
	const struct lvm_lv *from, *before;

	if (lvm_report(v->group, &r, e) != 0 || whole(v, &r, n.from, &from, e) != 0 ||
	    whole(v, &r, n.before, &before, e) != 0)
		return -1;
	if (from == NULL || is_merging(v, &r)) /* it is under way, or over */
		return 0;
	/* what the merge uses up is written on it: an undo makes the snapshot again */
	if (keep && !before &&
	    classic_take(v, n.before, size_to_keep(from), lvm_is_writable(from),
			 (time_t)lvm_expires(from), e) != 0)
		return -1;
	return merge(v, n.from, e);
}

/* Waits until no merge into the volume is under way, and sees to it that somebody ends it. */
static int await_merge(const struct storage_volume *v, struct error *e)
{
	const char *const argv[] = {"lvchange", "--poll", "y", v->group, NULL};
	const struct timespec pause = {.tv_nsec = 200 * 1000000L};
	bool told = false;

	for (;;) {
		CLEANUP(lvm_report_free) struct lvm_report r = {0};

		if (lvm_report(v->group, &r, e) != 0)
			return -1;
		if (!is_merging(v, &r))
			return 0;
		if (signals_pending())
			return signals_error(e);
		if (!told) {
			log_progress("waiting until '%s' is merged", v->name);
			if (lvm_change(v, argv, e) != 0)
				return -1;
			told = true;
		}
		nanosleep(&pause, NULL);
	}
}

/*
 * Merges BEFORE, and makes the snapshot FROM (NULL: its merge used it up) again. From the tag on, a FROM that is there
 * does not mean that nothing was merged yet.
 */
static int bring_back(const struct storage_volume *v, const struct lvm_names *n, const struct lvm_lv *before,
		      const struct lvm_lv *from, struct error *e)
{
	CLEANUP(mem_freep) char *path = lvm_full(v, n->before);
	const char *const argv[] = {"lvchange", "--addtag", LVM_UNDO, path, NULL};
	struct error lost = {0};

	if (!lvm_has_tag(before, LVM_UNDO) && lvm_change(v, argv, e) != 0)
		return -1;
	if (from == NULL && classic_take(v, n->from, before->size, lvm_is_writable(before),
					 (time_t)lvm_expires(before), &lost) != 0)
		log_warn("snapshot '%s' is gone after this revert: %s", n->from, lost.text);
	return merge(v, n->before, e);
}

static int classic_revert_undo(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(lvm_names_free) struct lvm_names n = lvm_names_of(v, name);
	const struct lvm_lv *before, *from;

	if (await_merge(v, e) != 0 || lvm_report(v->group, &r, e) != 0 || whole(v, &r, n.from, &from, e) != 0 ||
	    whole(v, &r, n.before, &before, e) != 0)
		return -1;
	if (from && before && !lvm_has_tag(before, LVM_UNDO)) /* the merge had not begun */
		return lvm_remove_lv(v, n.before, e);
	if (before)
		return bring_back(v, &n, before, from, e);
	return from ? 0 : error_set(e, EXIT_HALFWAY, "there was no room to keep the present state of '%s'", v->name);
}

/* Beside a merge, where LVM allows it: the volume serves meanwhile, and so should its owner. */
static int classic_revert_commit(const struct storage_volume *v, const char *name, struct error *e)
{
	if (lvm_revert_commit(v, name, e) == 0)
		return 0;
	log_detail("%s", e->text);
	return await_merge(v, e) != 0 ? -1 : lvm_revert_commit(v, name, e);
}

const struct storage_driver lvm_driver = {
	.name = "lvm",
	.claim = classic_claim,
	.list = lvm_list,
	.space = classic_space,
	.unwritten = lvm_unwritten,
	.room = classic_room,
	.create = classic_create,
	.rename = lvm_rename,
	.remove = lvm_remove,
	.expire = lvm_expire,
	.open = lvm_open,
	.close = lvm_close,
	.seen_as = lvm_seen_as,
	.revert_check = classic_revert_check,
	.revert = classic_revert,
	.revert_undo = classic_revert_undo,
	.revert_commit = classic_revert_commit,
	.set_aside = lvm_set_aside,
	.remove_aside = lvm_remove_aside,
	.home = lvm_home,
};
