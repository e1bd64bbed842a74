/* SPDX-License-Identifier: MIT */
#include "command/update/containers.h"

#include <poll.h>
#include <string.h>

#include "adapter/git.h"
#include "base/log.h"
#include "appliance/health.h"
#include "sys/file.h"
#include "sys/signals.h"

enum {
	AGAIN_MS = 5 * 60000, /* until what ran before is healthy again */
	/* until nginx knows the new ones: it keeps an address for a second (valid=1s, see its entrypoint), in whole
	   seconds, and then asks; the old ones alone would be all it knows when they stop */
	FOUND_MS = 2500
};

/* --- which containers ------------------------------------------------------------------------------------- */

static bool is_new(const struct change *c, const struct docker_container *d)
{
	if (d->oneoff || compose_group(d->service) != COMPOSE_APPLICATION)
		return false;
	return !c->exchanges || !strlist_has(&c->containers, d->id);
}

static bool always(const struct change *c, const struct docker_container *d)
{
	(void)c;
	(void)d;
	return true;
}

static bool is_scheduler(const struct change *c, const struct docker_container *d)
{
	return strlist_has(&c->schedulers, d->service);
}

static bool is_no_scheduler(const struct change *c, const struct docker_container *d)
{
	return !is_scheduler(c, d);
}

static bool is_web(const struct change *c, const struct docker_container *d)
{
	return strcmp(d->service, c->a.facts.web) == 0;
}

/* The ids of the new containers that are WANTED. */
static int find_new(const struct change *c, bool (*wanted)(const struct change *, const struct docker_container *),
		    struct strlist *ids, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};

	if (appliance_containers(c->root, &list, e) != 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (is_new(c, &list.item[i]) && wanted(c, &list.item[i]))
			strlist_add(ids, list.item[i].id);
	return 0;
}

/* How long the slowest service of the application may take to become healthy. */
static long healthy_ms(const struct change *c)
{
	long ms = 0;

	for (size_t i = 0; i < c->a.facts.services; i++) {
		const struct compose_service *s = &c->a.facts.service[i];

		if (s->group == COMPOSE_APPLICATION && s->healthy_ms > ms)
			ms = s->healthy_ms;
	}
	return ms;
}

static int start(const struct change *c, bool (*wanted)(const struct change *, const struct docker_container *),
		 struct error *e)
{
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (find_new(c, wanted, &ids, e) != 0 || docker_start(&ids, e) != 0)
		return -1;
	return health_wait(&ids, healthy_ms(c), e);
}

static int stop(const struct change *c, bool (*wanted)(const struct change *, const struct docker_container *),
		struct error *e)
{
	CLEANUP(strlist_free) struct strlist ids = {0};

	return find_new(c, wanted, &ids, e) == 0 ? docker_stop(&ids, e) : -1;
}

/* --- visitors ----------------------------------------------------------------------------------------------- */

/* What listens has its name and gets visitors, healthy or not: so it has none. */
static int keep_visitors_out(const struct change *c, struct error *e)
{
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (c->a.facts.front == NULL)
		return 0;
	if (find_new(c, is_web, &ids, e) != 0)
		return -1;
	for (size_t i = 0; i < ids.count; i++)
		if (docker_leave(ids.item[i], c->a.facts.front, e) != 0)
			return -1;
	return 0;
}

static int let_visitors_in(const struct change *c, struct error *e)
{
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (c->a.facts.front == NULL)
		return 0;
	if (find_new(c, is_web, &ids, e) != 0)
		return -1;
	for (size_t i = 0; i < ids.count; i++)
		if (docker_join(ids.item[i], c->a.facts.front, &c->a.facts.front_names, e) != 0)
			return -1;
	return 0;
}

/* --- images ----------------------------------------------------------------------------------------------- */

/* What lies about in the checkout never gets in: the build has the files of the commit. */
int containers_build(void *ctx, struct error *e)
{
	struct change *c = ctx;
	struct error ignored = {0};
	int r;

	if (git_export(c->a.source, c->to, c->a.build, e) != 0)
		return -1;
	r = compose_build(&c->a.compose, &c->unbuilt, e);
	file_remove_tree(c->a.build, &ignored);
	return r;
}

