/* SPDX-License-Identifier: MIT */
#include "adapter/cron.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "base/path.h"
#include "sys/file.h"

#define DUE "# due "

enum { ENTRY_MAX = 4096 };

static char *entry_path(const char *root, const char *name)
{
	CLEANUP(mem_freep) char *dir = path_root(root, NAME_CRON_DIR);

	return mem_format("%s/ecs-expire-%s", dir, name);
}

int cron_put_call(const char *root, const char *name, const char *tool, const char *words, time_t due,
		  struct error *e)
{
	CLEANUP(mem_freep) char *path = entry_path(root, name);
	CLEANUP(mem_freep) char *dir = path_dir(path);
	CLEANUP(mem_freep) char *current = path_root(root, NAME_CURRENT);
	CLEANUP(str_free) struct str text = {0};
	time_t minute = due + 59; /* the first whole minute that is not before it */
	struct tm at;

	localtime_r(&minute, &at); /* cron's own */
	str_addf(&text,
		 "# ends '%s'; removes itself when it is gone\n" DUE "%lld\n"
		 "SHELL=/bin/sh\nPATH=" NAME_PATH "\n"
		 "%d %d * * * root [ \"$(date +\\%%s)\" -lt %lld ] || %s/sbin/%s%s%s --wait=3600 %s\n",
		 name, (long long)due, at.tm_min, at.tm_hour, (long long)due, current, tool,
		 *root ? " --root " : "", root, words);
	if (file_mkdirs(dir, 0755, e) != 0)
		return -1;
	return file_write(path, text.data, text.len, 0644, e);
}

int cron_put(const char *root, const char *name, const char *tool, time_t due, struct error *e)
{
	CLEANUP(mem_freep) char *words = mem_format("expire -- %s", name);

	return cron_put_call(root, name, tool, words, due, e);
}

int cron_remove(const char *root, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *path = entry_path(root, name);

	return file_remove(path, e);
}

time_t cron_due(const char *root, const char *name)
{
	CLEANUP(mem_freep) char *path = entry_path(root, name);
	CLEANUP(str_free) struct str text = {0};
	CLEANUP(strlist_free) struct strlist lines = {0};
	struct error ignored = {0};
	unsigned long long due;

	if (!file_exists(path) || file_read(path, ENTRY_MAX, &text, &ignored) != 0)
		return 0;
	strlist_lines(&lines, str_get(&text));
	for (size_t i = 0; i < lines.count; i++)
		if (str_begins(lines.item[i], DUE) &&
		    str_number(lines.item[i] + strlen(DUE), INT64_MAX, &due))
			return (time_t)due;
	return 0;
}
