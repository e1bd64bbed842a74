/* SPDX-License-Identifier: MIT */
#include "adapter/lvm.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/lvmreport.h"
#include "base/log.h"
#include "base/path.h"
#include "sys/lock.h"
#include "sys/run.h"
#include "sys/signals.h"

enum {
	POOL_FULL = 95,     /* percent of a thin pool's data: above, no snapshot */
	METADATA_FULL = 90  /* percent of its metadata */
};

/* Runs a program that changes something, to its end. The argument list ends with NULL. */
static int change(const char *const *argv, struct error *e)
{
	static const char *const env[] = {"LVM_SUPPRESS_FD_WARNINGS=1", NULL}; /* the lock's descriptor */
	const struct run r = {.argv = argv, .env = env, .outlives = true, .keep_fd = lock_held()};
	CLEANUP(run_free) struct run_result res = {0};

	return run_check(&r, 0, &res, e);
}

/* --- which it is ----------------------------------------------------------------------------------- */

static bool may_be_ours(const char *source)
{
	char real[PATH_MAX];

	if (source == NULL || !str_begins(source, "/dev/"))
		return false;
	if (str_begins(source, "/dev/mapper/") || (realpath(source, real) && str_begins(real, "/dev/dm-")))
		return true;
	/* /dev/VG/LV of one that is not active, or has another name while a revert is under way */
	return strchr(source + 5, '/') && !str_begins(source, "/dev/disk/");
}

static bool is_at(const struct lvm_lv *lv, const char *source)
{
	char real[PATH_MAX], own[PATH_MAX];

	if (strcmp(lv->path, source) == 0 || strcmp(lv->dm_path, source) == 0)
		return true;
	return *lv->path && realpath(source, real) && realpath(lv->path, own) && strcmp(real, own) == 0;
}

/* A revert that was cut off between its two renames: the volume goes by its name of that time. */
static bool was_at(const struct lvm_lv *lv, const char *source)
{
	size_t n = strlen(source);

	return strncmp(lv->path, source, n) == 0 && strcmp(lv->path + n, ".before") == 0;
}

static void take_over(struct storage_volume *v, const struct lvm_lv *lv, size_t name_len)
{
	v->group = mem_dup(lv->group);
	v->inner = mem_dupn(lv->name, name_len);
	v->pool = *lv->pool ? mem_dup(lv->pool) : NULL;
}

static int thin_claim(struct storage_volume *v, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};

	if (!may_be_ours(v->source))
		return 0;
	if (lvm_report(NULL, &r, e) != 0)
		return -1;
	for (size_t i = 0; i < r.count && v->group == NULL; i++)
		if (is_at(&r.item[i], v->source))
			take_over(v, &r.item[i], strlen(r.item[i].name));
	for (size_t i = 0; i < r.count && v->group == NULL; i++)
		if (was_at(&r.item[i], v->source))
			take_over(v, &r.item[i], strlen(r.item[i].name) - strlen(".before"));
	return v->pool != NULL;
}

/* thin_claim() was asked before. */
static int classic_claim(struct storage_volume *v, struct error *e)
{
	(void)e;
	return v->group != NULL;
}

/* --- snapshots ------------------------------------------------------------------------------------- */

static char *lv_of(const struct storage_volume *v, const char *name)
{
	return mem_format("%s_%s", v->inner, name);
}

static char *full(const struct storage_volume *v, const char *lv)
{
	return mem_format("%s/%s", v->group, lv);
}

static char *device(const struct storage_volume *v, const char *lv)
{
	return mem_format("/dev/%s/%s", v->group, lv);
}

static bool is_ours(const struct storage_volume *v, const struct lvm_lv *lv)
{
	size_t n = strlen(v->inner);

	if (strncmp(lv->name, v->inner, n) != 0 || lv->name[n] != '_' || !path_is_name(lv->name + n + 1))
		return false;
	return v->pool ? strcmp(lv->pool, v->pool) == 0
		       : lvm_is_classic_snapshot(lv) && strcmp(lv->origin, v->inner) == 0;
}

static long long part(long long size, double percent)
{
	return percent < 0 ? -1 : (long long)((double)size * percent / 100);
}

static void fill(const struct storage_volume *v, const struct lvm_report *r, const struct lvm_lv *lv,
		 struct storage_snapshot *s)
{
	const struct lvm_lv *from = v->pool ? lvm_find(r, v->group, v->pool) : lv;
	long long used = from ? part(from->size, from->data) : -1;

