/* SPDX-License-Identifier: MIT */
/* The second half of appliance/volume/snapshot.h: putting a snapshot in the place of its volume. */
#include "appliance/volume/snapshot.h"

#include "appliance/leftovers.h"
#include "sys/signals.h"

static int check_stopped(const struct snapshot *s, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};
	CLEANUP(str_free) struct str text = {0};

	if (s->site.running(s->site.arg, &names, e) != 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		str_addf(&text, "%s%s", i ? ", " : "", names.item[i]);
	return names.count ? error_set(e, EXIT_FAILED, "the appliance is running (%s): run 'ecs-stop' first",
				       text.data)
			   : 0;
}

int snapshot_check_revert(struct snapshot *s, struct error *e)
{
	s->keep = true;
	if (check_stopped(s, e) != 0)
		return -1;
	SNAPSHOT_EACH(s, v) {
		CLEANUP(mem_freep) char *place = volumes_place(s->root, v, s->name);
		int r = volumes_check_unused(v, s->name, place, e);

		if (r == 0)
			r = v->driver->revert_check(v, s->name, e);
		if (r < 0)
			return -1;
		s->keep = s->keep && r > 0;
	}
	return 0;
}

static void hold(struct snapshot *s)
{
	if (s->holds)
		return;
	SNAPSHOT_EACH(s, v) {
		int fd = v->driver->hold ? v->driver->hold(v) : -1;

		if (fd < 0)
			continue;
		s->held = mem_grow(s->held, (s->holds + 1) * sizeof *s->held);
		s->held[s->holds++] = fd;
	}
}

int snapshot_unmount(void *ctx, struct error *e)
{
	struct snapshot *s = ctx;

	hold(s);
	SNAPSHOT_EACH(s, v)
		if (volumes_unmount(v, e) != 0)
			return -1;
	return 0;
}

int snapshot_mount(void *ctx, struct error *e)
{
	struct snapshot *s = ctx;

	SNAPSHOT_EACH(s, v)
		if (volumes_mount(v, e) != 0)
			return error_context(e, "volume '%s'", v->name);
	return 0;
}

int snapshot_swap(void *ctx, struct error *e)
{
	struct snapshot *s = ctx;

	SNAPSHOT_EACH(s, v) {
		CLEANUP(mem_freep) char *place = volumes_place(s->root, v, s->name);

		if (volumes_unmount_snapshot(v, s->name, place, e) != 0 || volumes_unmount(v, e) != 0 ||
		    v->driver->revert(v, s->name, s->keep, e) != 0)
			return error_context(e, "volume '%s'", v->name);
	}
	return 0;
}

int snapshot_unswap(void *ctx, struct error *e)
{
	struct snapshot *s = ctx;

	SNAPSHOT_EACH(s, v) {
		struct error why = {0};

		/* after a power cut the boot has mounted it */
		if (volumes_unmount(v, e) != 0 || v->driver->revert_undo(v, s->name, e) != 0)
			return error_context(e, "volume '%s'", v->name);
		if (v->driver->revert_clear && v->driver->revert_clear(v, &why) != 0)
			leftovers_set_aside(s->root, v, &why);
	}
	return 0;
}

int snapshot_settle(void *ctx, struct error *e)
{
	struct snapshot *s = ctx;

	SNAPSHOT_EACH(s, v) {
		struct error why = {0};

		if (v->driver->revert_commit(v, s->name, &why) == 0)
			continue;
		if (signals_pending())
			return signals_error(e);
		leftovers_set_aside(s->root, v, &why);
	}
	return snapshot_replan(s, e);
}
