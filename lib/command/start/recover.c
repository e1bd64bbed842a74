/* SPDX-License-Identifier: MIT */
#include "command/start/recover.h"

#include "base/names.h"
#include "base/path.h"
#include "appliance/backup/fetch.h"
#include "appliance/volume/vault.h"
#include "sys/file.h"

static int check_empty(const struct restore *r, struct error *e)
{
	int empty = vault_is_empty(r->vault, e);

	if (empty == 0)
		return error_set(e, EXIT_FAILED, "the vault '%s' is not empty: files would be mixed with those of "
				 "the backup", r->vault);
	return empty < 0 ? -1 : 0;
}

static int fetch_both(struct restore *r, const struct env *env, int major, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_root(r->root, NAME_RESTORE);

	r->files = r->database = true;
	if (fetch_choose(r, env, dir, e) != 0 || check_empty(r, e) != 0 || fetch_check_rooms(r, e) != 0 ||
	    fetch_check_major(r, major, e) != 0 || fetch_beside(r, e) != 0)
		return -1;
	return fetch_dump(r, e);
}

int recover_fetch(struct restore *r, const struct env *env, int major, struct error *e)
{
	CLEANUP(file_closep) int lock = repository_lock(r->root, "ecs-start", 0, e);

	return lock < 0 ? -1 : fetch_both(r, env, major, e);
}

bool recover_is_left(const char *root)
{
	CLEANUP(restore_free) struct restore r = {.root = root};
	CLEANUP(mem_freep) char *in = NULL;

	fetch_set_paths(&r);
	in = fetch_path(&r, FETCH_MOVING);
	return file_exists(in);
}

int recover_forget(const char *root, struct error *e)
{
	CLEANUP(restore_free) struct restore r = {.root = root};

	fetch_set_paths(&r);
	return fetch_forget(&r, e);
}

int recover_fill(const char *root, struct error *e)
{
	CLEANUP(restore_free) struct restore r = {.root = root};

	CLEANUP(mem_freep) char *new = NULL, *in = NULL;

	fetch_set_paths(&r);
	new = fetch_path(&r, "new");
	in = fetch_path(&r, FETCH_MOVING);
	if (check_empty(&r, e) != 0 || file_rename(new, in, e) != 0)
		return -1;
	return vault_move(in, r.vault, e);
}

int recover_empty(const char *root, struct error *e)
{
	CLEANUP(restore_free) struct restore r = {.root = root};

	CLEANUP(mem_freep) char *in = NULL;

	fetch_set_paths(&r);
	in = fetch_path(&r, FETCH_MOVING); /* without it nothing was moved in: what is in the vault is somebody else's */
	return file_exists(in) ? vault_move(r.vault, in, e) : 0;
}
