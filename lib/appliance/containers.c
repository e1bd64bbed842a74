/* SPDX-License-Identifier: MIT */
#include "appliance/containers.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/appliance.h"
#include "appliance/health.h"
#include "appliance/images.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "env/publish.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/signals.h"

enum {
	AGAIN_MS = 5 * 60000,   /* until what ran before is healthy again */
	STARTING_MS = 60000,    /* until what starts just now is healthy */
	ANSWER_MS = 10 * 60000, /* until PostgreSQL answers */
	POLL_MS = 100,
	LOOK_EVERY = 4 /* so many times it is asked until its container is looked at */
};

/* --- what is there ---------------------------------------------------------------------------------------- */

int containers_list(const char *root, struct docker_list *list, struct error *e)
{
	CLEANUP(mem_freep) char *project = appliance_project(root);

	return docker_of_project(project, list, e);
}

void containers_pick(const struct docker_list *list, enum compose_group group, bool running,
		    struct strlist *ids)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct docker_container *c = &list->item[i];

		if (!c->oneoff && compose_group(c->service) == group &&
		    (!running || c->state != DOCKER_STOPPED))
			strlist_add(ids, c->id);
	}
}

char *containers_database(const char *root, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	const struct docker_container *c;

	if (containers_list(root, &list, e) != 0)
		return NULL;
	c = docker_service(&list, COMPOSE_POSTGRES);
	if (c && c->state == DOCKER_RUNNING)
		return mem_dup(c->id);
	error_set(e, EX_UNAVAILABLE, "the container of the database %s: run 'ecs-start'", c ? "is not running" : "is gone");
	return NULL;
}

void containers_missing(const struct docker_list *list, const struct strlist *services, struct strlist *missing)
{
	for (size_t i = 0; i < services->count; i++)
		if (docker_service(list, services->item[i]) == NULL)
			strlist_add(missing, services->item[i]);
}

/* --- making ----------------------------------------------------------------------------------------------- */

static size_t count_of(const struct docker_list *list, const char *service)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++)
		n += !list->item[i].oneoff && strcmp(list->item[i].service, service) == 0;
	return n;
}

int containers_create(struct appliance *a, const struct strlist *services, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(mem_freep) size_t *have = mem_alloc((services->count + 1) * sizeof *have);

	if (images_find(a, services, e) != 0 || containers_list(a->root, &list, e) != 0)
		return -1;
	for (size_t i = 0; i < services->count; i++)
		have[i] = count_of(&list, services->item[i]);
	return compose_create_beside(&a->compose, services, have, e);
}

/* Records what is in AFTER and not in BEFORE, and adds its ids to IDS. */
static int record_new(struct appliance *a, const struct docker_list *before, const struct docker_list *after,
		      struct strlist *ids, struct error *e)
{
	CLEANUP(strlist_free) struct strlist known = {0};

	for (size_t i = 0; i < before->count; i++)
		strlist_add(&known, before->item[i].id);
	for (size_t i = 0; i < after->count; i++) {
		const struct docker_container *c = &after->item[i];

		if (c->oneoff || strlist_has(&known, c->id))
			continue;
		strlist_add(ids, c->id);
		state_replace(&a->state, c->service, c->id, c->image);
	}
	return state_write(a->root, &a->state, e);
}

static int make_again(struct appliance *a, const struct strlist *services, struct strlist *ids, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list before = {0}, after = {0};
	size_t had = ids->count;

	if (a->state.revision == NULL)
		return error_set(e, EX_CONFIG, "the application has never run here: run 'ecs-start'");
	for (size_t i = 0; i < services->count; i++)
		log_warn("the container of '%s' is gone: making it again", services->item[i]);
	if (appliance_read(a, e) != 0 || containers_list(a->root, &before, e) != 0 ||
	    containers_create(a, services, e) != 0 || containers_list(a->root, &after, e) != 0 ||
	    record_new(a, &before, &after, ids, e) != 0)
		return -1;
	if (ids->count - had < services->count)
		return error_set(e, EXIT_FAILED, "%zu of %zu containers could not be made again",
				 services->count - (ids->count - had), services->count);
	return 0;
}

