/* SPDX-License-Identifier: MIT */
#include "env/nearest.h"

#include <stddef.h>
#include <string.h>

#include "base/str.h"
#include "env/schema.h"

enum { NEAR_MAX = 64 }; /* longer names have no neighbours */

/*
 * Slips between two names: letters missing, added, exchanged, swapped (optimal string alignment).
 */
static size_t slips(const char *a, size_t n, const char *b, size_t m)
{
	size_t row[3][NEAR_MAX + 1];

	for (size_t j = 0; j <= m; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *now = row[i % 3], *was = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = was[j - 1] + (a[i - 1] != b[j - 1]);

			if (was[j] + 1 < best)
				best = was[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
	}
	return row[n % 3][m];
}

static const char *last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

/* The known name at the place of NAME whose last part has the fewest slips. */
static char *nearest_sibling(const char *name)
{
	const char *part = last_part(name);
	size_t above = (size_t)(part - name), n = strlen(part), best = n / 3 + 1;
	const char *found = NULL;
	size_t found_len = 0;

	for (const struct schema_key *k = schema_keys(); k->name; k++) {
		size_t m, s;

		if (strncmp(k->name, name, above) != 0)
			continue;
		m = strcspn(k->name + above, ".[");
		if (m > NEAR_MAX || n > NEAR_MAX)
			continue;
		s = slips(part, n, k->name + above, m);
		if (s < best || (s == best && found == NULL)) {
			best = s;
			found = k->name;
			found_len = above + m;
		}
	}
	return found ? mem_dupn(found, found_len) : NULL;
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
