/* SPDX-License-Identifier: MIT */
#include "command/start/serve.h"
#include "appliance/containers.h"

#include <stdlib.h>

#include "base/log.h"
#include "appliance/health.h"
#include "appliance/images.h"
#include "appliance/maintenance.h"
#include "appliance/pending.h"
#include "appliance/volume/volumes.h"
#include "sys/clock.h"
#include "sys/signals.h"

enum {
	HEALTH_MS = 200 /* between two looks at the containers; each costs the processor 15 ms */
};

/* --- starting ----------------------------------------------------------------------------------------------- */

/* Whether it was given up, or would be at the next look: nothing but a stop makes Docker forget its restarts. */
static bool is_sick(const struct docker_container *c)
{
	return c->state == DOCKER_PAUSED || c->state == DOCKER_RESTARTING || c->health == DOCKER_UNHEALTHY ||
	       (c->restarts > 0 && !docker_is_healthy(c));
}

int start_group(struct start *s, enum compose_group group, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0}, ids = {0}, sick = {0};

	for (size_t i = 0; i < s->found.containers.count; i++) {
		const struct docker_container *c = &s->found.containers.item[i];

		if (c->oneoff || compose_group(c->service) != group)
			continue;
		if (c->state == DOCKER_STOPPED)
			strlist_add(&ids, c->id);
		else if (is_sick(c))
			strlist_add(&sick, c->id);
	}
	if (docker_stop(&sick, e) != 0)
		return -1;
	strlist_addv(&ids, strlist_argv(&sick));
	if (s->found.same)
		return docker_start(&ids, e);
	compose_names(&s->found.a.facts, group, &names);
	return compose_up(&s->found.a.compose, &names, e);
}

/* --- what runs -------------------------------------------------------------------------------------------- */

/* The database can be put back to what it is before a migration. */
static bool has_way_back(const struct start *s)
{
	CLEANUP(volumes_free) struct volumes v = {0};
	struct error no = {0};

	return volumes_find(s->root, VOLUME_DATABASE, &v, &no) == 0 && volumes_check(&v, VOLUME_DATABASE, &no) == 0;
}

int start_report_pending(void *ctx, struct error *e)
{
	struct start *s = ctx;

	s->found.a.state.asked = false;
	if (pending_ask(&s->found.a, &s->found.a.state.pending, e) != 0)
		return -1;
	s->found.a.state.asked = true;
	s->done.migrates = s->asked.may_migrate && !s->found.healthy && s->found.a.state.pending.count > 0 &&
		      env_bool(s->found.choice.env, "ecs.migrate.auto") && has_way_back(s);
	for (size_t i = 0; !s->done.migrates && i < s->found.a.state.pending.count; i++)
		log_warn("migration '%s' is pending: run 'ecs-migrate'", s->found.a.state.pending.item[i]);
	return 0;
}

bool start_must_ask_pending(const void *ctx)
{
	const struct start *s = ctx;

	return !s->done.made && !s->found.pending_known;
}

int start_install_certificates(void *ctx, struct error *e)
{
	struct start *s = ctx;
	const struct docker_container *nginx;

	if (certificates_publish(&s->found.a, &s->found.certificates, e) != 0)
		return -1;
	nginx = s->found.a.facts.reload ? docker_service(&s->found.containers, s->found.a.facts.reload) : NULL;
	if (nginx == NULL || nginx->state != DOCKER_RUNNING)
		return 0;
	return docker_exec(nginx->id, &s->found.a.facts.reload_command, e);
}

bool start_must_install(const void *ctx)
{
	const struct start *s = ctx;

	return !s->found.certificates.published;
}

/* What compose pulled for that has not been looked at yet. */
int start_support(void *ctx, struct error *e)
{
	struct start *s = ctx;

	if (start_group(s, COMPOSE_SUPPORT, e) != 0)
		return -1;
	return s->found.same ? 0 : images_check_volumes(&s->found.a, e);
}

/* An update joins its new container last of all: after a power cut the engine may not know of it any more. */
static int let_visitors_in(const struct start *s, struct error *e)
{
	const struct docker_container *web = docker_service(&s->found.containers, s->found.a.facts.web);

	if (web == NULL || !s->found.same || s->found.a.facts.front == NULL)
		return 0;
	return docker_join(web->id, s->found.a.facts.front, &s->found.a.facts.front_names, e);
}

int start_application(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(strlist_free) struct strlist names = {0};

	if (!s->done.migrates)
		return start_group(ctx, COMPOSE_APPLICATION, e) == 0 ? let_visitors_in(s, e) : -1;
	compose_names(&s->found.a.facts, COMPOSE_APPLICATION, &names);
	return s->found.same ? 0 : compose_create(&s->found.a.compose, &names, e);
}

bool start_must_start(const void *ctx)
{
	const struct start *s = ctx;

	return !s->found.healthy;
}

bool start_must_wait(const void *ctx)
{
	const struct start *s = ctx;

	return start_must_start(ctx) && !s->done.migrates;
}

/* --- health ----------------------------------------------------------------------------------------------- */

static long longest_wait(const struct compose_facts *f)
{
	long ms = 0;

	for (size_t i = 0; i < f->services; i++)
		if (f->service[i].group != COMPOSE_DATABASE && f->service[i].healthy_ms > ms)
			ms = f->service[i].healthy_ms;
	return ms;
}

/* Sets *WAITING to a container that is not healthy yet, or NULL; fails where one never will be. */
static int check_all(const struct start *s, const struct docker_container **waiting, struct error *e)
{
	*waiting = NULL;
	for (size_t i = 0; i < s->found.a.facts.services; i++) {
		const char *name = s->found.a.facts.service[i].name;
		const struct docker_container *c = docker_service(&s->found.containers, name);

		if (c == NULL)
			return error_set(e, EXIT_HALFWAY, "'%s' has no container", name);
		if (health_check(c, e) != 0)
			return -1;
		if (!docker_is_healthy(c))
			*waiting = c;
	}
	return 0;
}

/* Looks at the containers in S->containers anew: only at those, which is one question less. */
static int inspect_again(struct start *s, struct error *e)
{
	CLEANUP(strlist_free) struct strlist ids = {0};

	for (size_t i = 0; i < s->found.containers.count; i++)
		strlist_add(&ids, s->found.containers.item[i].id);
	docker_list_free(&s->found.containers);
	return docker_inspect(&ids, &s->found.containers, e);
}

int start_wait_for_health(void *ctx, struct error *e)
{
	struct start *s = ctx;
	long ms = longest_wait(&s->found.a.facts);
	long long until = clock_ms() + ms;
	const struct docker_container *waiting;

	docker_list_free(&s->found.containers);
	if (containers_list(s->root, &s->found.containers, e) != 0)
		return -1;
	while (check_all(s, &waiting, e) == 0) {
		if (waiting == NULL)
			return 0;
		if (clock_ms() > until) {
			error_set(e, EXIT_HALFWAY, "'%s' is not healthy after %ld s", waiting->service,
				  ms / 1000);
			health_show_log(waiting);
			return -1;
		}
		if (signals_pause(HEALTH_MS, e) != 0 || inspect_again(s, e) != 0)
			return -1;
	}
	return -1;
}

int start_end_maintenance(void *ctx, struct error *e)
{
	return maintenance_end(((struct start *)ctx)->root, e);
}

bool start_must_end_maintenance(const void *ctx)
{
	const struct start *s = ctx;

	return s->found.maintenance && !s->done.migrates;
}
