/* SPDX-License-Identifier: MIT */
#include "appliance/volume/whole.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/names.h"
#include "sys/mounts.h"

/* Adds "'PATH' is …" for each, separated by "; ". What a restore set aside is not the application's: no backup holds it. */
static void add(struct str *out, const char *folder, const char *name, const char *is)
{
	if (str_begins(name, NAME_RESTORE_FOLDER "/"))
		return;
	str_addf(out, "%s'%s/", out->len ? "; " : "", folder);
	str_add_printable(out, name);
	str_addf(out, "' is %s", is);
}

static int add_mounts(const struct storage_volume *v, struct str *out, struct error *e)
{
	CLEANUP(mounts_free) struct mounts_table t = {0};
	CLEANUP(mem_freep) char *real = realpath(v->target, NULL);
	size_t n = real ? strlen(real) : 0;

	if (real == NULL)
		return error_errno(e, EX_IOERR, "'%s'", v->target);
	if (mounts_read(&t, e) != 0)
		return -1;
	for (size_t i = 0; i < t.count; i++) {
		const char *target = t.entry[i].target;

		if (strncmp(target, real, n) == 0 && target[n] == '/' && mounts_at(&t, target) == &t.entry[i])
			add(out, v->target, target + n + 1, "another file system, mounted there");
	}
	return 0;
}

bool whole_has_mounts(const struct storage_volume *v)
{
	CLEANUP(str_free) struct str found = {0};
	struct error ignored = {0};

	return v->mounted && add_mounts(v, &found, &ignored) == 0 && found.len;
}

static int find_outside(const struct storage_volume *v, struct str *out, struct error *e)
{
	CLEANUP(strlist_free) struct strlist paths = {0};

	if (add_mounts(v, out, e) != 0 ||
	    (v->driver && v->driver->outside && v->driver->outside(v, &paths, e) != 0))
		return -1;
	for (size_t i = 0; i < paths.count; i++)
		add(out, v->target, paths.item[i], "a subvolume of its own");
	return 0;
}

int whole_check(const struct storage_volume *v, struct error *e)
{
	CLEANUP(str_free) struct str found = {0};

	if (find_outside(v, &found, e) != 0)
		return -1;
	if (found.len == 0)
		return 0;
	return error_set(e, EX_CONFIG, "the backup would miss a part of '%s': %s: move it elsewhere, or make it a plain "
			 "folder", v->name, found.data);
}

void whole_warn(const struct storage_volume *v)
{
	CLEANUP(str_free) struct str found = {0};
	struct error e = {0};

	if (find_outside(v, &found, &e) != 0)
		log_warn("cannot tell whether a snapshot of '%s' is complete: %s", v->name, e.text);
	else if (found.len)
		log_warn("a snapshot of '%s' does not contain all of it: %s", v->name, found.data);
}
