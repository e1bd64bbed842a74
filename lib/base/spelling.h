/* SPDX-License-Identifier: MIT */
/* "Did you mean …?": the known word that is the fewest slips away from a mistyped one. */
#ifndef BASE_SPELLING_H
#define BASE_SPELLING_H

#include <stddef.h>

/*
 * Letters missing, added, exchanged or swapped with their neighbour count as one slip each. A word of N letters
 * may have N / 3 + 1 of them; words of more than 64 bytes have no neighbours.
 */
struct spelling {
	const char *word;
	size_t len;
	const char *found; /* the best of what was tried, or NULL; of found_len bytes */
	size_t found_len, slips;
};

/* Begins a search for the neighbour of the LEN bytes of WORD, which must stay. */
void spelling_begin(struct spelling *n, const char *word, size_t len);

/* Compares one known word; of equally near ones the first wins. The word must stay valid. */
void spelling_try(struct spelling *n, const char *known, size_t len);

#endif
