/* SPDX-License-Identifier: MIT */
/* The commit of the flows migrate, update and revert: the state says which version runs, and on which database. */
#ifndef COMMAND_UPDATE_RECORD_H
#define COMMAND_UPDATE_RECORD_H

#include "base/error.h"

/*
 * Steps; the context is a struct change. Records what runs now; a container of the application that is gone by then is made
 * again first. Undo: the state as it was.
 */
int record_version(void *ctx, struct error *e);
int record_version_before(void *ctx, struct error *e);

#endif
