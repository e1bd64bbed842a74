/* SPDX-License-Identifier: MIT */
#include "command/update/containers.h"

#include <poll.h>
#include <string.h>

#include "adapter/docker/image.h"
#include "base/log.h"
#include "appliance/containers.h"
#include "appliance/images.h"
#include "appliance/health.h"
#include "appliance/leftovers.h"
#include "sys/signals.h"

enum {
	/* until nginx knows the new ones: it keeps an address for a second (valid=1s, see its entrypoint), in whole
	   seconds, and then asks; the old ones alone would be all it knows when they stop */
	FOUND_MS = 2500
};

/* --- which containers ------------------------------------------------------------------------------------- */

/* Whether a service is among those that are meant. */
typedef bool choice(const struct change *c, const char *service);

static bool is_new(const struct change *c, const struct docker_container *d)
{
	if (d->oneoff || compose_group(d->service) != COMPOSE_APPLICATION)
		return false;
	return !c->done.exchanges || !strlist_has(&c->found.containers, d->id);
}

static bool is_any(const struct change *c, const char *service)
{
	(void)c;
	(void)service;
	return true;
}

static bool is_scheduler(const struct change *c, const char *service)
{
	return strlist_has(&c->found.schedulers, service);
}

static bool is_no_scheduler(const struct change *c, const char *service)
{
	return !is_scheduler(c, service);
}

static bool is_web(const struct change *c, const char *service)
{
	return strcmp(service, c->found.a.facts.web) == 0;
}

/* The new containers. */
static int list_new(const struct change *c, struct docker_list *list, struct error *e)
{
	if (containers_list(c->root, list, e) != 0)
		return -1;
	for (size_t i = list->count; i-- > 0;)
		if (!is_new(c, &list->item[i]))
			docker_list_remove(list, i);
	return 0;
}

/* The ids of the new containers whose services are MEANT. */
static int find_new(const struct change *c, choice *meant, struct strlist *ids, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};

	if (list_new(c, &list, e) != 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (meant(c, list.item[i].service))
			strlist_add(ids, list.item[i].id);
	return 0;
}

/* How long the slowest service of the application may take to become healthy. */
static long healthy_ms(const struct change *c)
{
	long ms = 0;

	for (size_t i = 0; i < c->found.a.facts.services; i++) {
		const struct compose_service *s = &c->found.a.facts.service[i];

		if (s->group == COMPOSE_APPLICATION && s->healthy_ms > ms)
			ms = s->healthy_ms;
	}
	return ms;
}

/* --- visitors ----------------------------------------------------------------------------------------------- */

/* What listens has its name and gets visitors, healthy or not: so it has none. */
static int keep_visitors_out(const struct change *c, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};

	if (c->found.a.facts.front == NULL)
		return 0;
	if (list_new(c, &list, e) != 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		const struct docker_container *d = &list.item[i];

		if (is_web(c, d->service) && d->state == DOCKER_STOPPED && docker_leave(d->id, c->found.a.facts.front, e) != 0)
			return -1;
	}
	return 0;
}

static int let_visitors_in(const struct change *c, struct error *e)
{
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (c->found.a.facts.front == NULL)
		return 0;
	if (find_new(c, is_web, &ids, e) != 0)
		return -1;
	for (size_t i = 0; i < ids.count; i++)
		if (docker_join(ids.item[i], c->found.a.facts.front, &c->found.a.facts.front_names, e) != 0)
			return -1;
	return 0;
}

/* --- images ----------------------------------------------------------------------------------------------- */

int containers_build(void *ctx, struct error *e)
{
	struct change *c = ctx;

	return images_build(&c->found.a, &c->found.unbuilt, e);
}

/* What cannot be removed is in nobody's way: the next build of that commit finds it. */
int containers_unbuild(void *ctx, struct error *e)
{
	struct change *c = ctx;

	(void)e;
	for (size_t i = 0; i < c->found.unbuilt.count; i++) {
		struct error no = {0};

		if (docker_image_remove(compose_find(&c->found.a.facts, c->found.unbuilt.item[i])->image, &no) != 0)
			log_detail("%s", no.text);
	}
	return 0;
}

bool containers_must_build(const void *ctx)
{
	const struct change *c = ctx;

	return c->found.unbuilt.count > 0;
}

/* --- new containers --------------------------------------------------------------------------------------- */

