/* SPDX-License-Identifier: MIT */
/*
 * Metrics of a command for Prometheus' node exporter (its textfile collector): one file a tool,
 * ROOT/var/lib/ecs/metrics/TOOL.prom, one set of series a verb, written on success and on failure.
 */
#ifndef CMD_TOOL_METRICS_H
#define CMD_TOOL_METRICS_H

#include <time.h>

/*
 * Replaces the series of VERB ("" where the tool has none) and keeps those of the others; the last
 * success stays if this run failed. Where the state folder cannot be written, nothing is said
 * unless -v: a tool that only reads is run by anybody.
 */
void metrics_write(const char *root, const char *tool, const char *verb, time_t start, long long ms,
		   int code);

#endif
