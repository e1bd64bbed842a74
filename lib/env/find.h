/* SPDX-License-Identifier: MIT */
/* Finds the user-data that is an env.yml. */
#ifndef ENV_FIND_H
#define ENV_FIND_H

#include "adapter/metadata/metadata.h"
#include "base/error.h"

/*
 * metadata_find() for a cloud-config, unpacked (env/userdata.h) and not checked any further. User-
 * data that begins otherwise (a script) is something else; a broken packing, or more than ENV_MAX
 * bytes, is an error (65).
 */
int find_userdata(const char *root, struct metadata *m, struct error *e);

#endif