/* What cannot be removed is in nobody's way: the next build of that commit finds it. */
int containers_unbuild(void *ctx, struct error *e)
{
	struct change *c = ctx;

	(void)e;
	for (size_t i = 0; i < c->unbuilt.count; i++) {
		struct error no = {0};

		if (docker_image_remove(compose_find(&c->a.facts, c->unbuilt.item[i])->image, &no) != 0)
			log_detail("%s", no.text);
	}
	return 0;
}

bool containers_must_build(const void *ctx)
{
	const struct change *c = ctx;

	return c->unbuilt.count > 0;
}

/* --- new containers --------------------------------------------------------------------------------------- */

static size_t count_of(const struct docker_list *list, const char *service)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++)
		n += !list->item[i].oneoff && strcmp(list->item[i].service, service) == 0;
	return n;
}

int containers_make(void *ctx, struct error *e)
{
	struct change *c = ctx;
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(strlist_free) struct strlist names = {0};
	CLEANUP(mem_freep) size_t *have = NULL;

	if (appliance_containers(c->root, &list, e) != 0)
		return -1;
	compose_names(&c->a.facts, COMPOSE_APPLICATION, &names);
	have = mem_alloc((names.count + 1) * sizeof *have);
	for (size_t i = 0; i < names.count; i++)
		have[i] = count_of(&list, names.item[i]);
	if (compose_create_beside(&c->a.compose, &names, have, e) != 0)
		return -1;
	return c->exchanges ? keep_visitors_out(c, e) : 0;
}

int containers_stop_new(void *ctx, struct error *e)
{
	return stop(ctx, always, e);
}

int containers_unmake(void *ctx, struct error *e)
{
	struct change *c = ctx;
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (!c->exchanges)
		return 0;
	if (find_new(c, always, &ids, e) != 0 || docker_stop(&ids, e) != 0)
		return -1;
	return docker_remove(&ids, e);
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

	return !c->migrates && c->schedulers.count > 0;
}

int containers_start_web(void *ctx, struct error *e)
{
	return start(ctx, is_web, e) == 0 ? let_visitors_in(ctx, e) : -1;
}

/* --- old containers --------------------------------------------------------------------------------------- */

int containers_stop_old(void *ctx, struct error *e)
{
	struct change *c = ctx;

	return docker_stop(&c->running, e);
}

/* Of those that ran, the ones that are still there: a crash of the engine may have cost one. */
int containers_start_old(void *ctx, struct error *e)
{
	struct change *c = ctx;
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (!appliance_may_start(c->root, &c->database))
		return 0;
	if (docker_inspect(&c->running, &list, e) != 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		strlist_add(&ids, list.item[i].id);
	if (docker_start(&ids, e) != 0 || health_wait(&ids, AGAIN_MS, e) != 0)
		return -1;
	if (!c->migrates) /* the new ones serve until nginx knows these */
		poll(NULL, 0, FOUND_MS);
	return 0;
}

int containers_remove_old(void *ctx, struct error *e)
{
	struct change *c = ctx;

	return docker_remove(&c->containers, e);
}

/* --- after the commit ------------------------------------------------------------------------------------- */

/* A journal that is resolved at boot leaves it to ecs-start. */
int containers_start_rest(void *ctx, struct error *e)
{
	struct change *c = ctx;
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (!appliance_may_start(c->root, &c->database))
		return 0;
	if (find_new(c, always, &ids, e) != 0 || docker_start(&ids, e) != 0)
		return -1;
	return health_wait(&ids, c->env ? healthy_ms(c) : AGAIN_MS, e);
}

int containers_record(const struct change *c, struct state *s, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};

	if (appliance_containers(c->root, &list, e) != 0)
		return -1;
	state_forget_services(s);
	for (size_t i = 0; i < list.count; i++) {
		const struct docker_container *d = &list.item[i];

		if (!d->oneoff && (is_new(c, d) || compose_group(d->service) != COMPOSE_APPLICATION))
			state_add(s, d->service, d->id, d->image);
	}
	return 0;
}
