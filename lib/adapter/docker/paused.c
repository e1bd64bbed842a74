/* SPDX-License-Identifier: MIT */
#include "adapter/docker/paused.h"

#include <string.h>

#include "adapter/docker/ask.h"

int docker_paused(const char *project, struct strlist *ids, struct strlist *services, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(run_free) struct run_result res = {0};
	size_t had = ids->count;

	strlist_addv(&argv, (const char *[]){"docker", "container", "ls", "--no-trunc", "--filter", "status=paused", "--format",
					     "{{.ID}} {{.Label \"com.docker.compose.service\"}}", "--filter", NULL});
	strlist_addf(&argv, "label=com.docker.compose.project=%s", project);
	if (docker_ask(&argv, NULL, &res, e) < 0)
		return -1;
	strlist_lines(ids, str_get(&res.out));
	for (size_t i = had; i < ids->count; i++) {
		char *space = strchr(ids->item[i], ' ');

		strlist_add(services, space ? space + 1 : "");
		if (space)
			*space = '\0';
	}
	return 0;
}
