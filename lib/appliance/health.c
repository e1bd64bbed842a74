/* SPDX-License-Identifier: MIT */
#include "appliance/health.h"

#include "base/log.h"
#include "sys/clock.h"
#include "sys/signals.h"

enum {
	LOG_LINES = 10,      /* of a container that fails */
	FAILED_RESTARTS = 3, /* so many in a row, and a container is given up */
	POLL_MS = 150
};

void health_show_log(const struct docker_container *c)
{
	CLEANUP(strlist_free) struct strlist lines = {0};
	struct error ignored = {0};

	if (docker_log_tail(c->id, LOG_LINES, &lines, &ignored) != 0)
		return;
	for (size_t i = 0; i < lines.count; i++)
		log_error("%s: %s", c->service, lines.item[i]);
}

int health_check(const struct docker_container *c, struct error *e)
{
	if (c->state == DOCKER_STOPPED)
		error_set(e, EXIT_FAILED, "'%s' exited %d", c->service, c->exit_code);
	else if (c->restarts >= FAILED_RESTARTS && !docker_is_healthy(c) && c->state == DOCKER_RESTARTING)
		error_set(e, EXIT_FAILED, "'%s' exited %d times, last with %d", c->service, c->restarts + 1, c->exit_code);
	else if (c->restarts >= FAILED_RESTARTS && !docker_is_healthy(c)) /* what runs has no exit status, docker says 0 */
		error_set(e, EXIT_FAILED, "'%s' exited %d times", c->service, c->restarts);
	else if (c->health == DOCKER_UNHEALTHY && c->state == DOCKER_RUNNING) /* else it is its end that counts */
		error_set(e, EXIT_FAILED, "'%s' is not healthy", c->service);
	else
		return 0;
	health_show_log(c);
	return -1;
}

bool health_is_good(const struct docker_container *c)
{
	struct error no = {0};

	if (docker_is_healthy(c))
		return true;
	return c->state == DOCKER_RUNNING && c->health == DOCKER_STARTING && c->check.count &&
	       docker_exec(c->id, &c->check, &no) == 0;
}

/* Takes those that are healthy out of WAITING. NAME gets the service of one that is not. */
static int drop_healthy(struct strlist *waiting, char **name, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	struct strlist left = {0};
	int r = docker_inspect(waiting, &list, e);

	if (r == 0 && list.count < waiting->count)
		r = error_set(e, EXIT_FAILED, "a container is gone");
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		r = health_check(&list.item[i], e);
		if (r != 0 || health_is_good(&list.item[i]))
			continue;
		strlist_add(&left, list.item[i].id);
		mem_freep(name);
		*name = mem_dup(list.item[i].service);
	}
	strlist_free(waiting);
	*waiting = left;
	return r;
}

int health_wait(const struct strlist *ids, long ms, struct error *e)
{
	CLEANUP(strlist_free) struct strlist waiting = {0};
	CLEANUP(mem_freep) char *name = NULL;
	long long until = clock_ms() + ms;

	strlist_addv(&waiting, strlist_argv(ids));
	for (;;) {
		if (drop_healthy(&waiting, &name, e) != 0)
			return -1;
		if (waiting.count == 0)
			return 0;
		if (clock_ms() > until)
			return error_set(e, EXIT_FAILED, "'%s' is not healthy after %ld s", name, ms / 1000);
		if (signals_pause(POLL_MS, e) != 0)
			return -1;
	}
}
