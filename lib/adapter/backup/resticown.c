/* SPDX-License-Identifier: MIT */
#include "adapter/backup/resticown.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "sys/clock.h"
#include "sys/file.h"

enum {
	HOST_MAX = 256,
	RUNS_MAX = 1 << 16, /* bytes that are read */
	RUNS = 200,         /* that are remembered: of several nights */
	SKEW_S = 5
};

char *resticown_host(void)
{
	char host[HOST_MAX] = "";

	return gethostname(host, sizeof host - 1) == 0 && *host ? mem_dup(host) : NULL;
}

/* One a line: PID SECONDS HOST. */
static void read_runs(const char *path, struct strlist *runs)
{
	CLEANUP(str_free) struct str text = {0};
	struct error e = {0};

	if (file_exists(path) && file_read(path, RUNS_MAX, &text, &e) != 0)
		log_detail("%s", e.text);
	strlist_lines(runs, str_get(&text));
}

void resticown_note(const struct driver *g, int pid)
{
	CLEANUP(mem_freep) char *path = path_join(g->state, "runs"), *host = resticown_host();
	CLEANUP(strlist_free) struct strlist runs = {0};
	CLEANUP(str_free) struct str text = {0};
	struct error e = {0};

	if (host == NULL)
		return;
	read_runs(path, &runs);
	strlist_addf(&runs, "%d %lld %s", pid, (long long)clock_now(), host);
	for (size_t i = runs.count > RUNS ? runs.count - RUNS : 0; i < runs.count; i++)
		str_addf(&text, "%s\n", runs.item[i]);
	if (file_write(path, text.data, text.len, 0600, &e) != 0)
		log_detail("%s", e.text);
}

bool resticown_has(const struct driver *g, const char *host, long long pid, time_t when)
{
	CLEANUP(mem_freep) char *path = path_join(g->state, "runs");
	CLEANUP(strlist_free) struct strlist runs = {0};

	read_runs(path, &runs);
	for (size_t i = 0; i < runs.count; i++) {
		long long number = 0, began = 0;
		int used = 0;

		if (sscanf(runs.item[i], "%lld %lld %n", &number, &began, &used) == 2 && used && number == pid &&
		    strcmp(runs.item[i] + used, host) == 0 && when >= (time_t)began - SKEW_S)
			return true;
	}
	return false;
}
