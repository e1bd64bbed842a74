/* SPDX-License-Identifier: MIT */
/* What somebody who slipped in the name of a key may have meant. */
#ifndef ENV_NEAREST_H
#define ENV_NEAREST_H

/*
 * The known name nearest to the unknown NAME: the key, map or list at the same place that is few
 * slips away, else a key elsewhere that ends the same. NULL when nothing is near. The caller frees
 * it.
 */
char *nearest_key(const char *name);

#endif
