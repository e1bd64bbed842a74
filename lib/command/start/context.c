/* SPDX-License-Identifier: MIT */
#include "command/start/context.h"

#include <stdlib.h>

#include "appliance/backup/fetch.h"

void start_free(struct start *s)
{
	for (size_t i = 0; i < s->found.rows; i++) {
		free(s->found.row[i].question);
		free(s->found.row[i].found);
		free(s->found.row[i].action);
	}
	free(s->found.row);
	if (s->done.recovery)
		fetched_free(s->done.recovery);
	free(s->done.recovery);
	appliance_free(&s->found.a);
	env_choice_free(&s->found.choice);
	docker_list_free(&s->found.containers);
	strlist_free(&s->found.ghosts);
	strlist_free(&s->found.images);
	strlist_free(&s->found.unbuilt);
	strlist_free(&s->found.application);
	free(s->found.dump);
	certificates_free(&s->found.certificates);
	*s = (struct start){0};
}
