/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_STATUS_JSON_H
#define COMMAND_STATUS_JSON_H

#include "base/str.h"
#include "command/status/status.h"

/* One JSON object (ecs-status(8)). */
void status_json(const struct status *s, struct str *out);

#endif
