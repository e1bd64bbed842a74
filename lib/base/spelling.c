/* SPDX-License-Identifier: MIT */
#include "base/spelling.h"

enum { NEAR_MAX = 64 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment. */
static size_t slips(const char *a, size_t n, const char *b, size_t m)
{
	size_t row[3][NEAR_MAX + 1];

	for (size_t j = 0; j <= m; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *now = row[i % 3], *was = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			now[j] = least(was[j - 1] + (a[i - 1] != b[j - 1]), least(was[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
	}
	return row[n % 3][m];
}

void spelling_begin(struct spelling *n, const char *word, size_t len)
{
	*n = (struct spelling){.word = word, .len = len, .slips = len / 3 + 1};
}

void spelling_try(struct spelling *n, const char *known, size_t len)
{
	size_t s;

	if (n->len > NEAR_MAX || len > NEAR_MAX)
		return;
	s = slips(n->word, n->len, known, len);
	if (s > n->slips || (s == n->slips && n->found))
		return;
	n->slips = s;
	n->found = known;
	n->found_len = len;
}
