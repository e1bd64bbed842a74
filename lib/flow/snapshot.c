/* SPDX-License-Identifier: MIT */
#include "flow/snapshot.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/cron.h"
#include "base/log.h"
#include "base/path.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "wrap/json.h"

#define NEW "_new"
#define OLD "_old"

enum { PAUSE_MAX = 30 }; /* seconds that the application may stand still */

/* --- the context -------------------------------------------------------------------------------------- */

void snapshot_free(struct snapshot *s)
{
	free(s->root);
	free(s->name);
	free(s->tool);
	volumes_free(&s->volumes);
	*s = (struct snapshot){0};
}

void snapshot_save(const struct snapshot *s, struct flow_facts *f)
{
	CLEANUP(mem_freep) char *volumes = volumes_save(&s->volumes);
	CLEANUP(mem_freep) char *expires = mem_format("%lld", (long long)s->expires);

	flow_facts_set(f, "snapshot", s->name);
	flow_facts_set(f, "tool", s->tool);
	flow_facts_set(f, "writable", s->writable ? "1" : "0");
	flow_facts_set(f, "keep", s->keep ? "1" : "0");
	flow_facts_set(f, "expires", expires);
	flow_facts_set(f, "volumes", volumes);
}

int snapshot_load(const char *root, const struct flow_facts *f, struct snapshot *s, struct error *e)
{
	const char *name = flow_facts_get(f, "snapshot"), *tool = flow_facts_get(f, "tool");
	const char *writable = flow_facts_get(f, "writable"), *keep = flow_facts_get(f, "keep");
	const char *expires = flow_facts_get(f, "expires"), *volumes = flow_facts_get(f, "volumes");
	unsigned long long value;

	if (!name || !tool || !writable || !keep || !expires || !volumes ||
	    !str_number(expires, INT64_MAX, &value))
		return error_set(e, EX_SOFTWARE, "the journal does not tell the snapshot");
	*s = (struct snapshot){
		.root = mem_dup(root),
		.name = mem_dup(name),
		.tool = mem_dup(tool),
		.writable = *writable == '1',
		.keep = *keep == '1',
		.expires = (time_t)value,
	};
	s->site = guard_containers(s->root);
	return volumes_load(root, volumes, &s->volumes, e);
}

static int has(const struct storage_volume *v, const char *name, bool *there, struct error *e)
{
	CLEANUP(storage_list_free) struct storage_list l = {0};

	if (v->driver->list(v, &l, e) != 0)
		return -1;
	*there = storage_list_find(&l, name) != NULL;
	return 0;
}

/* Leaves the volumes that hold NAME. */
static int keep_holders(struct snapshot *s, struct error *e)
{
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < s->volumes.count; i++) {
		struct storage_volume *v = &s->volumes.item[i];
		bool there = false;

		if (r == 0 && v->driver)
			r = has(v, s->name, &there, e);
		if (there)
			s->volumes.item[kept++] = *v;
		else
			storage_volume_free(v);
	}
	s->volumes.count = kept;
	return r;
}

static int check_both(const struct snapshot *s, const char *volume, struct error *e)
{
	if (volume)
		return volumes_check(&s->volumes, volume, e);
	return volumes_check(&s->volumes, VOLUME_FILES, e) != 0 ? -1
		       : volumes_check(&s->volumes, VOLUME_DATABASE, e);
}

static int check_words(const char *name, const char *volume, bool create, struct error *e)
{
	if (name && !path_is_name(name))
		return error_set(e, EX_USAGE, "'%s' is no name: letters, digits, '_' and '-' only, 64 at most",
				 name);
	if (create && (str_ends(name, NEW) || str_ends(name, OLD)))
		return error_set(e, EX_USAGE, "'%s': names in " NEW " and " OLD " are the tool's own", name);
	if (volume && !volumes_known(volume))
		return error_set(e, EX_USAGE, "'%s' is no volume: " VOLUME_FILES " or " VOLUME_DATABASE,
				 volume);
	return 0;
}

int snapshot_open(const char *root, const char *name, const char *volume, bool create,
		  struct snapshot *s, struct error *e)
{
	if (check_words(name, volume, create, e) != 0)
		return -1;
	*s = (struct snapshot){
		.root = mem_dup(root), .name = mem_dup(name), .tool = mem_dup("ecs-snapshot")};
	s->site = guard_containers(s->root);
	if (volumes_find(root, volume, &s->volumes, e) != 0)
		return -1;
	if (create)
		return check_both(s, volume, e);
	if (keep_holders(s, e) != 0)
		return -1;
	if (s->volumes.count == 0)
		return error_set(e, EX_NOINPUT, "no volume has a snapshot '%s': see 'ecs-snapshot list'", name);
	return 0;
}

