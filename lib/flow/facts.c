/* SPDX-License-Identifier: MIT */
#include "flow/facts.h"

#include <stdlib.h>
#include <string.h>

void flow_facts_set(struct flow_facts *f, const char *name, const char *value)
{
	for (size_t i = 0; i < f->count; i++) {
		if (strcmp(f->fact[i].name, name) == 0) {
			free(f->fact[i].value);
			f->fact[i].value = mem_dup(value);
			return;
		}
	}
	f->fact = mem_grow(f->fact, (f->count + 1) * sizeof *f->fact);
	f->fact[f->count++] = (struct flow_fact){mem_dup(name), mem_dup(value)};
}

void flow_facts_set_list(struct flow_facts *f, const char *name, const struct strlist *list)
{
	CLEANUP(str_free) struct str text = {0};

	strlist_text(list, &text);
	flow_facts_set(f, name, str_get(&text));
}

const char *flow_facts_get(const struct flow_facts *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->fact[i].name, name) == 0)
			return f->fact[i].value;
	return NULL;
}

void flow_facts_free(struct flow_facts *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->fact[i].name);
		free(f->fact[i].value);
	}
	free(f->fact);
	*f = (struct flow_facts){0};
}
