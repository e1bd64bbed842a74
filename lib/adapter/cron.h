/* SPDX-License-Identifier: MIT */
/*
 * One-time jobs as files of cron: /etc/cron.d/ecs-expire-NAME. The line runs daily from its due day on,
 * at the time of day it is due, because a machine that is off then would miss a single one; the tool that
 * it calls removes the file when there is nothing left to do.
 */
#ifndef ADAPTER_CRON_H
#define ADAPTER_CRON_H

#include <time.h>

#include "base/error.h"
#include "base/str.h"

/* Publishes the entry: TOOL ("ecs-snapshot") is called as 'TOOL expire -- NAME' as root. */
int cron_put(const char *root, const char *name, const char *tool, time_t due, struct error *e);

/* The same for another call: TOOL with WORDS; it removes the entry itself. */
int cron_put_call(const char *root, const char *name, const char *tool, const char *words, time_t due,
		  struct error *e);

/* Removes it; a missing one is no error. */
int cron_remove(const char *root, const char *name, struct error *e);

/* When it is due, 0 where there is none or it is not ours. */
time_t cron_due(const char *root, const char *name);

#endif
