/* SPDX-License-Identifier: MIT */
#include "command/snapshot/snapshot.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "sys/clock.h"

/* --- flows -------------------------------------------------------------------------------------------- */

static const struct flow_step create_steps[] = {
	{.name = "take the snapshots", .act = snapshot_take, .undo = snapshot_untake,
	 .undo_name = "remove them"},
	{.name = "give them their name", .act = snapshot_name, .undo = snapshot_unname,
	 .undo_name = "give it to the former ones"},
	{.name = "plan their end", .act = snapshot_plan},
	{.name = "remove the former ones", .act = snapshot_forget, .turn = FLOW_ON},
};
const struct flow snapshot_create_flow = {"snapshot-create", create_steps,
					  sizeof create_steps / sizeof *create_steps};

static const struct flow_step remove_steps[] = {
	{.name = "remove the snapshots", .act = snapshot_drop, .turn = FLOW_ON},
	{.name = "forget their end", .act = snapshot_replan, .turn = FLOW_ON},
};
const struct flow snapshot_remove_flow = {"snapshot-remove", remove_steps,
					  sizeof remove_steps / sizeof *remove_steps};

static const struct flow_step revert_steps[] = {
	{.name = "unmount the volumes", .act = snapshot_unmount, .undo = snapshot_mount,
	 .undo_name = "mount them"},
	{.name = "put the snapshots in their place", .act = snapshot_swap, .undo = snapshot_unswap,
	 .undo_name = "put the present state back"},
	{.name = "mount the volumes", .act = snapshot_mount, .undo = snapshot_unmount,
	 .undo_name = "unmount them"},
	{.name = "remove the state before", .act = snapshot_settle, .turn = FLOW_ON},
};
const struct flow snapshot_revert_flow = {"snapshot-revert", revert_steps,
					  sizeof revert_steps / sizeof *revert_steps};

/* Without room to keep the present state there is no way back once it began. */
static const struct flow_step revert_final_steps[] = {
	{.name = "unmount the volumes", .act = snapshot_unmount, .undo = snapshot_mount,
	 .undo_name = "mount them"},
	{.name = "put the snapshots in their place", .act = snapshot_swap, .turn = FLOW_ON},
	{.name = "mount the volumes", .act = snapshot_mount, .turn = FLOW_ON},
	{.name = "remove the state before", .act = snapshot_settle, .turn = FLOW_ON},
};
const struct flow snapshot_revert_final_flow = {"snapshot-revert-final", revert_final_steps,
						sizeof revert_final_steps / sizeof *revert_final_steps};

void *snapshot_resume(const char *root, const struct flow_facts *facts, struct error *e)
{
	struct snapshot *s = mem_alloc(sizeof *s);

	if (snapshot_load(root, facts, s, e) == 0)
		return s;
	snapshot_delete(s);
	return NULL;
}

void snapshot_delete(void *s)
{
	snapshot_free(s);
	free(s);
}

static void facts_free(struct flow_facts *f)
{
	flow_facts_free(f);
}

static int run(const struct flow *flow, struct snapshot *s, bool dry, struct error *e)
{
	CLEANUP(facts_free) struct flow_facts facts = {0};

	if (dry) {
		flow_print(flow, s, stdout);
		return 0;
	}
	snapshot_save(s, &facts);
	return flow_run(flow, s, s->root, &facts, e);
}

/* --- whole commands ------------------------------------------------------------------------------------ */

static void say_space(const struct snapshot *s)
{
	SNAPSHOT_EACH(s, v) {
		CLEANUP(storage_space_free) struct storage_space space = {0};
		struct error ignored = {0};

		if (v->driver->space(v, &space, &ignored) == 0)
			log_say("'%s': %s has %lld MiB left of %lld", v->name, space.of, space.free >> 20,
				space.total >> 20);
	}
}

int snapshot_create(struct snapshot *s, bool dry, struct error *e)
{
	if (snapshot_check_create(s, e) != 0 || run(&snapshot_create_flow, s, dry, e) != 0)
		return -1;
	if (dry)
		return 0;
	if (s->paused_ms)
		log_say("the application was paused for %lld ms", s->paused_ms);
	say_space(s);
	return 0;
}

