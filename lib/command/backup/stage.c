/* SPDX-License-Identifier: MIT */
#include "command/backup/stage.h"

#include <stdlib.h>

#include "base/path.h"
#include "sys/file.h"

const struct storage_volume *backup_files(const struct backup *b)
{
	return volumes_get(&b->volumes, VOLUME_FILES);
}

char *backup_staged(const struct backup *b, const char *name)
{
	return path_join(b->stage, name);
}

void backup_free(struct backup *b)
{
	dump_end(&b->dump);
	manifest_head_free(&b->head);
	lastbackup_free(&b->now);
	lastbackup_free(&b->last);
	chain_free(&b->chain);
	repository_free(&b->repository);
	appliance_free(&b->a);
	volumes_free(&b->volumes);
	free(b->stage);
	free(b->newest);
	*b = (struct backup){0};
}

int backup_remove_stage(const struct backup *b, struct error *e)
{
	return file_exists(b->stage) ? file_remove_tree(b->stage, e) : 0;
}

int backup_remove_snapshot(const struct backup *b, struct error *e)
{
	const struct storage_volume *v = backup_files(b);

	if (volumes_check_unused(v, BACKUP_SNAPSHOT, NULL, e) != 0)
		return -1;
	return v->driver->remove(v, BACKUP_SNAPSHOT, e);
}