static int active_or_next(const char *root, struct env_choice *choice, struct error *e)
{
	struct error no = {0};

	return env_active(root, &choice->env, &no) == 0 ? 0 : env_choose(root, choice, e);
}

int containers_make_again(const char *root, const struct strlist *services, struct strlist *ids, struct error *e)
{
	CLEANUP(env_choice_free) struct env_choice choice = {0};
	CLEANUP(appliance_free) struct appliance a = {0};

	if (services->count == 0)
		return 0;
	if (active_or_next(root, &choice, e) == 0 && appliance_open(root, choice.env, &a, e) == 0 &&
	    make_again(&a, services, ids, e) == 0)
		return 0;
	return error_context(e, "making the container of '%s' again", services->item[0]);
}

/* --- PostgreSQL's ----------------------------------------------------------------------------------------- */

/* After a boot /run is empty, and the container wants the folder of its socket: it belongs to the owner of the data. */
static int make_socket_folder(const char *root, const struct database *d, struct error *e)
{
	CLEANUP(mem_freep) char *data = path_root(root, NAME_DATABASE "/" NAME_PGDATA);
	struct stat st;

	if (stat(data, &st) != 0)
		return error_errno(e, EX_UNAVAILABLE, "cannot find PostgreSQL's data in '%s'", data);
	if (file_mkdirs(d->socket_dir, 0755, e) != 0)
		return -1;
	return chown(d->socket_dir, st.st_uid, st.st_gid) == 0 ? 0 : error_errno(e, 0, "cannot change the owner of '%s'", d->socket_dir);
}

static int make_database_again(const char *root, struct strlist *ids, struct error *e)
{
	CLEANUP(strlist_free) struct strlist services = {0};

	strlist_add(&services, COMPOSE_POSTGRES);
	return containers_make_again(root, &services, ids, e);
}

/* Fails where its container never will answer. */
static int check_database(const char *root, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	const struct docker_container *c;

	if (containers_list(root, &list, e) != 0)
		return -1;
	c = docker_service(&list, COMPOSE_POSTGRES);
	if (c == NULL)
		return error_set(e, EXIT_FAILED, "the container of the database is gone");
	/* pg_isready of its healthcheck says nothing that connecting does not */
	return c->health == DOCKER_UNHEALTHY ? 0 : health_check(c, e);
}

int containers_wait_for_database(const char *root, const struct database *d, long ms, struct error *e)
{
	long long until = clock_ms() + ms;
	struct error why = {0};

	for (unsigned n = 0; database_ready(d, &why) != 0; n++) {
		if (why.code >= EXIT_SIGNAL) {
			*e = why;
			return -1;
		}
		if (n % LOOK_EVERY == LOOK_EVERY - 1 && check_database(root, e) != 0)
			return -1;
		if (clock_ms() > until)
			return error_set(e, EXIT_FAILED, "PostgreSQL does not answer after %ld s: %s", ms / 1000, why.text);
		if (signals_pause(POLL_MS, e) != 0)
			return -1;
	}
	return 0;
}

int containers_wake_database(const char *root, const struct database *d, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(strlist_free) struct strlist ids = {0};
	struct error why = {0};

	if (database_ready(d, &why) == 0)
		return 0;
	if (containers_list(root, &list, e) != 0)
		return -1;
	containers_pick(&list, COMPOSE_DATABASE, false, &ids);
	if (make_socket_folder(root, d, e) != 0)
		return -1;
	if (ids.count == 0 && make_database_again(root, &ids, e) != 0)
		return -1;
	return docker_start(&ids, e) == 0 ? containers_wait_for_database(root, d, ANSWER_MS, e) : -1;
}

/* --- starting --------------------------------------------------------------------------------------------- */

int containers_allow_starts(const char *root, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_root(root, NAME_BOOT_DIR);

	return file_mkdirs(dir, 0755, e);
}

