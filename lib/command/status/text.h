/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_STATUS_TEXT_H
#define COMMAND_STATUS_TEXT_H

#include "base/str.h"
#include "command/status/status.h"

/* One record a line: "WORD<TAB>…" (ecs-status(8)). */
void status_text(const struct status *s, struct str *out);

#endif
