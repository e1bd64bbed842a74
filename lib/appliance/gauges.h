/* SPDX-License-Identifier: MIT */
/* What a command measured, for Prometheus. */
#ifndef APPLIANCE_GAUGES_H
#define APPLIANCE_GAUGES_H

#include <stddef.h>

struct gauge {
	const char *name, *help;
	long long value;
};

/*
 * Writes the COUNT gauges of G as the file FILE ("ecs-backup-last.prom") of NAME_METRICS_DIR. A failure is a warning: what
 * was measured is done.
 */
void gauges_write(const char *root, const char *file, const struct gauge *g, size_t count);

#endif