bool containers_may_start(const char *root, const struct database *d)
{
	CLEANUP(mem_freep) char *dir = path_root(root, NAME_BOOT_DIR);
	struct error no = {0};

	return file_exists(dir) && database_ready(d, &no) == 0;
}

static int start_all(const struct strlist *ids, struct error *e)
{
	return docker_start(ids, e) == 0 ? health_wait(ids, AGAIN_MS, e) : -1;
}

static bool is_there(const struct docker_list *list, const char *id)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->item[i].id, id) == 0)
			return true;
	return false;
}

/* Of the application, as recorded: the ids of the containers in LIST, and the services whose own is not there. */
static void find_recorded(const struct state *s, const struct docker_list *list, struct strlist *ids,
			  struct strlist *missing)
{
	for (size_t i = 0; i < s->services; i++) {
		if (compose_group(s->service[i].name) != COMPOSE_APPLICATION)
			continue;
		if (is_there(list, s->service[i].container))
			strlist_add(ids, s->service[i].container);
		else
			strlist_add(missing, s->service[i].name);
	}
}

int containers_start_recorded(const char *root, struct error *e)
{
	CLEANUP(state_free) struct state s = {0};
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(strlist_free) struct strlist ids = {0}, missing = {0};

	if (state_read(root, &s, e) != 0 || containers_list(root, &list, e) != 0)
		return -1;
	find_recorded(&s, &list, &ids, &missing);
	if (ids.count + missing.count == 0)
		return error_set(e, EXIT_FAILED, "no container of the application is recorded: run 'ecs-start'");
	return containers_make_again(root, &missing, &ids, e) == 0 ? start_all(&ids, e) : -1;
}

int containers_start_again(const char *root, const struct strlist *ids, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};

	if (docker_inspect(ids, &list, e) != 0)
		return -1;
	return list.count < ids->count ? containers_start_recorded(root, e) : start_all(ids, e);
}

/* --- asking ----------------------------------------------------------------------------------------------- */

/* Waits for one that runs and that Docker has not looked at yet. */
static int check_healthy(const struct docker_container *c, struct error *e)
{
	CLEANUP(strlist_free) struct strlist ids = {0};

	strlist_add(&ids, c->id);
	if (health_is_good(c) ||
	    (c->state == DOCKER_RUNNING && c->health == DOCKER_STARTING && health_wait(&ids, STARTING_MS, e) == 0))
		return 0;
	return error_set(e, EX_UNAVAILABLE, "'%s' %s: run 'ecs-start'", c->service,
			 c->state == DOCKER_RUNNING ? "is not healthy" : "is not running");
}

int containers_check_served(const char *root, struct error *e)
{
	CLEANUP(state_free) struct state s = {0};
	CLEANUP(docker_list_free) struct docker_list list = {0};
	size_t wanted = 0;

	if (state_read(root, &s, e) != 0 || containers_list(root, &list, e) != 0)
		return -1;
	for (size_t i = 0; i < s.services; i++) {
		const char *name = s.service[i].name;
		const struct docker_container *c = docker_service(&list, name);

		if (compose_group(name) != COMPOSE_APPLICATION)
			continue;
		wanted++;
		if (c == NULL)
			return error_set(e, EX_UNAVAILABLE, "'%s' has no container: run 'ecs-start'", name);
		if (check_healthy(c, e) != 0)
			return -1;
	}
	return wanted ? 0 : error_set(e, EX_UNAVAILABLE, "no container of the application is recorded: run 'ecs-start'");
}

/* --- removing ---------------------------------------------------------------------------------------------- */

int containers_remove_all(const char *root, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(strlist_free) struct strlist ids = {0};
	CLEANUP(mem_freep) char *project = appliance_project(root);

	if (docker_of_project(project, &list, e) != 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		strlist_add(&ids, list.item[i].id);
	return docker_remove(&ids, e) == 0 ? docker_remove_networks(project, e) : -1;
}

int containers_remove_oneoffs(const char *root, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (containers_list(root, &list, e) != 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (list.item[i].oneoff)
			strlist_add(&ids, list.item[i].id);
	return docker_remove(&ids, e);
}
