/* SPDX-License-Identifier: MIT */
#include "appliance/volume/mounted.h"

#include <stdbool.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "sys/mounts.h"

static bool is_data(const char *target)
{
	return strcmp(target, "/data") == 0 || str_begins(target, "/data/");
}

int volumes_check_mounted(const char *root, size_t *count, struct error *e)
{
	CLEANUP(mem_freep) char *fstab = path_root(root, "/etc/fstab");
	CLEANUP(mounts_free) struct mounts_table wanted = {0}, mounted = {0};

	if (mounts_read_fstab(fstab, &wanted, e) != 0 || mounts_read(&mounted, e) != 0)
		return -1;
	for (size_t i = 0; i < wanted.count; i++) {
		const struct mounts_entry *w = &wanted.entry[i];
		CLEANUP(mem_freep) char *target = path_root(root, w->target);

		if (!is_data(w->target) || mounts_option(w->options, "noauto"))
			continue;
		if (!mounts_at(&mounted, target))
			return error_set(e, EX_CONFIG, "'%s' is in fstab but not mounted: run 'mount -a'",
					 w->target);
		if (count)
			(*count)++;
	}
	return 0;
}