/* Each service of the application that is MEANT gets a new container, if it has none (any more). */
static int make(struct change *c, choice *meant, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(strlist_free) struct strlist all = {0}, wanted = {0}, missing = {0};

	compose_names(&c->found.a.facts, COMPOSE_APPLICATION, &all);
	for (size_t i = 0; i < all.count; i++)
		if (meant(c, all.item[i]))
			strlist_add(&wanted, all.item[i]);
	if (list_new(c, &list, e) != 0)
		return -1;
	containers_missing(&list, &wanted, &missing);
	if (missing.count == 0)
		return 0;
	if (containers_create(&c->found.a, &missing, e) != 0)
		return -1;
	return c->done.exchanges ? keep_visitors_out(c, e) : 0;
}

int containers_make(void *ctx, struct error *e)
{
	return make(ctx, is_any, e);
}

/* What was made may be gone again by now. */
static int start(struct change *c, choice *meant, struct error *e)
{
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (make(c, meant, e) != 0 || find_new(c, meant, &ids, e) != 0 || docker_start(&ids, e) != 0)
		return -1;
	return health_wait(&ids, healthy_ms(c), e);
}

static int stop(const struct change *c, choice *meant, struct error *e)
{
	CLEANUP(strlist_free) struct strlist ids = {0};

	return find_new(c, meant, &ids, e) == 0 ? docker_stop(&ids, e) : -1;
}

int containers_stop_new(void *ctx, struct error *e)
{
	return stop(ctx, is_any, e);
}

int containers_unmake(void *ctx, struct error *e)
{
	struct change *c = ctx;
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(state_free) struct state s = {0};
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (!c->done.exchanges)
		return 0;
	if (list_new(c, &list, e) != 0 || state_read(c->root, &s, e) != 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		const struct state_service *was = state_find(&s, list.item[i].service);

		/* one that is recorded was made again in the place of an old one that was gone */
		if (was == NULL || strcmp(was->container, list.item[i].id) != 0)
			strlist_add(&ids, list.item[i].id);
	}
	return docker_stop(&ids, e) == 0 ? docker_remove(&ids, e) : -1;
}

int containers_start_beside(void *ctx, struct error *e)
{
	if (start(ctx, is_no_scheduler, e) != 0 || let_visitors_in(ctx, e) != 0)
		return -1;
	return signals_pause(FOUND_MS, e);
}

int containers_start_schedulers(void *ctx, struct error *e)
{
	return start(ctx, is_scheduler, e);
}

int containers_stop_schedulers(void *ctx, struct error *e)
{
	return stop(ctx, is_scheduler, e);
}

bool containers_has_schedulers(const void *ctx)
{
	const struct change *c = ctx;

	return !c->done.migrates && c->found.schedulers.count > 0;
}

int containers_start_web(void *ctx, struct error *e)
{
	return start(ctx, is_web, e) == 0 ? let_visitors_in(ctx, e) : -1;
}

/* --- old containers --------------------------------------------------------------------------------------- */

int containers_stop_old(void *ctx, struct error *e)
{
	struct change *c = ctx;

	return docker_stop(&c->found.running, e);
}

/* A journal that is resolved at boot leaves it to ecs-start; no other is kept because of it. */
int containers_start_old(void *ctx, struct error *e)
{
	struct change *c = ctx;
	struct error no = {0};

	if (c->found.env == NULL) {
		if (containers_may_start(c->root, &c->found.database) && containers_start_again(c->root, &c->found.running, &no) != 0)
			log_warn("%s: run 'ecs-start'", no.text);
		return 0;
	}
	if (containers_wake_database(c->root, &c->found.database, e) != 0 ||
	    containers_start_again(c->root, &c->found.running, e) != 0)
		return -1;
	if (!c->done.migrates) /* the new ones serve until nginx knows these */
		poll(NULL, 0, FOUND_MS);
	return 0;
}

int containers_remove_old(void *ctx, struct error *e)
{
	struct change *c = ctx;

	return leftovers_remove_containers(c->root, &c->found.containers, e);
}

/* --- after the commit ------------------------------------------------------------------------------------- */

/* A journal that is resolved at boot leaves it to ecs-start. */
int containers_start_rest(void *ctx, struct error *e)
{
	struct change *c = ctx;

	if (c->found.env == NULL)
		return containers_may_start(c->root, &c->found.database) ? containers_start_recorded(c->root, e) : 0;
	if (start(c, is_any, e) != 0 || containers_record(c, &c->found.a.state, e) != 0)
		return -1;
	return state_write(c->root, &c->found.a.state, e);
}

int containers_record(const struct change *c, struct state *s, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};

	if (containers_list(c->root, &list, e) != 0)
		return -1;
	state_forget_services(s);
	for (size_t i = 0; i < list.count; i++) {
		const struct docker_container *d = &list.item[i];

		if (!d->oneoff && (is_new(c, d) || compose_group(d->service) != COMPOSE_APPLICATION))
			state_add(s, d->service, d->id, d->image);
	}
	return 0;
}
