/* SPDX-License-Identifier: MIT */
#include "command/start/recover.h"

#include <stdlib.h>

#include "appliance/backup/beside.h"
#include "appliance/backup/chain.h"
#include "base/names.h"
#include "base/path.h"
#include "appliance/volume/vault.h"
#include "sys/file.h"

static int check_empty(const struct fetched *f, struct error *e)
{
	int empty = vault_is_empty(f->vault, e);

	if (empty == 0)
		return error_set(e, EXIT_FAILED, "the vault '%s' is not empty: files would be mixed with those of "
				 "the backup", f->vault);
	return empty < 0 ? -1 : 0;
}

/*
 * What recover_inherit() puts into its place, beneath the folder of what was fetched as if that were a root: it outlives a
 * power cut as long as this does.
 */
static int note_origin(const struct fetched *f, struct error *e)
{
	CLEANUP(owner_free) struct owner owner = {0};
	CLEANUP(lastbackup_free) struct lastbackup last = {
		.when = f->known ? f->head.when : f->point.when, .target = mem_dup(f->repository.id),
		.shown = mem_dup(f->repository.shown), .driver = mem_dup(f->repository.driver.table->name),
		.point = mem_dup(f->point.id), .sequence = f->head.sequence, .appliance = mem_dup(f->head.appliance),
		.recovered = true, .files = f->totals.files, .bytes = f->totals.bytes,
		.rows = chain_lasting_rows(&f->head),
	};
	CLEANUP(mem_freep) char *manifest = path_join(f->dir, MANIFEST_NAME);
	CLEANUP(manifest_entry_free) struct manifest_entry dump = {0};

	if (f->known && manifest_find(manifest, BACKUP_DUMP, &dump, e) != 0)
		return -1;
	last.dump = dump.size;
	if (owner_read(f->dir, &owner, e) != 0)
		return -1;
	if (f->known && driver_is_id(f->head.appliance)) {
		free(owner.appliance);
		owner.appliance = mem_dup(f->head.appliance);
	}
	free(owner.target);
	owner.target = mem_dup(f->repository.id);
	return owner_write(f->dir, &owner, e) != 0 ? -1 : lastbackup_write(f->dir, &last, e);
}

static int fetch_both(struct fetched *f, const struct env *env, int major, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_root(f->root, NAME_RESTORE);

	f->files = f->database = f->first_boot = true;
	f->accept = env_bool(env, "ecs.recover.accept_differences");
	if (fetch_choose(f, env, dir, e) != 0 || check_empty(f, e) != 0 || fetch_check_rooms(f, e) != 0 ||
	    fetch_check_major(f, major, e) != 0 || beside_fetch(f, e) != 0)
		return -1;
	return fetch_dump(f, e) != 0 ? -1 : note_origin(f, e);
}

static int inherit_file(const char *from, const char *root, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *noted = path_root(from, name), *place = path_root(root, name);
	CLEANUP(mem_freep) char *dir = path_dir(place);

	if (!file_exists(noted))
		return 0;
	return file_mkdirs(dir, 0700, e) != 0 ? -1 : file_copy(noted, place, 0600, e);
}

int recover_inherit(const char *root, struct error *e)
{
	CLEANUP(fetched_free) struct fetched f = {.root = root};

	fetch_set_paths(&f);
	if (inherit_file(f.dir, root, NAME_BACKUP_OWNER, e) != 0)
		return -1;
	return inherit_file(f.dir, root, NAME_BACKUP_LAST, e);
}

int recover_fetch(struct fetched *f, const struct env *env, int major, struct error *e)
{
	CLEANUP(file_closep) int lock = repository_lock(f->root, "ecs-start", 0, e);

	return lock < 0 ? -1 : fetch_both(f, env, major, e);
}

/* A folder of that name that is not ours holds nothing that was moved. */
bool recover_is_left(const char *root)
{
	CLEANUP(fetched_free) struct fetched f = {.root = root};
	struct error why = {0};

	fetch_set_paths(&f);
	return beside_has(&f, BESIDE_MOVING, &why) == 1;
}

int recover_forget(const char *root, struct error *e)
{
	CLEANUP(fetched_free) struct fetched f = {.root = root};

	fetch_set_paths(&f);
	return beside_forget(&f, e);
}

int recover_fill(const char *root, struct error *e)
{
	CLEANUP(fetched_free) struct fetched f = {.root = root};

	fetch_set_paths(&f);
	if (check_empty(&f, e) != 0 || beside_rename(&f, BESIDE_NEW, BESIDE_MOVING, e) != 0)
		return -1;
	return beside_move_in(&f, BESIDE_MOVING, e);
}

/* If nothing was moved in, what is in the vault is somebody else's. */
int recover_empty(const char *root, struct error *e)
{
	CLEANUP(fetched_free) struct fetched f = {.root = root};
	int moved;

	fetch_set_paths(&f);
	moved = beside_has(&f, BESIDE_MOVING, e);
	return moved == 1 ? beside_move_out(&f, BESIDE_MOVING, e) : moved;
}
