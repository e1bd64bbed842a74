/* SPDX-License-Identifier: MIT */
#include "env/nearest.h"

#include <string.h>

#include "base/spelling.h"
#include "base/str.h"
#include "env/schema.h"

static const char *last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

/* The known name at the place of NAME whose last part has the fewest slips. */
static char *nearest_sibling(const char *name)
{
	const char *part = last_part(name);
	size_t above = (size_t)(part - name);
	struct spelling near;

	spelling_begin(&near, part, strlen(part));
	for (const struct schema_key *k = schema_keys(); k->name; k++)
		if (strncmp(k->name, name, above) == 0)
			spelling_try(&near, k->name + above, strcspn(k->name + above, ".["));
	return near.found ? mem_dupn(near.found - above, above + near.found_len) : NULL;
}

char *nearest_key(const char *name)
{
	char *found = nearest_sibling(name);

	if (found || strchr(name, '.') == NULL)
		return found;
	for (const struct schema_key *k = schema_keys(); k->name; k++)
		if (k->same == NULL && strcmp(last_part(k->name), last_part(name)) == 0)
			return mem_dup(k->name);
	return NULL;
}
