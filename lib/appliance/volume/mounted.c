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

int mounted_check(const char *root, size_t *count, struct error *e)
{
	CLEANUP(mem_freep) char *fstab = path_root(root, "/etc/fstab");
	CLEANUP(mount_free) struct mount_table wanted = {0}, mounted = {0};

	if (mount_read_fstab(fstab, &wanted, e) != 0 || mount_read(&mounted, e) != 0)
		return -1;
	for (size_t i = 0; i < wanted.count; i++) {
		const struct mount_entry *w = &wanted.entry[i];
		CLEANUP(mem_freep) char *target = path_root(root, w->target);

		if (!is_data(w->target) || mount_option(w->options, "noauto"))
			continue;
		if (!mount_at(&mounted, target))
			return error_set(e, EX_CONFIG, "'%s' is in fstab but not mounted: run 'mount -a'",
					 w->target);
		if (count)
			(*count)++;
	}
	return 0;
}
