/* SPDX-License-Identifier: MIT */
#include "adapter/btrfs/expiry.h"

#include <stdint.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "sys/file.h"

enum { EXPIRY_MAX = 64 << 10 }; /* bytes of a file */

static int read_expiry(const struct storage_volume *v, const char *name, struct strlist *lines,
		       struct error *e)
{
	CLEANUP(mem_freep) char *path = path_join(v->state, name);
	CLEANUP(str_free) struct str text = {0};

	if (!file_exists(path))
		return 0;
	if (file_read(path, EXPIRY_MAX, &text, e) != 0)
		return -1;
	strlist_lines(lines, str_get(&text));
	return 0;
}

static bool is_line_of(const struct storage_volume *v, const char *line)
{
	size_t n = strlen(v->name);

	return strncmp(line, v->name, n) == 0 && line[n] == ' ';
}

int btrfs_get_expiry(const struct storage_volume *v, const char *name, time_t *expires, struct error *e)
{
	CLEANUP(strlist_free) struct strlist lines = {0};
	unsigned long long value;

	*expires = 0;
	if (read_expiry(v, name, &lines, e) != 0)
		return -1;
	for (size_t i = 0; i < lines.count; i++)
		if (is_line_of(v, lines.item[i]) &&
		    str_number(lines.item[i] + strlen(v->name) + 1, INT64_MAX, &value))
			*expires = (time_t)value;
	return 0;
}

int btrfs_put_expiry(const struct storage_volume *v, const char *name, time_t expires, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_join(v->state, name);
	CLEANUP(strlist_free) struct strlist lines = {0};
	CLEANUP(str_free) struct str text = {0};

	if (read_expiry(v, name, &lines, e) != 0)
		return -1;
	for (size_t i = 0; i < lines.count; i++)
		if (!is_line_of(v, lines.item[i]))
			str_addf(&text, "%s\n", lines.item[i]);
	if (expires)
		str_addf(&text, "%s %lld\n", v->name, (long long)expires);
	if (text.len == 0)
		return file_remove(path, e);
	if (file_mkdirs(v->state, 0755, e) != 0)
		return -1;
	return file_write(path, text.data, text.len, 0644, e);
}
