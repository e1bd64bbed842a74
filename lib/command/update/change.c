/* SPDX-License-Identifier: MIT */
#include "command/update/change.h"
#include "adapter/docker/image.h"
#include "appliance/containers.h"
#include "appliance/maintenance.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "env/publish.h"
#include "sys/file.h"

enum { STATE_MAX = 1 << 20 };

/* --- opening ---------------------------------------------------------------------------------------------- */

/* Which containers there are, to be left alone or brought back. */
static int find_containers(struct change *c, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};

	if (containers_list(c->root, &list, e) != 0)
		return -1;
	containers_pick(&list, COMPOSE_APPLICATION, false, &c->found.containers);
	containers_pick(&list, COMPOSE_APPLICATION, true, &c->found.running);
	return 0;
}

static int read_old_state(struct change *c, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(c->root, NAME_STATE);
	CLEANUP(str_free) struct str text = {0};

	if (file_read(path, STATE_MAX, &text, e) != 0)
		return -1;
	c->found.old_state = mem_dup(str_get(&text));
	return 0;
}

int change_open(const char *root, struct change *c, struct error *e)
{
	if (appliance_is_clone(root))
		return error_set(e, EX_CONFIG, "'%s' is a clone, and a clone keeps its version: make a new one with "
				 "'ecs-clone create'", root);
	c->root = mem_dup(root);
	c->found.maintenance = maintenance_is_shown(root);
	if (env_active(root, &c->found.env, e) != 0 || appliance_open(root, c->found.env, &c->found.a, e) != 0)
		return -1;
	if (c->found.a.state.revision == NULL)
		return error_set(e, EX_CONFIG, "the application has never run here: run 'ecs-start'");
	c->found.from = mem_dup(c->found.a.state.revision);
	appliance_database(root, c->found.a.database.name, &c->found.database);
	if (read_old_state(c, e) != 0 || find_containers(c, e) != 0)
		return -1;
	if (database_ready(&c->found.database, e) != 0)
		return e->code == EX_UNAVAILABLE ? error_append(e, "run 'ecs-start'") : -1;
	return 0;
}

void change_free(struct change *c)
{
	free(c->root);
	free(c->found.from);
	free(c->asked.to);
	free(c->found.old_state);
	database_free(&c->found.database);
	strlist_free(&c->found.containers);
	strlist_free(&c->found.running);
	strlist_free(&c->found.schedulers);
	snapshot_free(&c->done.snapshot);
	appliance_free(&c->found.a);
	env_delete(c->found.env);
	strlist_free(&c->found.unbuilt);
	strlist_free(&c->found.pending);
	free(c->done.before.revision);
	free(c->done.before.branch);
	free(c->done.before.taken);
	free(c->done.before.counted);
	strlist_free(&c->done.before.writes);
	*c = (struct change){0};
}

static int find_unbuilt(struct change *c, struct error *e)
{
	for (size_t i = 0; i < c->found.a.facts.services; i++) {
		const struct compose_service *s = &c->found.a.facts.service[i];
		long long size;

		if (s->group != COMPOSE_APPLICATION || !s->builds)
			continue;
		size = docker_image_size(s->image, e);
		if (size < 0)
			return -1;
		if (size == 0)
			strlist_add(&c->found.unbuilt, s->name);
	}
	return 0;
}

int change_aim(struct change *c, const char *to, const char *branch, struct error *e)
{
	state_set(&c->asked.to, to);
	state_set(&c->found.a.revision, to);
	state_set(&c->found.a.branch, branch);
	c->done.exchanges = strcmp(c->found.from, to) != 0;
	if (appliance_read(&c->found.a, e) != 0)
		return -1;
	strlist_free(&c->found.schedulers);
	strlist_addv(&c->found.schedulers, strlist_argv(&c->found.a.facts.schedulers));
	for (size_t i = 0; i < c->found.a.facts.services; i++) {
		const struct compose_service *s = &c->found.a.facts.service[i];

		if (s->group == COMPOSE_APPLICATION && s->publishes && !strlist_has(&c->found.schedulers, s->name))
			strlist_add(&c->found.schedulers, s->name);
	}
	return find_unbuilt(c, e);
}

/* --- facts ------------------------------------------------------------------------------------------------ */

void change_save(const struct change *c, struct flow_facts *f)
{
	flow_facts_set(f, "from", c->found.from);
	flow_facts_set(f, "to", c->asked.to);
	flow_facts_set(f, "state", c->found.old_state);
	flow_facts_set(f, "database", c->found.database.name);
	flow_facts_set_list(f, "containers", &c->found.containers);
	flow_facts_set_list(f, "running", &c->found.running);
	flow_facts_set_list(f, "schedulers", &c->found.schedulers);
	flow_facts_set(f, "maintenance", c->found.maintenance ? "1" : "0");
	flow_facts_set(f, "migrates", c->done.migrates ? "1" : "0");
	if (c->done.has_snapshot)
		snapshot_save(&c->done.snapshot, f);
}

static int load_facts(const char *root, const struct flow_facts *f, struct change *c, struct error *e)
{
	static const char *const names[] = {"from", "to", "state", "database", "containers", "running",
					    "schedulers", "maintenance", "migrates"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (flow_facts_get(f, names[i]) == NULL)
			return error_set(e, EX_SOFTWARE, "internal error: the journal is incomplete ('%s' is missing); please report it", names[i]);
	c->root = mem_dup(root);
	c->found.from = mem_dup(flow_facts_get(f, "from"));
	c->asked.to = mem_dup(flow_facts_get(f, "to"));
	c->done.exchanges = strcmp(c->found.from, c->asked.to) != 0;
	c->found.old_state = mem_dup(flow_facts_get(f, "state"));
	appliance_database(root, flow_facts_get(f, "database"), &c->found.database);
	strlist_lines(&c->found.containers, flow_facts_get(f, "containers"));
	strlist_lines(&c->found.running, flow_facts_get(f, "running"));
	strlist_lines(&c->found.schedulers, flow_facts_get(f, "schedulers"));
	c->found.maintenance = strcmp(flow_facts_get(f, "maintenance"), "1") == 0;
	c->done.migrates = strcmp(flow_facts_get(f, "migrates"), "1") == 0;
	c->done.has_snapshot = flow_facts_get(f, "snapshot") != NULL;
	return c->done.has_snapshot ? snapshot_load(root, f, &c->done.snapshot, e) : 0;
}

void *change_resume(const char *root, const struct flow_facts *facts, struct error *e)
{
	struct change *c = mem_alloc(sizeof *c);

	if (load_facts(root, facts, c, e) == 0)
		return c;
	change_delete(c);
	return NULL;
}

void change_delete(void *c)
{
	change_free(c);
	free(c);
}

/* --- the maintenance page --------------------------------------------------------------------------------- */

int change_show_page(void *ctx, struct error *e)
{
	return maintenance_show(((struct change *)ctx)->root, e);
}

int change_end_page(void *ctx, struct error *e)
{
	return maintenance_end(((struct change *)ctx)->root, e);
}

int change_hide_page(void *ctx, struct error *e)
{
	struct change *c = ctx;

	return c->found.maintenance ? 0 : change_end_page(c, e);
}

/* --- conditions ------------------------------------------------------------------------------------------- */

bool change_migrates(const void *ctx)
{
	const struct change *c = ctx;

	return c->done.migrates;
}

bool change_migrates_not(const void *ctx)
{
	return !change_migrates(ctx);
}

bool change_exchanges(const void *ctx)
{
	const struct change *c = ctx;

	return c->done.exchanges;
}
