/* SPDX-License-Identifier: MIT */
#include "appliance/maintenance.h"

#include "base/names.h"
#include "base/path.h"
#include "sys/file.h"

bool maintenance_is_shown(const char *root)
{
	CLEANUP(mem_freep) char *flag = path_root(root, NAME_MAINTENANCE);

	return file_exists(flag);
}

int maintenance_show(const char *root, struct error *e)
{
	CLEANUP(mem_freep) char *flag = path_root(root, NAME_MAINTENANCE), *dir = path_dir(flag);

	return file_mkdirs(dir, 0755, e) == 0 ? file_write(flag, "", 0, 0644, e) : -1;
}

int maintenance_end(const char *root, struct error *e)
{
	CLEANUP(mem_freep) char *flag = path_root(root, NAME_MAINTENANCE);

	return file_remove(flag, e);
}
