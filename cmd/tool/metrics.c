/* SPDX-License-Identifier: MIT */
#include "cmd/tool/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exposition.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "base/str.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { METRICS_MAX = 1 << 20 };

struct series {
	const char *name, *help;
};

static const struct series all[] = {
	{"ecs_command_last_start_seconds", "When the command was last started, seconds since 1970."},
	{"ecs_command_last_success_seconds", "When it last ended with exit status 0, 0 for never."},
	{"ecs_command_duration_seconds", "How long its last run took."},
	{"ecs_command_exit_code", "The exit status of its last run."},
};

/* The value that OLD has for a series of these labels; "0" where it has none. */
static char *value_before(const char *old, const char *name, const char *labels)
{
	CLEANUP(mem_freep) char *begin = mem_format("%s%s ", name, labels);
	const char *at = strstr(old, begin);

	if (at == NULL || (at != old && at[-1] != '\n'))
		return mem_dup("0");
	at += strlen(begin);
	return mem_dupn(at, strcspn(at, "\n"));
}

/* The lines of OLD that are of the series NAME, but of other labels. */
static void keep_others(const char *old, const char *name, const char *labels, struct str *out)
{
	size_t n = strlen(name), m = strlen(labels);

	for (const char *line = old; *line; line += strcspn(line, "\n") + 1) {
		size_t len = strcspn(line, "\n");

		if (strncmp(line, name, n) == 0 && line[n] == '{' &&
		    strncmp(line + n, labels, m) != 0)
			str_addf(out, "%.*s\n", (int)len, line);
		if (line[len] == '\0')
			break;
	}
}

static void add_series(struct str *out, const char *old, const char *labels, size_t which,
		       const char *value)
{
	exposition_head(out, all[which].name, all[which].help);
	keep_others(old, all[which].name, labels, out);
	str_addf(out, "%s%s %s\n", all[which].name, labels, value);
}

void metrics_write(const char *root, const char *tool, const char *verb, time_t start, long long ms,
		   int code)
{
	CLEANUP(mem_freep) char *dir = path_root(root, NAME_METRICS_DIR);
	CLEANUP(mem_freep) char *path = mem_format("%s/%s.prom", dir, tool);
	CLEANUP(mem_freep) char *labels = mem_format("{tool=\"%s\",verb=\"%s\"}", tool, verb);
	CLEANUP(mem_freep) char *began = mem_format("%lld", (long long)start);
	CLEANUP(mem_freep) char *took = mem_format("%lld.%03lld", ms / 1000, ms % 1000);
	CLEANUP(mem_freep) char *status = mem_format("%d", code);
	CLEANUP(mem_freep) char *success = NULL;
	CLEANUP(str_free) struct str old = {0};
	CLEANUP(str_free) struct str text = {0};
	struct error e = {0};

	if (file_exists(path) && file_read(path, METRICS_MAX, &old, &e) != 0)
		log_detail("metrics: %s", e.text);
	success = code ? value_before(str_get(&old), all[1].name, labels)
		       : mem_format("%lld", (long long)clock_now());
	add_series(&text, str_get(&old), labels, 0, began);
	add_series(&text, str_get(&old), labels, 1, success);
	add_series(&text, str_get(&old), labels, 2, took);
	add_series(&text, str_get(&old), labels, 3, status);
	if (file_mkdirs(dir, 0755, &e) == 0 &&
	    file_write_quick(path, text.data, text.len, 0644, &e) == 0)
		return;
	if (geteuid() == 0)
		log_warn("metrics: %s", e.text);
	else
		log_detail("metrics: %s", e.text);
}