	*s = (struct storage_snapshot){
		.name = mem_dup(lv->name + strlen(v->inner) + 1),
		.created = (time_t)lv->created,
		.expires = (time_t)lvm_expires(lv),
		.writable = lvm_is_writable(lv),
		.broken = !v->pool && lvm_is_broken(lv),
		/* a thin pool does not tell which blocks are shared */
		.diverged = v->pool ? -1 : used,
		.left = used < 0 ? -1 : from->size - used,
	};
}

static int lvm_list(const struct storage_volume *v, struct storage_list *l, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};

	if (lvm_report(v->group, &r, e) != 0)
		return -1;
	for (size_t i = 0; i < r.count; i++)
		if (strcmp(r.item[i].group, v->group) == 0 && is_ours(v, &r.item[i]))
			fill(v, &r, &r.item[i], storage_list_add(l));
	return 0;
}

/* Looks for LV in the group of V: 1 there, 0 not, -1 error. OUT (or NULL) owns what *FOUND points into. */
static int look(const struct storage_volume *v, const char *lv, struct lvm_report *out,
		const struct lvm_lv **found, struct error *e)
{
	if (lvm_report(v->group, out, e) != 0)
		return -1;
	*found = lvm_find(out, v->group, lv);
	return *found != NULL;
}

static int there(const struct storage_volume *v, const char *lv, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	const struct lvm_lv *found;

	return look(v, lv, &r, &found, e);
}

static int remove_lv(const struct storage_volume *v, const char *lv, struct error *e)
{
	CLEANUP(mem_freep) char *name = full(v, lv);
	const char *const argv[] = {"lvremove", "--yes", name, NULL};
	int r = there(v, lv, e);

	return r <= 0 ? r : change(argv, e);
}

static int rename_lv(const struct storage_volume *v, const char *from, const char *to, struct error *e)
{
	const char *const argv[] = {"lvrename", v->group, from, to, NULL};

	return change(argv, e);
}

static int lvm_rename(const struct storage_volume *v, const char *from, const char *to, struct error *e)
{
	CLEANUP(mem_freep) char *old = lv_of(v, from);
	CLEANUP(mem_freep) char *new = lv_of(v, to);
	int r = there(v, old, e);

	if (r > 0)
		return rename_lv(v, old, new, e);
	if (r == 0 && (r = there(v, new, e)) == 0)
		return error_set(e, EX_NOINPUT, "'%s' has no snapshot '%s'", v->name, from);
	return r < 0 ? -1 : 0;
}

static int lvm_remove(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *lv = lv_of(v, name);

	return remove_lv(v, lv, e);
}

static int lvm_expire(const struct storage_volume *v, const char *name, time_t expires, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(mem_freep) char *lv = lv_of(v, name);
	const struct lvm_lv *found;

	if (look(v, lv, &r, &found, e) < 0)
		return -1;
	if (found == NULL)
		return error_set(e, EX_NOINPUT, "'%s' has no snapshot '%s'", v->name, name);
	if (lvm_expires(found) == expires)
		return 0;
	strlist_add(&argv, "lvchange");
	if (lvm_expires(found))
		strlist_addf(&argv, "--deltag=" LVM_EXPIRES "%lld", lvm_expires(found));
	if (expires)
		strlist_addf(&argv, "--addtag=" LVM_EXPIRES "%lld", (long long)expires);
	strlist_take(&argv, full(v, lv));
	return change(strlist_argv(&argv), e);
}

static void lvm_seen_as(const struct storage_volume *v, const char *name, char **path, char **subroot)
{
	CLEANUP(mem_freep) char *lv = lv_of(v, name);

	*path = device(v, lv);
	*subroot = mem_dup("/");
}

static int lvm_home(const struct storage_volume *v, struct storage_place *p, struct error *e)
{
	(void)e;
	*p = (struct storage_place){
		.source = device(v, v->inner), .type = mem_dup(v->type), .options = mem_dup(v->options)};
	return 0;
}

/* How the file system on LV is mounted: xfs refuses a second one of a UUID; no log is replayed read-only. */
static void place_of(const struct storage_volume *v, const char *lv, bool writable,
		     struct storage_place *p)
{
	bool xfs = strcmp(v->type, "xfs") == 0;

