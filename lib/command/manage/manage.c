/* SPDX-License-Identifier: MIT */
#include "command/manage/manage.h"

#include "env/publish.h"
#include "appliance/appliance.h"
#include "appliance/containers.h"

static int in_container(const struct appliance *a, const struct docker_container *web,
			const struct strlist *words, int *status, struct error *e)
{
	CLEANUP(strlist_free) struct strlist command = {0};

	/* `docker exec` does not go through the image's entry point, which knows the word */
	strlist_addv(&command, strlist_argv(&web->entrypoint));
	strlist_addv(&command, strlist_argv(&a->facts.manage));
	strlist_addv(&command, strlist_argv(words));
	return docker_exec_foreground(web->id, &command, status, e);
}

static int in_one_off(const struct appliance *a, const struct strlist *words, int *status, struct error *e)
{
	CLEANUP(strlist_free) struct strlist command = {0};

	strlist_addv(&command, strlist_argv(&a->facts.manage));
	strlist_addv(&command, strlist_argv(words));
	return compose_run_foreground(&a->compose, a->facts.web, &command, status, e);
}

int manage_run(const char *root, const struct strlist *words, struct error *e)
{
	CLEANUP(env_deletep) struct env *env = NULL;
	CLEANUP(appliance_free) struct appliance a = {0};
	CLEANUP(docker_list_free) struct docker_list list = {0};
	const struct docker_container *web, *postgres;
	int status = 0, r;

	if (env_active(root, &env, e) != 0 || appliance_open(root, env, &a, e) != 0 ||
	    containers_list(root, &list, e) != 0 || appliance_read(&a, e) != 0)
		return -1;
	web = docker_service(&list, a.facts.web);
	postgres = docker_service(&list, a.facts.postgres);
	if (postgres == NULL || postgres->state != DOCKER_RUNNING)
		return error_set(e, EX_UNAVAILABLE, "'%s' is not running: run 'ecs-start'", a.facts.postgres);
	if (web && web->state == DOCKER_RUNNING)
		r = in_container(&a, web, words, &status, e);
	else
		r = in_one_off(&a, words, &status, e);
	return r == 0 ? status : -1;
}
