/* SPDX-License-Identifier: MIT */
#include "adapter/storage.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void storage_volume_free(struct storage_volume *v)
{
	free(v->name);
	free(v->target);
	free(v->source);
	free(v->listed);
	free(v->file);
	if (v->hold > 0)
		close(v->hold);
	free(v->type);
	free(v->options);
	free(v->state);
	free(v->group);
	free(v->inner);
	free(v->pool);
	*v = (struct storage_volume){0};
}

struct storage_snapshot *storage_list_add(struct storage_list *l)
{
	l->item = mem_grow(l->item, (l->count + 1) * sizeof *l->item);
	l->item[l->count] = (struct storage_snapshot){0};
	return &l->item[l->count++];
}

const struct storage_snapshot *storage_list_find(const struct storage_list *l, const char *name)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->item[i].name, name) == 0)
			return &l->item[i];
	return NULL;
}

void storage_list_free(struct storage_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->item[i].name);
	free(l->item);
	*l = (struct storage_list){0};
}

void storage_space_free(struct storage_space *s)
{
	free(s->of);
	*s = (struct storage_space){0};
}

void storage_place_free(struct storage_place *p)
{
	free(p->source);
	free(p->type);
	free(p->options);
	free(p->otherwise);
	*p = (struct storage_place){0};
}
