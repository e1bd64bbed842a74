/* SPDX-License-Identifier: MIT */
/* What reverts of both kinds share: the names, the check before, and what becomes of the state before. */
#ifndef ADAPTER_LVM_REVERT_H
#define ADAPTER_LVM_REVERT_H

#include "adapter/lvm/report.h"
#include "adapter/lvm/volume.h"
#include "adapter/storage.h"
#include "base/error.h"

/* The logical volumes that a revert to NAME works with: NAME's own, the next state, and the one before. */
struct lvm_names {
	char *from, *next, *before;
};

struct lvm_names lvm_names_of(const struct storage_volume *v, const char *name);
void lvm_names_free(struct lvm_names *n); /* for CLEANUP too */

/* Whether R allows a revert: 1, or -1: NAME is not there (66) or lost (74), or a name is taken (73). */
int lvm_revert_check(const struct storage_volume *v, const struct lvm_names *n, const char *name,
		     const struct lvm_report *r, struct error *e);

/* Calls of both drivers. */
int lvm_revert_commit(const struct storage_volume *v, const char *name, struct error *e);
int lvm_set_aside(const struct storage_volume *v, char **as, struct error *e);
int lvm_remove_aside(const struct storage_volume *v, const char *as, struct error *e);

#endif
