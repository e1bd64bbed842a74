/* SPDX-License-Identifier: MIT */
/*
 * Vault and rows, compared: after the database went back, files are there that no row knows, and rows may name files that
 * are not. Both are told and left: which of them somebody still wants, is not for a tool to say.
 */
#ifndef APPLIANCE_VOLUME_ORPHANS_H
#define APPLIANCE_VOLUME_ORPHANS_H

#include "base/error.h"
#include "base/str.h"

struct appliance;

/*
 * Tells by log_warn() how many there are and the first names, and by log_detail() all. What the rows name, the query of the
 * compose file tells (x-ecs: vault.query); where it has none, nothing is done. A query that fails is told.
 */
void orphans_tell(const struct appliance *a);

/* Adds what is in FILES only, and in ROWS only. Both are sorted by it; a path that is in ROWS twice counts once. */
void orphans_compare(struct strlist *files, struct strlist *rows, struct strlist *unknown, struct strlist *missing);

#endif
