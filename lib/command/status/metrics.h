/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_STATUS_METRICS_H
#define COMMAND_STATUS_METRICS_H

#include "base/str.h"
#include "command/status/status.h"

/* Prometheus' text exposition format. */
void status_metrics(const struct status *s, struct str *out);

#endif
