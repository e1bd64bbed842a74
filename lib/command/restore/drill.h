/* SPDX-License-Identifier: MIT */
/*
 * The proof of a backup: it is restored to a machine of its own beneath NAME_DRILL, with a PostgreSQL and the
 * application's own check started there, compared with its manifest, and thrown away. What is live is neither
 * stopped nor changed.
 */
#ifndef COMMAND_RESTORE_DRILL_H
#define COMMAND_RESTORE_DRILL_H

#include <stdio.h>

#include "base/error.h"
#include "env/env.h"
#include "appliance/backup/fetch.h"

/*
 * Drills with what F asks (root, from, time). Writes the evidence, NAME_DRILL_EVIDENCE, whether it succeeds or not, and
 * metrics. The caller holds the backup lock. Enters mounts of its own.
 */
int drill_run(struct fetched *f, const struct env *env, struct error *e);

/* Removes what a killed drill left. The caller holds the backup lock. */
int drill_clear(const char *root, struct error *e);

/* Prints what it would do. */
void drill_print(FILE *to);

#endif
