/* SPDX-License-Identifier: MIT */
#ifndef APPLIANCE_VOLUME_LIST_H
#define APPLIANCE_VOLUME_LIST_H

#include "base/error.h"

struct json;

/*
 * {"volumes": [{name, target, driver, mounted, total, free, metadata}], "snapshots": [{volume, name, driver,
 * created, age, expires, writable, state, diverged, left, mounted}]}: bytes, seconds, null for what is
 * unknown or does not apply; state is "whole", "partial" (of what lies in the volume now something is not in it) or "lost". The caller frees it. NULL on failure.
 */
struct json *snapshot_list(const char *root, const char *volume, struct error *e);

#endif
