/* SPDX-License-Identifier: MIT */
#include "command/clone/clone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "adapter/release.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "env/publish.h"
#include "appliance/appliance.h"
#include "appliance/containers.h"
#include "command/clone/machine.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "wrap/json.h"

#define SOCKET NAME_SOCKET_DIR "/.s.PGSQL.5432" /* libpq's name for it */

/* --- the context ------------------------------------------------------------------------------------------ */

void clone_free(struct clone *c)
{
	free(c->root);
	free(c->name);
	free(c->home);
	snapshot_free(&c->snapshot);
	*c = (struct clone){0};
}

int clone_open(const char *root, const char *name, struct clone *c, struct error *e)
{
	if (snapshot_check_words(name, NULL, true, e) != 0 || reserved_check_free(name, "ecs-clone", e) != 0)
		return -1;
	c->root = mem_dup(root);
	c->name = mem_dup(name);
	c->home = appliance_clone_root(root, name);
	return 0;
}

/* Its snapshots, on the volumes that have them. */
static int find_snapshots(struct clone *c, struct error *e)
{
	struct snapshot *s = &c->snapshot;

	s->root = mem_dup(c->root);
	s->name = mem_dup(c->name);
	return volumes_find(c->root, NULL, &s->volumes, e) == 0 ? snapshot_keep_holders(s, e) : -1;
}

static int find_clone(struct clone *c, struct error *e)
{
	if (!file_exists(c->home))
		return error_set(e, EX_NOINPUT, "there is no clone '%s': see 'ecs-clone list'", c->name);
	return find_snapshots(c, e);
}

/* One that can be used. */
static int find_whole(struct clone *c, struct error *e)
{
	if (find_clone(c, e) != 0)
		return -1;
	if (c->snapshot.volumes.count == 2)
		return 0;
	return error_set(e, EX_NOINPUT, "snapshots of the clone '%s' are missing: remove the rest with 'ecs-clone destroy %s'",
			 c->name, c->name);
}

/* Where the volume V is in the clone. */
static char *place_of(const struct clone *c, const struct storage_volume *v)
{
	return path_root(c->home, volumes_know(v->name)->target);
}

/* --- steps ------------------------------------------------------------------------------------------------ */

static struct clone_machine machine_of(const struct clone *c)
{
	return (struct clone_machine){c->root, c->name, c->home, c->http, c->https};
}

static int make_machine(void *ctx, struct error *e)
{
	struct clone_machine m = machine_of(ctx);

	return clone_make_machine(&m, e);
}

static int remove_machine(void *ctx, struct error *e)
{
	struct clone_machine m = machine_of(ctx);

	return clone_remove_machine(&m, e);
}

static int unmount_volumes(void *ctx, struct error *e)
{
	struct clone *c = ctx;

	SNAPSHOT_EACH(&c->snapshot, v) {
		CLEANUP(mem_freep) char *place = place_of(c, v);

		if (volumes_unmount_snapshot(v, c->name, place, e) != 0)
			return -1;
	}
	return 0;
}

static int mount_volumes(void *ctx, struct error *e)
{
	struct clone *c = ctx;
	struct clone_machine m = machine_of(c);

	if (clone_make_run(&m, e) != 0)
		return -1;
	SNAPSHOT_EACH(&c->snapshot, v) {
		CLEANUP(mem_freep) char *place = place_of(c, v);

		if (volumes_mount_snapshot(v, c->name, true, place, e) != 0)
			return error_context(e, "volume '%s'", v->name);
	}
	return 0;
}

static int take_snapshots(void *ctx, struct error *e)
{
	struct clone *c = ctx;

	return snapshot_take(&c->snapshot, e);
}

static int untake_snapshots(void *ctx, struct error *e)
{
	struct clone *c = ctx;

	return snapshot_untake(&c->snapshot, e);
}

static int name_snapshots(void *ctx, struct error *e)
{
	struct clone *c = ctx;

	return snapshot_name(&c->snapshot, e);
}

static int unname_snapshots(void *ctx, struct error *e)
{
	struct clone *c = ctx;

	return snapshot_unname(&c->snapshot, e);
}

static int plan_end(void *ctx, struct error *e)
{
	struct clone *c = ctx;

	return snapshot_plan(&c->snapshot, e);
}

