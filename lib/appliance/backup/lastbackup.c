/* SPDX-License-Identifier: MIT */
#include "appliance/backup/lastbackup.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/file.h"
#include "wrap/json.h"

enum { LAST_MAX = 1 << 20 };

static char *text_of(const struct json *j, const char *key)
{
	const char *text = jv_get_text(j, key);

	return mem_dup(text ? text : "");
}

void lastbackup_read(const char *root, struct lastbackup *last)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_BACKUP_LAST);
	CLEANUP(str_free) struct str text = {0};
	CLEANUP(jv_deletep) struct json *j = NULL;
	struct error e = {0};

	*last = (struct lastbackup){0};
	if (file_exists(path) && file_read(path, LAST_MAX, &text, &e) == 0)
		j = jv_parse(str_get(&text), text.len, path, &e);
	if (e.text[0])
		log_warn("cannot read the record of the last backup: %s", e.text);
	last->when = (time_t)jv_number(jv_get(j, "when"), 0);
	last->target = text_of(j, "target");
	last->shown = text_of(j, "url");
	last->driver = text_of(j, "engine");
	last->point = text_of(j, "point");
	last->appliance = text_of(j, "appliance");
	last->sequence = jv_number(jv_get(j, "sequence"), 0);
	last->recovered = jv_true(jv_get(j, "recovered"));
	last->files = jv_number(jv_get(j, "files"), 0);
	last->bytes = jv_number(jv_get(j, "bytes"), 0);
	last->rows = jv_number(jv_get(j, "rows"), 0);
	last->dump = jv_number(jv_get(j, "dump"), 0);
	last->read_back = jv_number(jv_get(j, "read_back"), 0);
	last->pause_ms = jv_number(jv_get(j, "pause_ms"), 0);
	last->ms = jv_number(jv_get(j, "ms"), 0);
}

int lastbackup_write(const char *root, const struct lastbackup *last, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_BACKUP_LAST);
	CLEANUP(jv_deletep) struct json *j = jv_object();
	CLEANUP(str_free) struct str text = {0};

	jv_set_number(j, "when", last->when);
	jv_set_text(j, "target", last->target);
	jv_set_text(j, "url", last->shown);
	jv_set_text(j, "engine", last->driver);
	jv_set_text(j, "point", last->point);
	jv_set_text(j, "appliance", last->appliance);
	jv_set_number(j, "sequence", last->sequence);
	jv_set_bool(j, "recovered", last->recovered);
	jv_set_number(j, "files", last->files);
	jv_set_number(j, "bytes", last->bytes);
	jv_set_number(j, "rows", last->rows);
	jv_set_number(j, "dump", last->dump);
	jv_set_number(j, "read_back", last->read_back);
	jv_set_number(j, "pause_ms", last->pause_ms);
	jv_set_number(j, "ms", last->ms);
	jv_write(j, 1, &text);
	str_addc(&text, '\n');
	return file_write(path, text.data, text.len, 0600, e);
}

void lastbackup_free(struct lastbackup *last)
{
	free(last->target);
	free(last->shown);
	free(last->driver);
	free(last->point);
	free(last->appliance);
	*last = (struct lastbackup){0};
}
