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
	containers_pick(&list, COMPOSE_APPLICATION, false, &c->containers);
	containers_pick(&list, COMPOSE_APPLICATION, true, &c->running);
	return 0;
}

static int read_old_state(struct change *c, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(c->root, NAME_STATE);
	CLEANUP(str_free) struct str text = {0};

	if (file_read(path, STATE_MAX, &text, e) != 0)
		return -1;
	c->old_state = mem_dup(str_get(&text));
	return 0;
}

int change_open(const char *root, struct change *c, struct error *e)
{
	if (appliance_is_clone(root))
		return error_set(e, EX_CONFIG, "'%s' is a clone, and a clone keeps its version: make a new one with "
				 "'ecs-clone create'", root);
	c->root = mem_dup(root);
	c->maintenance = maintenance_is_shown(root);
	if (env_active(root, &c->env, e) != 0 || appliance_open(root, c->env, &c->a, e) != 0)
		return -1;
	if (c->a.state.revision == NULL)
		return error_set(e, EX_CONFIG, "the application has never run here: run 'ecs-start'");
	c->from = mem_dup(c->a.state.revision);
	appliance_database(root, c->a.database.name, &c->database);
	if (read_old_state(c, e) != 0 || find_containers(c, e) != 0)
		return -1;
	if (database_ready(&c->database, e) != 0)
		return e->code == EX_UNAVAILABLE ? error_append(e, "run 'ecs-start'") : -1;
	return 0;
}

void change_free(struct change *c)
{
	free(c->root);
	free(c->from);
	free(c->to);
	free(c->old_state);
	database_free(&c->database);
	strlist_free(&c->containers);
	strlist_free(&c->running);
	strlist_free(&c->schedulers);
	snapshot_free(&c->snapshot);
	appliance_free(&c->a);
	env_free(c->env);
	strlist_free(&c->unbuilt);
	strlist_free(&c->pending);
	free(c->before.revision);
	free(c->before.branch);
	free(c->before.taken);
	free(c->before.counted);
	strlist_free(&c->before.writes);
	*c = (struct change){0};
}

static int find_unbuilt(struct change *c, struct error *e)
{
	for (size_t i = 0; i < c->a.facts.services; i++) {
		const struct compose_service *s = &c->a.facts.service[i];
		long long size;

		if (s->group != COMPOSE_APPLICATION || !s->builds)
			continue;
		size = docker_image_size(s->image, e);
		if (size < 0)
			return -1;
		if (size == 0)
			strlist_add(&c->unbuilt, s->name);
	}
	return 0;
}

int change_aim(struct change *c, const char *to, const char *branch, struct error *e)
{
	state_set(&c->to, to);
	state_set(&c->a.revision, to);
	state_set(&c->a.branch, branch);
	c->exchanges = strcmp(c->from, to) != 0;
	if (appliance_read(&c->a, e) != 0)
		return -1;
	strlist_free(&c->schedulers);
	strlist_addv(&c->schedulers, strlist_argv(&c->a.facts.schedulers));
	for (size_t i = 0; i < c->a.facts.services; i++) {
		const struct compose_service *s = &c->a.facts.service[i];

		if (s->group == COMPOSE_APPLICATION && s->publishes && !strlist_has(&c->schedulers, s->name))
			strlist_add(&c->schedulers, s->name);
	}
	return find_unbuilt(c, e);
}

/* --- facts ------------------------------------------------------------------------------------------------ */

static void save_list(struct flow_facts *f, const char *name, const struct strlist *l)
{
	CLEANUP(str_free) struct str text = {0};

	for (size_t i = 0; i < l->count; i++)
		str_addf(&text, "%s\n", l->item[i]);
	flow_facts_set(f, name, str_get(&text));
}

void change_save(const struct change *c, struct flow_facts *f)
{
	flow_facts_set(f, "from", c->from);
	flow_facts_set(f, "to", c->to);
	flow_facts_set(f, "state", c->old_state);
	flow_facts_set(f, "database", c->database.name);
	save_list(f, "containers", &c->containers);
	save_list(f, "running", &c->running);
	save_list(f, "schedulers", &c->schedulers);
	flow_facts_set(f, "maintenance", c->maintenance ? "1" : "0");
	flow_facts_set(f, "migrates", c->migrates ? "1" : "0");
	if (c->has_snapshot)
		snapshot_save(&c->snapshot, f);
}

static int load_facts(const char *root, const struct flow_facts *f, struct change *c, struct error *e)
{
	static const char *const names[] = {"from", "to", "state", "database", "containers", "running",
					    "schedulers", "maintenance", "migrates"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (flow_facts_get(f, names[i]) == NULL)
			return error_set(e, EX_SOFTWARE, "internal error: the journal lacks '%s'; please report it", names[i]);
	c->root = mem_dup(root);
	c->from = mem_dup(flow_facts_get(f, "from"));
	c->to = mem_dup(flow_facts_get(f, "to"));
	c->exchanges = strcmp(c->from, c->to) != 0;
	c->old_state = mem_dup(flow_facts_get(f, "state"));
	appliance_database(root, flow_facts_get(f, "database"), &c->database);
	strlist_lines(&c->containers, flow_facts_get(f, "containers"));
	strlist_lines(&c->running, flow_facts_get(f, "running"));
	strlist_lines(&c->schedulers, flow_facts_get(f, "schedulers"));
	c->maintenance = strcmp(flow_facts_get(f, "maintenance"), "1") == 0;
	c->migrates = strcmp(flow_facts_get(f, "migrates"), "1") == 0;
	c->has_snapshot = flow_facts_get(f, "snapshot") != NULL;
	return c->has_snapshot ? snapshot_load(root, f, &c->snapshot, e) : 0;
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

	return c->maintenance ? 0 : change_end_page(c, e);
}

/* --- conditions ------------------------------------------------------------------------------------------- */

bool change_migrates(const void *ctx)
{
	const struct change *c = ctx;

	return c->migrates;
}

bool change_migrates_not(const void *ctx)
{
	return !change_migrates(ctx);
}

bool change_exchanges(const void *ctx)
{
	const struct change *c = ctx;

	return c->exchanges;
}
