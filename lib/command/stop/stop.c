/* SPDX-License-Identifier: MIT */
#include "command/stop/stop.h"

#include <stdlib.h>
#include <string.h>

#include "appliance/appliance.h"
#include "appliance/containers.h"
#include "appliance/maintenance.h"

#define WEB_SERVER "nginx"

/* One that was stopped shows no page. */
static int start_web_server(const struct stop *s, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(strlist_free) struct strlist ids = {0};
	const struct docker_container *c;

	if (containers_list(s->root, &list, e) != 0)
		return -1;
	c = docker_service(&list, WEB_SERVER);
	if (c == NULL)
		return error_set(e, EX_UNAVAILABLE, "'%s' has no container that could show the page: run 'ecs-start' first", WEB_SERVER);
	if (c->state == DOCKER_STOPPED)
		strlist_add(&ids, c->id);
	return containers_allow_starts(s->root, e) == 0 ? docker_start(&ids, e) : -1;
}

/* nginx looks for the file with each request: visitors see the page from the next one on. */
static int begin_maintenance(void *ctx, struct error *e)
{
	const struct stop *s = ctx;

	return maintenance_show(s->root, e) == 0 ? start_web_server(s, e) : -1;
}

static bool wants_maintenance(const void *ctx)
{
	const struct stop *s = ctx;

	return s->maintenance;
}

/* Stops the containers of GROUP, and of one-offs those too; with maintenance not the web server. */
static int stop_group(const struct stop *s, enum compose_group group, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (containers_list(s->root, &list, e) != 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		const struct docker_container *c = &list.item[i];

		if (compose_group(c->service) == group && c->state != DOCKER_STOPPED &&
		    !(s->maintenance && strcmp(c->service, WEB_SERVER) == 0))
			strlist_add(&ids, c->id);
	}
	return docker_stop(&ids, e);
}

static int stop_application(void *ctx, struct error *e)
{
	return stop_group(ctx, COMPOSE_APPLICATION, e);
}

static int stop_support(void *ctx, struct error *e)
{
	return stop_group(ctx, COMPOSE_SUPPORT, e);
}

static int stop_database(void *ctx, struct error *e)
{
	return stop_group(ctx, COMPOSE_DATABASE, e);
}

/* Nothing is started again on a failure: stopping once more is the remedy, or ecs-start. */
static const struct flow_step steps[] = {
	{.name = "show the maintenance page", .act = begin_maintenance, .when = wants_maintenance,
	 .turn = FLOW_STAND},
	{.name = "stop the application", .act = stop_application, .turn = FLOW_STAND},
	{.name = "stop the support containers", .act = stop_support, .turn = FLOW_STAND},
	{.name = "stop the database", .act = stop_database, .turn = FLOW_STAND},
};

const struct flow stop_flow = {"stop", steps, sizeof steps / sizeof *steps};

int stop_run(struct stop *s, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};

	/* an engine that does not answer is told before anything begins */
	if (containers_list(s->root, &list, e) != 0)
		return -1;
	if (s->maintenance && docker_service(&list, WEB_SERVER) == NULL)
		return error_set(e, EX_UNAVAILABLE, "'%s' has no container that could show the page: run 'ecs-start' "
				 "first, or stop without '--maintenance'", WEB_SERVER);
	return flow_run(&stop_flow, s, s->root, NULL, e);
}

void *stop_resume(const char *root, const struct flow_facts *facts, struct error *e)
{
	struct stop *s = mem_alloc(sizeof *s);

	(void)facts;
	(void)e;
	s->root = root;
	return s;
}

void stop_delete(void *ctx)
{
	free(ctx);
}
