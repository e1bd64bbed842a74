/* SPDX-License-Identifier: MIT */
#include "adapter/lvm/revert.h"

#include <stdlib.h>

#include "sys/clock.h"

void lvm_names_free(struct lvm_names *n)
{
	free(n->from);
	free(n->next);
	free(n->before);
}

struct lvm_names lvm_names_of(const struct storage_volume *v, const char *name)
{
	return (struct lvm_names){lvm_lv_of(v, name), mem_format("%s.next", v->inner),
			      mem_format("%s.before", v->inner)};
}

/* What a power cut left of a classic snapshot of ours is not. */
static bool in_the_way(const struct storage_volume *v, const struct lvm_lv *lv)
{
	return lv && (v->pool || lvm_is_classic_snapshot(lv) || !lvm_has_tag(lv, LVM_OURS));
}

int lvm_revert_check(const struct storage_volume *v, const struct lvm_names *n, const char *name,
			const struct lvm_report *r, struct error *e)
{
	const struct lvm_lv *from = lvm_find(r, v->group, n->from);
	bool before = in_the_way(v, lvm_find(r, v->group, n->before));

	if (from == NULL)
		return error_set(e, EX_NOINPUT, "'%s' has no snapshot '%s'", v->name, name);
	if (before || in_the_way(v, lvm_find(r, v->group, n->next)))
		return error_set(e, EX_CANTCREAT, "the logical volume '%s/%s' is in the way: rename or remove it", v->group,
				 before ? n->before : n->next);
	return lvm_refuse_lost(v, from, name, e) != 0 ? -1 : 1;
}

int lvm_revert_commit(const struct storage_volume *v, const char *name, struct error *e)
{
	CLEANUP(lvm_names_free) struct lvm_names n = lvm_names_of(v, name);

	return lvm_remove_lv(v, n.before, e);
}

/* The state before, or the one that an undo took back; there is never more than one of them. */
int lvm_set_aside(const struct storage_volume *v, char **as, struct error *e)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	CLEANUP(lvm_names_free) struct lvm_names n = lvm_names_of(v, "");
	CLEANUP(mem_freep) char *name = mem_format("%s.left-%lld", v->inner, (long long)clock_now());
	const char *from;

	*as = NULL;
	if (lvm_report(v->group, &r, e) != 0)
		return -1;
	from = lvm_find(&r, v->group, n.before) ? n.before : lvm_find(&r, v->group, n.next) ? n.next : NULL;
	if (from == NULL)
		return 0;
	if (lvm_rename_lv(v, from, name, e) != 0)
		return -1;
	*as = mem_dup(name);
	return 0;
}

int lvm_remove_aside(const struct storage_volume *v, const char *as, struct error *e)
{
	return lvm_remove_lv(v, as, e);
}