static int replan_end(void *ctx, struct error *e)
{
	struct clone *c = ctx;

	return snapshot_replan(&c->snapshot, e);
}

static int drop_snapshots(void *ctx, struct error *e)
{
	struct clone *c = ctx;

	if (snapshot_drop(&c->snapshot, e) != 0)
		return -1;
	return c->snapshot.left ? error_set(e, EXIT_HALFWAY, "some snapshots could not be removed: run the same command again")
				: 0;
}

static int start_it(void *ctx, struct error *e)
{
	struct clone *c = ctx;

	return release_start(c->home, e);
}

static int end_containers(void *ctx, struct error *e)
{
	struct clone *c = ctx;

	return containers_remove_all(c->home, e);
}

/* --- flows ------------------------------------------------------------------------------------------------ */

static const struct flow_step create_steps[] = {
	{.name = "make its machine", .act = make_machine, .undo = remove_machine, .undo_name = "remove it"},
	{.name = "take the snapshots", .act = take_snapshots, .undo = untake_snapshots, .undo_name = "remove them"},
	{.name = "give them their name", .act = name_snapshots, .undo = unname_snapshots, .undo_name = "take it away"},
	{.name = "plan their end", .act = plan_end},
	{.name = "mount them as its volumes", .act = mount_volumes, .undo = unmount_volumes,
	 .undo_name = "unmount them"},
	{.name = "start its containers", .act = start_it, .undo = end_containers, .undo_name = "remove them"},
};

const struct flow clone_create_flow = {"clone-create", create_steps, sizeof create_steps / sizeof *create_steps};

static const struct flow_step start_steps[] = {
	{.name = "mount the snapshots as its volumes", .act = mount_volumes, .turn = FLOW_STAND},
	{.name = "start its containers", .act = start_it, .turn = FLOW_STAND},
};

const struct flow clone_start_flow = {"clone-start", start_steps, sizeof start_steps / sizeof *start_steps};

/* What cannot be done now, because somebody is in a folder of it, is done by the next try: its cron entry goes last. */
static const struct flow_step destroy_steps[] = {
	{.name = "remove its containers", .act = end_containers, .turn = FLOW_STAND},
	{.name = "unmount its volumes", .act = unmount_volumes, .turn = FLOW_STAND},
	{.name = "remove the snapshots", .act = drop_snapshots, .turn = FLOW_STAND},
	{.name = "remove its machine", .act = remove_machine, .turn = FLOW_STAND},
	{.name = "forget their end", .act = replan_end, .turn = FLOW_ON},
};

const struct flow clone_destroy_flow = {"clone-destroy", destroy_steps,
					sizeof destroy_steps / sizeof *destroy_steps};

void *clone_resume(const char *root, const struct flow_facts *facts, struct error *e)
{
	struct clone *c = mem_alloc(sizeof *c);

	if (snapshot_load(root, facts, &c->snapshot, e) == 0) {
		c->root = mem_dup(root);
		c->name = mem_dup(c->snapshot.name);
		c->home = appliance_clone_root(root, c->name);
		return c;
	}
	clone_delete(c);
	return NULL;
}

void clone_delete(void *c)
{
	clone_free(c);
	free(c);
}

static int run(const struct flow *flow, struct clone *c, bool dry, struct error *e)
{
	CLEANUP(flow_facts_free) struct flow_facts facts = {0};

	if (dry) {
		flow_print(flow, c, stdout);
		return 0;
	}
	snapshot_save(&c->snapshot, &facts);
	return flow_run(flow, c, c->root, &facts, e);
}

/* --- commands --------------------------------------------------------------------------------------------- */

/* What cannot be cloned. */
static int check_appliance(const struct clone *c, struct error *e)
{
	CLEANUP(env_deletep) struct env *env = NULL;
	CLEANUP(state_free) struct state state = {0};
	CLEANUP(docker_list_free) struct docker_list list = {0};

	if (appliance_is_clone(c->root))
		return error_set(e, EX_CONFIG, "'%s' is a clone, and cannot be cloned", c->root);
	if (env_active(c->root, &env, e) != 0 || state_read(c->root, &state, e) != 0)
		return -1;
	if (state.revision == NULL)
		return error_set(e, EX_CONFIG, "the application has never run here: run 'ecs-start'");
	return containers_list(c->home, &list, e);
}

