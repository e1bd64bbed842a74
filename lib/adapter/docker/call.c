/* SPDX-License-Identifier: MIT */
#include "adapter/docker/call.h"

#include <stdlib.h>

#include "base/path.h"

void compose_free(struct compose *c)
{
	free(c->file);
	strlist_free(&c->overlays);
	free(c->project);
	strlist_free(&c->env);
}

void compose_begin(const struct compose *c, struct strlist *argv, struct strlist *env)
{
	CLEANUP(mem_freep) char *dir = path_dir(c->file);

	strlist_addv(argv, (const char *[]){"docker", "compose", "--file", c->file, NULL});
	for (size_t i = 0; i < c->overlays.count; i++)
		strlist_addv(argv, (const char *[]){"--file", c->overlays.item[i], NULL});
	strlist_addv(argv, (const char *[]){"--project-directory", dir, NULL});
	strlist_addv(env, strlist_argv(&c->env));
	strlist_addf(env, "COMPOSE_PROJECT_NAME=%s", c->project);
	strlist_add(env, "COMPOSE_DISABLE_ENV_FILE=1");
}

int compose_fail(const struct run *r, const char *verb, const struct run_result *res, int code, struct error *e)
{
	const char *const words[] = {"docker", "compose", verb, NULL};
	struct run named = *r;

	named.argv = words;
	return run_error(&named, res, code, e);
}

bool compose_good(const struct run_result *res)
{
	return res->how == RUN_EXITED && res->code == 0;
}
