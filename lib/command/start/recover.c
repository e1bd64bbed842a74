/* SPDX-License-Identifier: MIT */
#include "command/start/recover.h"

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

static int fetch_both(struct fetched *f, const struct env *env, int major, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_root(f->root, NAME_RESTORE);

	f->files = f->database = true;
	if (fetch_choose(f, env, dir, e) != 0 || check_empty(f, e) != 0 || fetch_check_rooms(f, e) != 0 ||
	    fetch_check_major(f, major, e) != 0 || fetch_beside(f, e) != 0)
		return -1;
	return fetch_dump(f, e);
}

int recover_fetch(struct fetched *f, const struct env *env, int major, struct error *e)
{
	CLEANUP(file_closep) int lock = repository_lock(f->root, "ecs-start", 0, e);

	return lock < 0 ? -1 : fetch_both(f, env, major, e);
}

bool recover_is_left(const char *root)
{
	CLEANUP(fetched_free) struct fetched f = {.root = root};
	CLEANUP(mem_freep) char *in = NULL;

	fetch_set_paths(&f);
	in = fetch_path(&f, FETCH_MOVING);
	return file_exists(in);
}

int recover_forget(const char *root, struct error *e)
{
	CLEANUP(fetched_free) struct fetched f = {.root = root};

	fetch_set_paths(&f);
	return fetch_forget(&f, e);
}

int recover_fill(const char *root, struct error *e)
{
	CLEANUP(fetched_free) struct fetched f = {.root = root};
	CLEANUP(mem_freep) char *new = NULL, *in = NULL;

	fetch_set_paths(&f);
	new = fetch_path(&f, "new");
	in = fetch_path(&f, FETCH_MOVING);
	if (check_empty(&f, e) != 0 || file_rename(new, in, e) != 0)
		return -1;
	return vault_move(in, f.vault, e);
}

int recover_empty(const char *root, struct error *e)
{
	CLEANUP(fetched_free) struct fetched f = {.root = root};
	CLEANUP(mem_freep) char *in = NULL;

	fetch_set_paths(&f);
	in = fetch_path(&f, FETCH_MOVING); /* without it nothing was moved in: what is in the vault is somebody else's */
	return file_exists(in) ? vault_move(f.vault, in, e) : 0;
}