/* Nothing of that name may be there: it would not come back when the flow walks back. */
static int check_name(const struct clone *c, struct error *e)
{
	const char *name = c->name;

	if (strlen(c->home) + strlen(SOCKET) >= sizeof ((struct sockaddr_un *)NULL)->sun_path)
		return error_set(e, EX_USAGE, "the name '%s' is too long for the path of the clone's socket: choose a shorter one", name);
	if (file_exists(c->home))
		return error_set(e, EX_CANTCREAT, "the clone '%s' already exists: remove it with 'ecs-clone destroy %s'", name, name);
	SNAPSHOT_EACH(&c->snapshot, v) {
		CLEANUP(storage_list_free) struct storage_list l = {0};

		if (v->driver->list(v, &l, e) != 0)
			return -1;
		if (storage_list_find(&l, name))
			return error_set(e, EX_CANTCREAT, "a snapshot '%s' already exists: choose another name, or remove it with "
					 "'ecs-snapshot remove %s'", name, name);
	}
	return 0;
}

static void say_it(const struct clone *c)
{
	struct error no = {0};
	CLEANUP(jv_deletep) struct json *j = clone_record(c->home, &no);
	char text[CLOCK_TEXT];
	time_t due;

	if (snapshot_due(&c->snapshot.volumes, c->name, &due, &no) == 0 && due)
		log_say("'%s' serves at '%s' until %s", c->name, jv_get_text(j, "url"),
			clock_text(due, text));
}

/* Whether only this machine reaches a port that is published as TEXT. */
static bool is_local(const char *text)
{
	return str_begins(text, "127.") || str_begins(text, "[::1]:");
}

int clone_create(struct clone *c, time_t expires, bool dry, struct error *e)
{
	if (check_appliance(c, e) != 0 || snapshot_open(c->root, c->name, NULL, true, &c->snapshot, e) != 0 ||
	    check_name(c, e) != 0 || snapshot_check_create(&c->snapshot, e) != 0)
		return -1;
	if (!is_local(c->https) || !is_local(c->http))
		log_warn("anyone who can reach '%s' or '%s' can become any user of the clone, and its data are real",
			 c->https, c->http);
	c->snapshot.writable = true;
	c->snapshot.expires = expires;
	if (run(&clone_create_flow, c, dry, e) != 0)
		return -1;
	if (c->snapshot.paused_ms)
		log_say("the application was paused for %lld ms", c->snapshot.paused_ms);
	if (!dry)
		say_it(c);
	return 0;
}

int clone_start(struct clone *c, bool dry, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};

	if (find_whole(c, e) != 0 || containers_list(c->home, &list, e) != 0)
		return -1;
	if (run(&clone_start_flow, c, dry, e) != 0)
		return -1;
	if (!dry)
		say_it(c);
	return 0;
}

int clone_extend(struct clone *c, time_t expires, bool dry, struct error *e)
{
	if (find_whole(c, e) != 0)
		return -1;
	if (dry) {
		puts("change the end of its snapshots\t-\nplan their end\t-");
		return 0;
	}
	SNAPSHOT_EACH(&c->snapshot, v)
		if (v->driver->expire(v, c->name, expires, e) != 0)
			return -1;
	if (snapshot_plan(&c->snapshot, e) != 0)
		return -1;
	say_it(c);
	return 0;
}

static int destroy(struct clone *c, bool dry, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};

	/* an engine that does not answer is told before anything begins */
	return containers_list(c->home, &list, e) == 0 ? run(&clone_destroy_flow, c, dry, e) : -1;
}

int clone_destroy(struct clone *c, bool dry, struct error *e)
{
	return find_clone(c, e) == 0 ? destroy(c, dry, e) : -1;
}

int clone_expire(struct clone *c, bool dry, struct error *e)
{
	struct snapshot *s = &c->snapshot;
	time_t due = 0;

	if (find_snapshots(c, e) != 0 || snapshot_due(&s->volumes, s->name, &due, e) != 0)
		return -1;
	if (!file_exists(c->home) || (s->volumes.count && (due == 0 || due > clock_now())))
		return dry ? 0 : snapshot_plan(s, e);
	return destroy(c, dry, e);
}