	*p = (struct storage_place){
		.source = device(v, lv),
		.type = mem_dup(v->type),
		.options = mem_format("%s%s", writable ? "rw" : "ro", xfs ? ",nouuid" : ""),
	};
	if (!writable && xfs)
		p->otherwise = mem_dup("ro,nouuid,norecovery");
	else if (!writable && str_begins(v->type, "ext"))
		p->otherwise = mem_dup("ro,noload");
}

static int lvm_open(const struct storage_volume *v, const char *name, bool writable,
		    struct storage_place *p, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(mem_freep) char *lv = lv_of(v, name);
	CLEANUP(mem_freep) char *path = full(v, lv);
	/* thin snapshots are made so that a boot does not activate them */
	const char *const argv[] = {"lvchange", "--activate", "y", "--ignoreactivationskip", path, NULL};
	const struct lvm_lv *found;

	if (look(v, lv, &r, &found, e) < 0)
		return -1;
	if (found == NULL)
		return error_set(e, EX_NOINPUT, "'%s' has no snapshot '%s'", v->name, name);
	if (!v->pool && lvm_is_broken(found))
		return error_set(e, EX_IOERR, "snapshot '%s' of '%s' was full and is lost: remove it", name,
				 v->name);
	if (writable && !lvm_is_writable(found))
		return error_set(e, EX_USAGE,
				 "snapshot '%s' of '%s' is read-only: make one with 'create --rw'", name,
				 v->name);
	if (!lvm_is_active(found) && change(argv, e) != 0)
		return -1;
	place_of(v, lv, writable, p);
	return 0;
}

static int lvm_close(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *lv = lv_of(v, name);
	CLEANUP(mem_freep) char *path = full(v, lv);
	const char *const argv[] = {"lvchange", "--activate", "n", path, NULL};
	int r;

	if (v->pool == NULL) /* a classic one is active with its origin */
		return 0;
	r = there(v, lv, e);
	return r <= 0 ? r : change(argv, e);
}

/* --- thin ------------------------------------------------------------------------------------------ */

static int thin_space(const struct storage_volume *v, struct storage_space *s, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	const struct lvm_lv *pool;

	if (look(v, v->pool, &r, &pool, e) < 0)
		return -1;
	if (pool == NULL)
		return error_set(e, EX_SOFTWARE, "thin pool '%s/%s' is gone", v->group, v->pool);
	*s = (struct storage_space){
		.of = mem_format("thin pool '%s/%s'", v->group, v->pool),
		.total = pool->size,
		.free = pool->size - part(pool->size, pool->data < 0 ? 0 : pool->data),
		.metadata = (int)pool->metadata,
	};
	return 0;
}

static int thin_room(const struct storage_volume *v, size_t others, struct error *e)
{
	CLEANUP(storage_space_free) struct storage_space s = {0};

	(void)others;
	if (thin_space(v, &s, e) != 0)
		return -1;
	if (s.free < s.total / 100 * (100 - POOL_FULL))
		return error_set(e, EX_CANTCREAT,
				 "no room for a snapshot of '%s': %s has %lld MiB left of %lld: remove "
				 "snapshots, or extend it with 'lvextend'",
				 v->name, s.of, s.free >> 20, s.total >> 20);
	if (s.metadata >= METADATA_FULL)
		return error_set(e, EX_CANTCREAT,
				 "no room for a snapshot of '%s': the metadata of %s are %d%% full: extend "
				 "them with 'lvextend --poolmetadatasize'",
				 v->name, s.of, s.metadata);
	return 0;
}

/* A name that exists is the caller's error; everything else is said by lvcreate. */
static int refuse_existing(const struct storage_volume *v, const char *lv, const char *name,
			   struct error *e)
{
	int r = there(v, lv, e);

	if (r > 0)
		return error_set(e, EX_CANTCREAT, "snapshot '%s' of '%s' exists already", name, v->name);
	return r;
}

static void add_common(struct strlist *argv, const char *lv, bool writable, time_t expires)
{
	strlist_add(argv, "lvcreate");
	strlist_add(argv, "--snapshot");
	strlist_add(argv, "--permission");
	strlist_add(argv, writable ? "rw" : "r");
	if (expires)
		strlist_addf(argv, "--addtag=" LVM_EXPIRES "%lld", (long long)expires);
	strlist_addf(argv, "--name=%s", lv);
}