/* Calls FN with each volume, until one fails. */
#define EACH(s, v) \
	for (const struct storage_volume *v = (s)->volumes.item; v < (s)->volumes.item + (s)->volumes.count; v++)

/* --- create ------------------------------------------------------------------------------------------ */

static char *with(const struct snapshot *s, const char *suffix)
{
	return mem_format("%s%s", s->name, suffix);
}

/* NAME of V may be removed: nobody but ourselves has it mounted, and nobody uses that. */
static int check_unused(const struct snapshot *s, const struct storage_volume *v, const char *name,
			struct error *e)
{
	CLEANUP(mem_freep) char *place = volumes_place(s->root, v, name);

	return volumes_check_unused(v, name, place, e);
}

int snapshot_check_create(const struct snapshot *s, struct error *e)
{
	CLEANUP(mem_freep) char *fresh = with(s, NEW);
	CLEANUP(mem_freep) char *former = with(s, OLD);
	size_t others = 0;

	EACH(s, v) {
		CLEANUP(storage_list_free) struct storage_list l = {0};

		if (v->driver->list(v, &l, e) != 0)
			return -1;
		if (storage_list_find(&l, fresh) || storage_list_find(&l, former))
			return error_set(e, EX_CANTCREAT,
					 "a snapshot '%s' of '%s' is in the way: remove it first",
					 storage_list_find(&l, fresh) ? fresh : former, v->name);
		if (storage_list_find(&l, s->name) && check_unused(s, v, s->name, e) != 0)
			return -1;
		if (v->driver->room(v, others++, e) != 0)
			return -1;
	}
	return 0;
}

/* What is written before the pause is not written in it. */
static void flush(const struct snapshot *s)
{
	EACH(s, v) {
		CLEANUP(file_closep) int fd = open(v->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0 && syncfs(fd) != 0)
			log_detail("syncfs '%s' failed", v->target);
	}
}

static int take_all(struct snapshot *s, const char *name, struct error *e)
{
	EACH(s, v)
		if (v->driver->create(v, name, s->writable, s->expires, e) != 0)
			return error_context(e, "snapshot of '%s'", v->name);
	return 0;
}

static int take_paused(struct snapshot *s, const char *name, struct error *e)
{
	struct guard guard;
	struct error later = {0};
	int r;

	if (guard_begin(&guard, &s->site, PAUSE_MAX, e) != 0)
		return -1;
	r = take_all(s, name, e);
	if (guard_end(&guard, &s->paused_ms, &later) != 0) {
		if (r == 0)
			*e = later;
		else
			error_append(e, "%s", later.text);
		return -1;
	}
	return r;
}

int snapshot_take(struct snapshot *s, struct error *e)
{
	CLEANUP(mem_freep) char *fresh = with(s, NEW);

	flush(s);
	/* one alone is of one instant anyway */
	if (s->volumes.count < 2)
		return take_all(s, fresh, e);
	return take_paused(s, fresh, e);
}

int snapshot_untake(struct snapshot *s, struct error *e)
{
	CLEANUP(mem_freep) char *fresh = with(s, NEW);

	EACH(s, v)
		if (v->driver->remove(v, fresh, e) != 0)
			return -1;
	return 0;
}

static int move_if(const struct storage_volume *v, const char *from, const char *to, struct error *e)
{
	bool there;

	if (has(v, from, &there, e) != 0)
		return -1;
	return there ? v->driver->rename(v, from, to, e) : 0;
}

int snapshot_name(struct snapshot *s, struct error *e)
{
	CLEANUP(mem_freep) char *fresh = with(s, NEW);
	CLEANUP(mem_freep) char *former = with(s, OLD);

	EACH(s, v) {
		bool there;

		if (has(v, fresh, &there, e) != 0)
			return -1;
		if (there && (move_if(v, s->name, former, e) != 0 ||
			      v->driver->rename(v, fresh, s->name, e) != 0))
			return -1;
	}
	return 0;
}

