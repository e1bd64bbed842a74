/* SPDX-License-Identifier: MIT */
/*
 * What a flow must remember so that it can be resolved after a power cut: names with values, kept in its journal
 * (flow/journal.h).
 */
#ifndef FLOW_FACTS_H
#define FLOW_FACTS_H

#include <stddef.h>

#include "base/str.h"

struct flow_fact {
	char *name;
	char *value;
};

struct flow_facts {
	struct flow_fact *fact;
	size_t count;
};

/* Sets NAME, which holds no space, to VALUE; both are copied. What NAME was before is forgotten. */
void flow_facts_set(struct flow_facts *f, const char *name, const char *value);

/* The same of a list, as strlist_lines() reads it; no item holds a newline. */
void flow_facts_set_list(struct flow_facts *f, const char *name, const struct strlist *list);

/* The value of NAME, which belongs to F, or NULL. */
const char *flow_facts_get(const struct flow_facts *f, const char *name);

/* Releases what F holds. */
void flow_facts_free(struct flow_facts *f);

#endif