static int thin_create(const struct storage_volume *v, const char *name, bool writable, time_t expires,
		       struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(mem_freep) char *lv = lv_of(v, name);

	if (refuse_existing(v, lv, name, e) != 0)
		return -1;
	add_common(&argv, lv, writable, expires);
	strlist_take(&argv, full(v, v->inner));
	return change(strlist_argv(&argv), e);
}

/* The names that a revert works with. */
struct names {
	char *from, *next, *before;
};

static void names_free(struct names *n)
{
	free(n->from);
	free(n->next);
	free(n->before);
}

static struct names names_of(const struct storage_volume *v, const char *name)
{
	return (struct names){lv_of(v, name), mem_format("%s.next", v->inner),
			      mem_format("%s.before", v->inner)};
}

static int revert_check(const struct storage_volume *v, const struct names *n, const char *name,
			const struct lvm_report *r, struct error *e)
{
	const struct lvm_lv *from = lvm_find(r, v->group, n->from);
	bool before = lvm_find(r, v->group, n->before) != NULL;

	if (from == NULL)
		return error_set(e, EX_NOINPUT, "'%s' has no snapshot '%s'", v->name, name);
	if (before || lvm_find(r, v->group, n->next))
		return error_set(e, EX_CANTCREAT, "the logical volume '%s/%s' is in the way", v->group,
				 before ? n->before : n->next);
	if (!v->pool && lvm_is_broken(from))
		return error_set(e, EX_IOERR, "snapshot '%s' of '%s' was full and is lost", name, v->name);
	return 1;
}

static int thin_revert_check(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(names_free) struct names n = names_of(v, name);

	if (lvm_report(v->group, &r, e) != 0)
		return -1;
	return revert_check(v, &n, name, &r, e) < 0 || thin_room(v, 0, e) != 0 ? -1 : 1;
}

/* A read/write snapshot of NAME, active at every boot, as the volume will be. */
static int thin_copy(const struct storage_volume *v, const struct names *n, struct error *e)
{
	CLEANUP(mem_freep) char *from = full(v, n->from);
	const char *const argv[] = {"lvcreate", "--snapshot", "--setactivationskip", "n", "--permission",
				    "rw", "--name", n->next, from, NULL};

	return change(argv, e);
}

static int thin_revert(const struct storage_volume *v, const char *name, bool keep, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(names_free) struct names n = names_of(v, name);
	bool live, before;

	(void)keep;
	if (lvm_report(v->group, &r, e) != 0)
		return -1;
	live = lvm_find(&r, v->group, v->inner);
	before = lvm_find(&r, v->group, n.before);
	if (live && before)
		return 0;
	if (live && ((!lvm_find(&r, v->group, n.next) && thin_copy(v, &n, e) != 0) ||
		     rename_lv(v, v->inner, n.before, e) != 0))
		return -1;
	return rename_lv(v, n.next, v->inner, e);
}

static int thin_revert_undo(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(names_free) struct names n = names_of(v, name);

	if (lvm_report(v->group, &r, e) != 0)
		return -1;
	if (lvm_find(&r, v->group, n.before) &&
	    ((lvm_find(&r, v->group, v->inner) && rename_lv(v, v->inner, n.next, e) != 0) ||
	     rename_lv(v, n.before, v->inner, e) != 0))
		return -1;
	return remove_lv(v, n.next, e);
}

static int lvm_revert_commit(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(names_free) struct names n = names_of(v, name);

	return remove_lv(v, n.before, e);
}

/* --- classic --------------------------------------------------------------------------------------- */

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

/* The size of a snapshot, after OTHERS have taken theirs; 73 without room. */
static long long size_for(const struct storage_volume *v, size_t others, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	const struct lvm_lv *lv;
	long long size;

	if (look(v, v->inner, &r, &lv, e) < 0)
		return -1;
	if (lv == NULL)
		return error_set(e, EX_NOINPUT, "logical volume '%s/%s' is gone", v->group, v->inner);
	size = lvm_snapshot_size(lv->size, lv->group_free >> others, lv->extent);
	if (size < 0)
		return error_set(e, EX_CANTCREAT,
				 "no room for a snapshot of '%s': volume group '%s' has %lld MiB of free "
				 "extents, a fiftieth of the volume's %lld MiB is needed twice: remove "
				 "snapshots, or extend it with 'vgextend'",
				 v->name, v->group, lv->group_free >> 20, lv->size >> 20);
	return size;
}

