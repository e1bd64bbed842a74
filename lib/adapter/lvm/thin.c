/* SPDX-License-Identifier: MIT */
#include "adapter/lvm/lvm.h"

#include <string.h>

#include "adapter/lvm/revert.h"
#include "adapter/lvm/volume.h"
#include "base/log.h"
#include "sys/run.h"

enum {
	POOL_FULL = 95,     /* percent of a thin pool's data: above, no snapshot */
	METADATA_FULL = 90  /* percent of its metadata */
};

static int thin_claim(struct storage_volume *v, struct error *e)
{
	return lvm_claim(v, e) < 0 ? -1 : v->pool != NULL;
}

static int thin_space(const struct storage_volume *v, struct storage_space *s, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	const struct lvm_lv *pool;

	if (lvm_look(v, v->pool, &r, &pool, e) < 0)
		return -1;
	if (pool == NULL)
		return error_set(e, EX_SOFTWARE, "thin pool '%s/%s' is gone", v->group, v->pool);
	*s = (struct storage_space){
		.of = mem_format("thin pool '%s/%s'", v->group, v->pool),
		.total = pool->size,
		.free = pool->size - lvm_part(pool->size, pool->data < 0 ? 0 : pool->data),
		.metadata = (int)pool->metadata,
	};
	return 0;
}

/*
 * A power cut leaves blocks of the pool that were given out and not yet written to. thin_check calls that an error, unless
 * it may mend it; LVM then activates nothing. Whether it may is a default of the one who built LVM (Debian: no).
 */
static void thin_advise(const struct storage_volume *v)
{
	const char *const argv[] = {"lvmconfig", "--typeconfig", "full", "global/thin_check_options", NULL};
	static const char *const env[] = {"LVM_SUPPRESS_FD_WARNINGS=1", NULL};
	const struct run r = {.argv = argv, .env = env};
	CLEANUP(run_free) struct run_result res = {0};
	struct error no = {0};

	if (run_check(&r, 0, &res, &no) == 0 && strstr(str_get(&res.out), "--clear-needs-check-flag") == NULL)
		log_warn("after a power cut LVM may leave thin pool '%s/%s' inactive until it is repaired by hand: see "
			 "THIN POOLS in ecs-snapshot(8)", v->group, v->pool);
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

static int thin_create(const struct storage_volume *v, const char *name, bool writable, time_t expires,
		       struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(mem_freep) char *lv = lvm_lv_of(v, name);
	struct error ignored = {0};

	lvm_begin_create(&argv, lv, writable, expires);
	strlist_take(&argv, lvm_full(v, v->inner));
	if (lvm_change(v, strlist_argv(&argv), e) == 0)
		return 0;
	/* only a failure is worth a look: the application is paused meanwhile */
	if (lvm_there(v, lv, &ignored) > 0)
		e->code = EX_CANTCREAT;
	return -1;
}

static int thin_revert_check(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(lvm_names_free) struct lvm_names n = lvm_names_of(v, name);

	if (lvm_report(v->group, &r, e) != 0)
		return -1;
	return lvm_revert_check(v, &n, name, &r, e) < 0 || thin_room(v, 0, e) != 0 ? -1 : 1;
}

/* A read/write snapshot of NAME, active at every boot, as the volume will be. */
static int thin_copy(const struct storage_volume *v, const struct lvm_names *n, struct error *e)
{
	CLEANUP(mem_freep) char *from = lvm_full(v, n->from);
	const char *const argv[] = {"lvcreate", "--snapshot", "--setactivationskip", "n", "--permission",
				    "rw", "--name", n->next, from, NULL};

	return lvm_change(v, argv, e);
}

static int thin_revert(const struct storage_volume *v, const char *name, bool keep, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(lvm_names_free) struct lvm_names n = lvm_names_of(v, name);
	bool live, before;

	(void)keep;
	if (lvm_report(v->group, &r, e) != 0)
		return -1;
	live = lvm_find(&r, v->group, v->inner);
	before = lvm_find(&r, v->group, n.before);
	if (live && before)
		return 0;
	if (live && ((!lvm_find(&r, v->group, n.next) && thin_copy(v, &n, e) != 0) ||
		     lvm_rename_lv(v, v->inner, n.before, e) != 0))
		return -1;
	return lvm_rename_lv(v, n.next, v->inner, e);
}

static int thin_revert_undo(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(lvm_names_free) struct lvm_names n = lvm_names_of(v, name);

	if (lvm_report(v->group, &r, e) != 0)
		return -1;
	if (lvm_find(&r, v->group, n.before) &&
	    ((lvm_find(&r, v->group, v->inner) && lvm_rename_lv(v, v->inner, n.next, e) != 0) ||
	     lvm_rename_lv(v, n.before, v->inner, e) != 0))
		return -1;
	return 0;
}

static int thin_revert_clear(const struct storage_volume *v, struct error *e)
{
	CLEANUP(lvm_names_free) struct lvm_names n = lvm_names_of(v, "");

	return lvm_remove_lv(v, n.next, e);
}

const struct storage_driver lvm_thin_driver = {
	.name = "lvm-thin",
	.claim = thin_claim,
	.list = lvm_list,
	.space = thin_space,
	.unwritten = lvm_unwritten,
	.advise = thin_advise,
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
	.revert_clear = thin_revert_clear,
	.set_aside = lvm_set_aside,
	.remove_aside = lvm_remove_aside,
	.home = lvm_home,
};
