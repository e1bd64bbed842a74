/* SPDX-License-Identifier: MIT */
#include "command/start/context.h"

#include <stdlib.h>

#include "appliance/backup/fetch.h"

void start_free(struct start *s)
{
	for (size_t i = 0; i < s->rows; i++) {
		free(s->row[i].question);
		free(s->row[i].found);
		free(s->row[i].action);
	}
	free(s->row);
	if (s->recovery)
		fetched_free(s->recovery);
	free(s->recovery);
	appliance_free(&s->a);
	env_choice_free(&s->choice);
	docker_list_free(&s->containers);
	strlist_free(&s->ghosts);
	strlist_free(&s->images);
	strlist_free(&s->unbuilt);
	strlist_free(&s->application);
	free(s->dump);
	certificates_free(&s->certificates);
	*s = (struct start){0};
}