static int classic_room(const struct storage_volume *v, size_t others, struct error *e)
{
	return size_for(v, others, e) < 0 ? -1 : 0;
}

/* A snapshot LV of SIZE bytes of the volume. */
static int classic_take(const struct storage_volume *v, const char *lv, long long size, bool writable,
			time_t expires, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};

	add_common(&argv, lv, writable, expires);
	strlist_addf(&argv, "--size=%lldb", size);
	strlist_take(&argv, full(v, v->inner));
	return change(strlist_argv(&argv), e);
}

static int classic_create(const struct storage_volume *v, const char *name, bool writable, time_t expires,
			  struct error *e)
{
	CLEANUP(mem_freep) char *lv = lv_of(v, name);
	long long size;

	if (refuse_existing(v, lv, name, e) != 0)
		return -1;
	size = size_for(v, 0, e);
	return size < 0 ? -1 : classic_take(v, lv, size, writable, expires, e);
}

/*
 * What keeping the present state takes: a merge writes what diverged, each chunk of it is copied, and a
 * little more for the time until the commit.
 */
static long long size_to_keep(const struct lvm_lv *from)
{
	long long used = part(from->size, from->data < 0 ? 100 : from->data);
	long long size = used + used / 4 + 16 * from->extent;

	return (size + from->extent - 1) / from->extent * from->extent;
}

static int classic_revert_check(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(names_free) struct names n = names_of(v, name);
	const struct lvm_lv *from;

	if (lvm_report(v->group, &r, e) != 0 || revert_check(v, &n, name, &r, e) < 0)
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
	CLEANUP(mem_freep) char *name = full(v, lv);
	const char *const argv[] = {"lvconvert", "--yes", "--background", "--mergesnapshot", name, NULL};

	return change(argv, e);
}

static int classic_revert(const struct storage_volume *v, const char *name, bool keep, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(names_free) struct names n = names_of(v, name);
	const struct lvm_lv *from;

	if (look(v, n.from, &r, &from, e) < 0)
		return -1;
	if (from == NULL || is_merging(v, &r)) /* it is under way, or over */
		return 0;
	/* what the merge uses up is written on it: an undo makes the snapshot again */
	if (keep && !lvm_find(&r, v->group, n.before) &&
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
			if (change(argv, e) != 0)
				return -1;
			told = true;
		}
		nanosleep(&pause, NULL);
	}
}

static int classic_revert_undo(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(names_free) struct names n = names_of(v, name);
	const struct lvm_lv *before;
	struct error lost = {0};

	if (await_merge(v, e) != 0 || look(v, n.before, &r, &before, e) < 0)
		return -1;
	if (lvm_find(&r, v->group, n.from)) /* the merge had not begun */
		return remove_lv(v, n.before, e);
	if (before == NULL)
		return error_set(e, EXIT_HALFWAY,
				 "there was no room to keep the present state of '%s'", v->name);
	if (classic_take(v, n.from, before->size, lvm_is_writable(before), (time_t)lvm_expires(before),
			 &lost) != 0)
		log_warn("snapshot '%s' of '%s' is used up: %s", name, v->name, lost.text);
	return merge(v, n.before, e);
}

/* Beside a merge, where LVM allows it: the volume serves meanwhile, and so should its owner. */
static int classic_revert_commit(const struct storage_volume *v, const char *name, struct error *e)
{
	if (lvm_revert_commit(v, name, e) == 0)
		return 0;
	log_detail("%s", e->text);
	return await_merge(v, e) != 0 ? -1 : lvm_revert_commit(v, name, e);
}

const struct storage_driver lvm_thin_driver = {
	.name = "lvm-thin",
	.claim = thin_claim,
	.list = lvm_list,
	.space = thin_space,
	.room = thin_room,
	.create = thin_create,
	.rename = lvm_rename,
	.remove = lvm_remove,
	.expire = lvm_expire,
	.open = lvm_open,
	.close = lvm_close,
	.seen_as = lvm_seen_as,
	.revert_check = thin_revert_check,
	.revert = thin_revert,
	.revert_undo = thin_revert_undo,
	.revert_commit = lvm_revert_commit,
	.home = lvm_home,
};

const struct storage_driver lvm_driver = {
	.name = "lvm",
	.claim = classic_claim,
	.list = lvm_list,
	.space = classic_space,
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
	.home = lvm_home,
};