int snapshot_unname(struct snapshot *s, struct error *e)
{
	CLEANUP(mem_freep) char *fresh = with(s, NEW);
	CLEANUP(mem_freep) char *former = with(s, OLD);

	EACH(s, v) {
		bool there;

		/* where NAME_new is still there, NAME is the former one, unless that was moved away */
		if (has(v, fresh, &there, e) != 0 ||
		    (!there && move_if(v, s->name, fresh, e) != 0) ||
		    move_if(v, former, s->name, e) != 0)
			return -1;
	}
	return snapshot_plan(s, e);
}

/* The earliest expiry of NAME on any volume of the machine; 0: none. */
static int due_of(const struct volumes *vs, const char *name, time_t *due, struct error *e)
{
	*due = 0;
	for (size_t i = 0; i < vs->count; i++) {
		CLEANUP(storage_list_free) struct storage_list l = {0};
		const struct storage_snapshot *found;

		if (vs->item[i].driver == NULL)
			continue;
		if (vs->item[i].driver->list(&vs->item[i], &l, e) != 0)
			return -1;
		found = storage_list_find(&l, name);
		if (found && found->expires && (*due == 0 || found->expires < *due))
			*due = found->expires;
	}
	return 0;
}

int snapshot_plan(struct snapshot *s, struct error *e)
{
	CLEANUP(volumes_free) struct volumes all = {0};
	time_t due;

	if (volumes_find(s->root, NULL, &all, e) != 0 || due_of(&all, s->name, &due, e) != 0)
		return -1;
	if (due == 0)
		return cron_remove(s->root, s->name, e);
	return cron_due(s->root, s->name) == due ? 0 : cron_put(s->root, s->name, s->tool, due, e);
}

/* Unmounts where we mounted it ourselves, and removes. What fails is said: there is no way back here. */
static int drop(struct snapshot *s, const char *name)
{
	EACH(s, v) {
		CLEANUP(mem_freep) char *place = volumes_place(s->root, v, name);
		struct error e = {0};

		if (volumes_unmount_snapshot(v, name, place, &e) == 0 &&
		    volumes_check_unused(v, name, NULL, &e) == 0 && v->driver->remove(v, name, &e) == 0)
			continue;
		log_warn("snapshot '%s' of '%s' could not be removed: %s", name, v->name, e.text);
		s->left = true;
	}
	return 0;
}

int snapshot_forget(struct snapshot *s, struct error *e)
{
	CLEANUP(mem_freep) char *former = with(s, OLD);

	(void)e;
	return drop(s, former);
}

int snapshot_drop(struct snapshot *s, struct error *e)
{
	(void)e;
	return drop(s, s->name);
}

/* --- revert -------------------------------------------------------------------------------------------- */

static int check_stopped(const struct snapshot *s, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};
	CLEANUP(str_free) struct str text = {0};

	if (s->site.running(s->site.arg, &names, e) != 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		str_addf(&text, "%s%s", i ? ", " : "", names.item[i]);
	return names.count ? error_set(e, EXIT_FAILED, "the appliance runs (%s): run 'ecs-stop' first",
				       text.data)
			   : 0;
}

