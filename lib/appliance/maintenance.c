/* SPDX-License-Identifier: MIT */
#include "appliance/maintenance.h"

#include "base/names.h"
#include "base/path.h"
#include "sys/discard.h"
#include "sys/file.h"

bool maintenance_is_shown(const char *root)
{
	CLEANUP(mem_freep) char *flag = path_root(root, NAME_MAINTENANCE);

	return file_exists(flag);
}

int maintenance_show(const char *root, struct error *e)
{
	CLEANUP(mem_freep) char *flag = path_root(root, NAME_MAINTENANCE), *dir = path_dir(flag);

	if (maintenance_is_shown(root))
		return 0;
	return file_mkdirs(dir, 0755, e) == 0 ? file_write(flag, "", 0, 0644, e) : -1;
}

int maintenance_end(const char *root, struct error *e)
{
	CLEANUP(mem_freep) char *flag = path_root(root, NAME_MAINTENANCE);

	/* somebody may have fixed it (chattr +i); the second flushes what a killed run removed */
	return discard_tree(flag, false, e) == 0 ? file_remove(flag, e) : -1;
}