int snapshot_remove(struct snapshot *s, bool dry, struct error *e)
{
	SNAPSHOT_EACH(s, v)
		if (snapshot_check_unused(s, v, s->name, e) != 0)
			return -1;
	if (run(&snapshot_remove_flow, s, dry, e) != 0)
		return -1;
	return s->left ? error_set(e, EXIT_HALFWAY, "snapshot '%s' could not be removed from every volume", s->name) : 0;
}

int snapshot_revert(struct snapshot *s, bool dry, struct error *e)
{
	const struct flow *flow;

	if (snapshot_check_revert(s, e) != 0)
		return -1;
	flow = s->keep ? &snapshot_revert_flow : &snapshot_revert_final_flow;
	if (!s->keep)
		log_warn("there is no room to keep the present state meanwhile: this revert cannot be undone");
	return run(flow, s, dry, e);
}

/* The snapshot's time on this volume is over. */
static int is_due(const struct snapshot *s, const struct storage_volume *v, struct error *e)
{
	CLEANUP(storage_list_free) struct storage_list l = {0};
	const struct storage_snapshot *found;

	if (v->driver == NULL)
		return 0;
	if (v->driver->list(v, &l, e) != 0)
		return -1;
	found = storage_list_find(&l, s->name);
	return found && found->expires && found->expires <= clock_now();
}

/* Removes NAME where it is due; where a clone runs on it, that is for ecs-clone. */
static int expire_one(const char *root, const char *name, const char *volume, bool dry, struct error *e)
{
	CLEANUP(snapshot_free) struct snapshot s = {.root = mem_dup(root), .name = mem_dup(name)};

	if (!snapshot_is_clones(&s) &&
	    (volumes_find(root, volume, &s.volumes, e) != 0 || snapshot_keep(&s, is_due, e) != 0))
		return -1;
	if (s.volumes.count)
		return snapshot_remove(&s, dry, e);
	return dry ? 0 : snapshot_plan(&s, e);
}

/* Every name that any volume holds. */
static int all_names(const char *root, const char *volume, struct strlist *names, struct error *e)
{
	CLEANUP(volumes_free) struct volumes vs = {0};

	if (volumes_find(root, volume, &vs, e) != 0)
		return -1;
	for (size_t i = 0; i < vs.count; i++) {
		CLEANUP(storage_list_free) struct storage_list l = {0};

		if (vs.item[i].driver && vs.item[i].driver->list(&vs.item[i], &l, e) != 0)
			return -1;
		for (size_t n = 0; n < l.count; n++)
			if (!strlist_has(names, l.item[n].name))
				strlist_add(names, l.item[n].name);
	}
	return 0;
}

int snapshot_expire(const char *root, const char *name, const char *volume, bool dry, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};
	struct error first = {0};

	if (snapshot_check_words(name, volume, false, e) != 0)
		return -1;
	if (name)
		return expire_one(root, name, volume, dry, e);
	if (all_names(root, volume, &names, e) != 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) { /* one that is in use does not keep the others */
		struct error own = {0};

		if (expire_one(root, names.item[i], volume, dry, &own) != 0 && first.code == 0)
			first = own;
	}
	if (first.code)
		*e = first;
	return first.code ? -1 : 0;
}

int snapshot_hide(struct snapshot *s, struct error *e)
{
	SNAPSHOT_EACH(s, v) {
		CLEANUP(mem_freep) char *place = volumes_place(s->root, v, s->name);

		if (volumes_unmount_snapshot(v, s->name, place, e) != 0)
			return -1;
	}
	return 0;
}

int snapshot_show(struct snapshot *s, bool writable, struct error *e)
{
	size_t n = 0;
	struct error ignored = {0};

	for (; n < s->volumes.count; n++) {
		const struct storage_volume *v = &s->volumes.item[n];
		CLEANUP(mem_freep) char *place = volumes_place(s->root, v, s->name);

		if (volumes_mount_snapshot(v, s->name, writable, place, e) != 0) {
			error_context(e, "snapshot '%s' of '%s'", s->name, v->name);
			break;
		}
	}
	if (n == s->volumes.count)
		return 0;
	while (n-- > 0) { /* all or none */
		const struct storage_volume *v = &s->volumes.item[n];
		CLEANUP(mem_freep) char *place = volumes_place(s->root, v, s->name);

		volumes_unmount_snapshot(v, s->name, place, &ignored);
	}
	return -1;
}