int snapshot_check_revert(struct snapshot *s, struct error *e)
{
	s->keep = true;
	if (check_stopped(s, e) != 0)
		return -1;
	EACH(s, v) {
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

int snapshot_unmount(struct snapshot *s, struct error *e)
{
	EACH(s, v)
		if (volumes_unmount(v, e) != 0)
			return -1;
	return 0;
}

int snapshot_mount(struct snapshot *s, struct error *e)
{
	EACH(s, v)
		if (volumes_mount(v, e) != 0)
			return error_context(e, "volume '%s'", v->name);
	return 0;
}

int snapshot_swap(struct snapshot *s, struct error *e)
{
	EACH(s, v) {
		CLEANUP(mem_freep) char *place = volumes_place(s->root, v, s->name);

		if (volumes_unmount_snapshot(v, s->name, place, e) != 0 || volumes_unmount(v, e) != 0 ||
		    v->driver->revert(v, s->name, s->keep, e) != 0)
			return error_context(e, "volume '%s'", v->name);
	}
	return 0;
}

int snapshot_unswap(struct snapshot *s, struct error *e)
{
	EACH(s, v) /* after a power cut the boot has mounted it */
		if (volumes_unmount(v, e) != 0 || v->driver->revert_undo(v, s->name, e) != 0)
			return error_context(e, "volume '%s'", v->name);
	return 0;
}

int snapshot_settle(struct snapshot *s, struct error *e)
{
	EACH(s, v)
		if (v->driver->revert_commit(v, s->name, e) != 0)
			return error_context(e, "volume '%s'", v->name);
	return snapshot_plan(s, e);
}

/* --- flows -------------------------------------------------------------------------------------------- */

#define ACT(fn) \
	static int act_##fn(void *ctx, struct error *e) \
	{ \
		return snapshot_##fn(ctx, e); \
	}

ACT(take)
ACT(untake)
ACT(name)
ACT(unname)
ACT(plan)
ACT(forget)
ACT(drop)
ACT(unmount)
ACT(mount)
ACT(swap)
ACT(unswap)
ACT(settle)

static const struct flow_step create_steps[] = {
	{"take the snapshots", act_take, act_untake, "remove them", NULL, FLOW_BACK},
	{"give them their name", act_name, act_unname, "give it to the former ones", NULL, FLOW_BACK},
	{"plan their end", act_plan, NULL, NULL, NULL, FLOW_BACK},
	{"remove the former ones", act_forget, NULL, NULL, NULL, FLOW_ON},
};
const struct flow snapshot_create_flow = {"snapshot-create", create_steps,
					  sizeof create_steps / sizeof *create_steps};

static const struct flow_step remove_steps[] = {
	{"remove the snapshots", act_drop, NULL, NULL, NULL, FLOW_ON},
	{"forget their end", act_plan, NULL, NULL, NULL, FLOW_ON},
};
const struct flow snapshot_remove_flow = {"snapshot-remove", remove_steps,
					  sizeof remove_steps / sizeof *remove_steps};

static const struct flow_step revert_steps[] = {
	{"unmount the volumes", act_unmount, act_mount, "mount them", NULL, FLOW_BACK},
	{"put the snapshots in their place", act_swap, act_unswap, "put the present state back", NULL,
	 FLOW_BACK},
	{"mount the volumes", act_mount, act_unmount, "unmount them", NULL, FLOW_BACK},
	{"remove the state before", act_settle, NULL, NULL, NULL, FLOW_ON},
};
const struct flow snapshot_revert_flow = {"snapshot-revert", revert_steps,
					  sizeof revert_steps / sizeof *revert_steps};

/* Without room to keep the present state there is no way back once it began. */
static const struct flow_step revert_final_steps[] = {
	{"unmount the volumes", act_unmount, act_mount, "mount them", NULL, FLOW_BACK},
	{"put the snapshots in their place", act_swap, NULL, NULL, NULL, FLOW_ON},
	{"mount the volumes", act_mount, NULL, NULL, NULL, FLOW_ON},
	{"remove the state before", act_settle, NULL, NULL, NULL, FLOW_ON},
};
const struct flow snapshot_revert_final_flow = {"snapshot-revert-final", revert_final_steps,
						sizeof revert_final_steps / sizeof *revert_final_steps};

void *snapshot_resume(const char *root, const struct flow_facts *facts, struct error *e)
{
	struct snapshot *s = mem_alloc(sizeof *s);

	if (snapshot_load(root, facts, s, e) == 0)
		return s;
	snapshot_close(s);
	return NULL;
}

void snapshot_close(void *s)
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
	EACH(s, v) {
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
		log_say("the application stood still for %lld ms", s->paused_ms);
	say_space(s);
	return 0;
}

int snapshot_remove(struct snapshot *s, bool dry, struct error *e)
{
	EACH(s, v)
		if (check_unused(s, v, s->name, e) != 0)
			return -1;
	if (run(&snapshot_remove_flow, s, dry, e) != 0)
		return -1;
	return s->left ? error_set(e, EXIT_HALFWAY, "snapshot '%s' is not removed everywhere", s->name) : 0;
}

int snapshot_revert(struct snapshot *s, bool dry, struct error *e)
{
	const struct flow *flow;

	if (snapshot_check_revert(s, e) != 0)
		return -1;
	flow = s->keep ? &snapshot_revert_flow : &snapshot_revert_final_flow;
	if (!s->keep)
		log_warn("there is no room to keep the present state until the end: no way back");
	return run(flow, s, dry, e);
}

/* Removes those of NAME that are due; *LEFT: some are not. */
static int expire_one(const char *root, const char *name, const char *volume, bool dry, struct error *e)
{
	CLEANUP(snapshot_free) struct snapshot s = {.root = mem_dup(root), .name = mem_dup(name),
						    .tool = mem_dup("ecs-snapshot")};
	size_t kept = 0;

	if (volumes_find(root, volume, &s.volumes, e) != 0 || keep_holders(&s, e) != 0)
		return -1;
	for (size_t i = 0; i < s.volumes.count; i++) {
		struct storage_volume *v = &s.volumes.item[i];
		struct volumes alone = {v, 1};
		time_t due;

		if (due_of(&alone, name, &due, e) != 0)
			return -1;
		if (due && due <= clock_now()) {
			struct storage_volume swap = s.volumes.item[kept];

			s.volumes.item[kept++] = *v;
			*v = swap;
		}
	}
	for (size_t i = kept; i < s.volumes.count; i++)
		storage_volume_free(&s.volumes.item[i]);
	s.volumes.count = kept;
	if (kept)
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

	if (check_words(name, volume, false, e) != 0)
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
	EACH(s, v) {
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

/* --- list ---------------------------------------------------------------------------------------------- */

static void set_known(struct json *j, const char *key, long long value, bool known)
{
	if (known)
		jv_set_number(j, key, value);
	else
		jv_set_text(j, key, NULL);
}

static int list_volume(const struct storage_volume *v, struct json *to, struct error *e)
{
	CLEANUP(storage_space_free) struct storage_space space = {.metadata = -1};
	struct json *j = jv_object();
	bool mounted;

	jv_add(to, j);
	if (volumes_mounted(v, &mounted, e) != 0 || (v->driver && v->driver->space(v, &space, e) != 0))
		return -1;
	jv_set_text(j, "name", v->name);
	jv_set_text(j, "target", v->target);
	jv_set_text(j, "driver", v->driver ? v->driver->name : NULL);
	jv_set_bool(j, "mounted", mounted);
	set_known(j, "total", space.total, v->driver);
	set_known(j, "free", space.free, v->driver);
	set_known(j, "metadata", space.metadata, space.metadata >= 0);
	return 0;
}

static void list_snapshot(const char *root, const struct storage_volume *v, const struct mount_table *mounts,
			  const struct storage_snapshot *s, struct json *to)
{
	CLEANUP(mem_freep) char *place = volumes_place(root, v, s->name);
	struct json *j = jv_object();

	jv_set_text(j, "volume", v->name);
	jv_set_text(j, "name", s->name);
	jv_set_text(j, "driver", v->driver->name);
	jv_set_number(j, "created", s->created);
	jv_set_number(j, "age", clock_now() - s->created);
	set_known(j, "expires", s->expires, s->expires);
	jv_set_bool(j, "writable", s->writable);
	jv_set_text(j, "state", s->broken ? "lost" : "whole");
	set_known(j, "diverged", s->diverged, s->diverged >= 0);
	set_known(j, "left", s->left, s->left >= 0);
	jv_set_text(j, "mounted", mount_at(mounts, place) ? place : NULL);
	jv_add(to, j);
}

static int list_all(const char *root, const struct volumes *vs, struct json *volumes,
		    struct json *snapshots, struct error *e)
{
	CLEANUP(mount_free) struct mount_table mounts = {0};

	if (mount_read(&mounts, e) != 0)
		return -1;
	for (size_t i = 0; i < vs->count; i++) {
		CLEANUP(storage_list_free) struct storage_list l = {0};
		const struct storage_volume *v = &vs->item[i];

		if (list_volume(v, volumes, e) != 0 || (v->driver && v->driver->list(v, &l, e) != 0))
			return error_context(e, "volume '%s'", v->name);
		for (size_t n = 0; n < l.count; n++)
			list_snapshot(root, v, &mounts, &l.item[n], snapshots);
	}
	return 0;
}

struct json *snapshot_list(const char *root, const char *volume, struct error *e)
{
	CLEANUP(volumes_free) struct volumes vs = {0};
	struct json *j, *volumes, *snapshots;

	if (check_words(NULL, volume, false, e) != 0 || volumes_find(root, volume, &vs, e) != 0)
		return NULL;
	j = jv_object();
	jv_set(j, "volumes", volumes = jv_array());
	jv_set(j, "snapshots", snapshots = jv_array());
	if (list_all(root, &vs, volumes, snapshots, e) == 0)
		return j;
	jv_free(j);
	return NULL;
}
