/* SPDX-License-Identifier: MIT */
#include "appliance/backup/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "appliance/backup/chain.h"
#include "appliance/backup/manifest.h"
#include "appliance/backup/owner.h"
#include "appliance/backup/strip.h"
#include "appliance/backup/verify.h"
#include "appliance/database/dump.h"
#include "appliance/leftovers.h"
#include "appliance/volume/vault.h"
#include "appliance/volume/volumes.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/room.h"
#include "sys/tree.h"

enum { TOLD = 20 }; /* differences that are said; all are listed */

/* --- paths -------------------------------------------------------------------------------------- */

static char *in_dir(const struct fetched *f, const char *name)
{
	return path_join(f->dir, name);
}

char *fetch_dump_path(const struct fetched *f)
{
	return in_dir(f, "dump");
}

void fetch_set_paths(struct fetched *f)
{
	f->vault = volumes_folder(f->root, VOLUMES_FILES);
	f->dir = path_root(f->root, NAME_RESTORE);
}

void fetched_free(struct fetched *f)
{
	repository_free(&f->repository);
	manifest_head_free(&f->head);
	verify_report_free(&f->report);
	free(f->point.id);
	free(f->dir);
	free(f->vault);
	*f = (struct fetched){0};
}

/* How it is said that a backup is to be taken as it is. */
static const char *remedy(const struct fetched *f)
{
	return f->first_boot ? "'recover: {accept_differences: true}' in env.yml" : "'ecs-restore --accept-differences'";
}

static int remove_if(const char *path, struct error *e)
{
	return file_exists(path) ? file_remove_tree(path, e) : 0;
}

/* --- choosing ----------------------------------------------------------------------------------- */

static int find_point(struct fetched *f, struct error *e)
{
	struct driver *g = &f->repository.driver;
	CLEANUP(driver_points_free) struct driver_points points = {0};
	const struct driver_point *p;
	char when[CLOCK_TEXT];

	if (g->table->list(g, &points, e) != 0)
		return error_context(e, "'%s'", f->repository.shown);
	if (points.count == 0)
		return error_set(e, EX_NOINPUT, "'%s' holds no backup", f->repository.shown);
	p = f->time ? driver_find(&points, f->time) : &points.item[points.count - 1];
	if (p == NULL)
		return error_set(e, EX_NOINPUT, "'%s' holds no backup that old: the oldest is from %s",
				 f->repository.shown, clock_text(points.item[0].when, when));
	f->point = *p;
	f->point.id = mem_dup(p->id);
	f->point.appliance = NULL;
	chain_warn_clock(&points, f->repository.shown);
	return 0;
}

static int fetch(struct fetched *f, const char *path, const char *to, struct error *e)
{
	mode_t kind = strcmp(path, BACKUP_VAULT) == 0 ? S_IFDIR : S_IFREG;

	if (driver_restore(&f->repository.driver, &f->point, path, to, kind, e) != 0)
		return error_context(e, "'%s' of the backup", path);
	return 0;
}

/* WHY, which makes nobody certain of what the backup holds, is an error unless that is accepted. */
static int doubt(const struct fetched *f, const struct error *why, struct error *e)
{
	*e = *why;
	if (why->code != EX_DATAERR)
		return -1;
	if (!f->accept)
		return error_append(e, "%s restores it anyway", remedy(f));
	log_warn("%s", e->text);
	*e = (struct error){0};
	return 0;
}

/* Whoever can write to the target can take a signature away: it is missed wherever the key could have made one. */
static int fetch_signature(struct fetched *f, const char *signature, struct error *e)
{
	const struct gpg *key = &f->repository.key;

	if (fetch(f, MANIFEST_SIGNATURE, signature, e) == 0)
		return 0;
	if (e->code == EX_NOINPUT && key->signer && key->secret)
		error_set(e, EX_DATAERR, "the manifest of the backup is not signed, though our key can sign: somebody may have "
			  "changed it at the target");
	return -1;
}

/* restic's own digests, which nobody can make without its password, stand in for a signature. */
static int check_signature(struct fetched *f, const char *manifest, struct error *e)
{
	CLEANUP(mem_freep) char *signature = in_dir(f, MANIFEST_SIGNATURE);
	struct error why = {0};

	if (f->repository.key.home == NULL)
		return 0;
	if (fetch_signature(f, signature, &why) != 0)
		return why.code == EX_NOINPUT ? 0 : doubt(f, &why, e);
	if (gpg_verify(&f->repository.key, manifest, signature, &why) != 0)
		return doubt(f, &why, e);
	f->signed_ = true;
	return 0;
}

/*
 * The older appliance made no manifest, and stored no env.yml. Where this machine stored backups of its own, one without a
 * manifest is what somebody without the key can put there, too.
 */
static int check_older(struct fetched *f, struct error *e)
{
	CLEANUP(mem_freep) char *path = in_dir(f, BACKUP_ENV);
	struct error why = {0};

	if (f->repository.driver.known && f->repository.key.home) {
		error_set(&why, EX_DATAERR, "the backup has no manifest, though earlier backups of this machine have one");
		return doubt(f, &why, e);
	}
	if (fetch(f, BACKUP_ENV, path, &why) == 0) {
		unlink(path);
		return error_set(e, EX_DATAERR, "the backup holds the env.yml but no manifest: it is incomplete");
	}
	if (why.code == EX_NOINPUT)
		return 0;
	*e = why;
	return -1;
}

/* The key of two appliances may be the same, and so whoever can write to the target can give one the backup of the other. */
static int check_owner(const struct fetched *f, struct error *e)
{
	const struct manifest_head *h = &f->head;
	struct error why = {0};

	if (owner_check(f->root, f->repository.id, h->appliance ? h->appliance : "", h->domain ? h->domain : "", &why) == 0)
		return 0;
	return doubt(f, &why, e);
}

static int read_manifest(struct fetched *f, struct error *e)
{
	CLEANUP(mem_freep) char *path = in_dir(f, MANIFEST_NAME);
	struct error why = {0};

	if (fetch(f, MANIFEST_NAME, path, &why) != 0) {
		if (why.code == EX_NOINPUT)
			return check_older(f, e);
		*e = why;
		return -1;
	}
	if (manifest_read(path, &f->head, &f->totals, e) != 0 || check_signature(f, path, e) != 0 || check_owner(f, e) != 0)
		return -1;
	f->known = true;
	return 0;
}

int fetch_choose(struct fetched *f, const struct env *env, const char *dir, struct error *e)
{
	CLEANUP(mem_freep) char *listing = path_root(f->root, f->listing ? f->listing : NAME_RESTORE_LISTING);

	f->began = clock_ms();
	f->vault = volumes_folder(f->root, VOLUMES_FILES);
	f->dir = mem_dup(dir);
	if (repository_open(f->root, env, f->from, REPOSITORY_READ, &f->repository, e) != 0)
		return -1;
	if (file_exists(f->dir) && file_remove_tree(f->dir, e) != 0)
		return -1;
	if (remove_if(listing, e) != 0 || file_mkdirs(f->dir, 0700, e) != 0 || find_point(f, e) != 0)
		return -1;
	return read_manifest(f, e);
}

/* --- checks before anything is touched ---------------------------------------------------------- */

int fetch_check_room(const struct fetched *f, const struct fetch_places *at, struct error *e)
{
	CLEANUP(mem_freep) char *manifest = in_dir(f, MANIFEST_NAME);
	CLEANUP(manifest_entry_free) struct manifest_entry dump = {0};

	if (!f->known)
		return 0;
	if (manifest_find(manifest, BACKUP_DUMP, &dump, e) != 0)
		return error_context(e, "'%s'", f->repository.shown);
	return room_check((struct room_need[]){
		{at->files, f->files ? f->totals.bytes - dump.size : 0},
		{at->database, f->database ? f->head.space : 0},
		{f->dir, f->database ? dump.size : 0},
	}, 3, e);
}

int fetch_check_rooms(const struct fetched *f, struct error *e)
{
	CLEANUP(mem_freep) char *database = volumes_folder(f->root, VOLUMES_DATABASE);

	return fetch_check_room(f, &(struct fetch_places){f->vault, database}, e);
}

int fetch_check_major(const struct fetched *f, int major, struct error *e)
{
	if (!f->known || f->head.major <= major)
		return 0;
	return error_set(e, EX_CONFIG, "the backup is from PostgreSQL %s, but this appliance has %d, which cannot load "
			 "the data of a newer one", f->head.postgres, major);
}

/* --- fetching ----------------------------------------------------------------------------------- */

/* Tells what was found since the first SEEN differences, the worst first, and lists all; refuses where not accepted. */
static int judge(struct fetched *f, long long seen, struct error *e)
{
	struct verify_report *r = &f->report;
	CLEANUP(mem_freep) char *path = path_root(f->root, f->listing ? f->listing : NAME_RESTORE_LISTING);
	CLEANUP(mem_freep) char *dir = path_dir(path);

	if (r->differences == seen)
		return 0;
	verify_sort(r);
	for (size_t i = 0; i < r->count && i < TOLD; i++) {
		CLEANUP(str_free) struct str text = {0};

		verify_format(&r->item[i], &text);
		(f->accept ? log_warn : log_error)("%s", text.data);
	}
	if (file_mkdirs(dir, 0700, e) != 0 || verify_write(r, path, e) != 0)
		return -1;
	if (f->accept)
		return 0;
	return error_set(e, EXIT_FAILED, "%lld %s between the backup and its manifest, listed in '%s'; %s restores it "
			 "anyway", r->differences, r->differences == 1 ? "difference" : "differences", path, remedy(f));
}

static int compare_files(struct fetched *f, const char *to, struct error *e)
{
	CLEANUP(mem_freep) char *manifest = in_dir(f, MANIFEST_NAME);
	long long seen = f->report.differences;

	if (strip_tree(to, &f->report, e) != 0 ||
	    verify_compare(&(struct verify){manifest, BACKUP_VAULT, to, NULL, true}, &f->report, e) != 0 ||
	    judge(f, seen, e) != 0)
		return -1;
	log_detail("%lld files (%lld bytes) match the manifest", f->report.files, f->report.bytes);
	return 0;
}

/* The owners of an older appliance mean nothing here: all goes to the owner of the vault. */
static int adopt(void *arg, const struct tree_item *item, struct error *e)
{
	const struct stat *owner = arg;

	if (fchownat(item->dir, item->name, owner->st_uid, owner->st_gid, AT_SYMLINK_NOFOLLOW) != 0)
		return error_errno(e, EX_IOERR, "cannot change the owner of '%s'", item->path);
	return 0;
}

static int take_over(const struct fetched *f, const char *to, struct error *e)
{
	struct stat owner;
	int empty = file_dir_empty(to, e);

	if (empty != 0)
		return empty < 0 ? -1 : error_set(e, EXIT_FAILED, "the vault in the backup is empty");
	if (stat(f->vault, &owner) != 0)
		return error_errno(e, EX_IOERR, "'%s'", f->vault);
	return strip_tree(to, NULL, e) != 0 ? -1 : tree_walk(to, NULL, adopt, &owner, e);
}

int fetch_files(struct fetched *f, const char *to, struct error *e)
{
	if (fetch(f, BACKUP_VAULT, to, e) != 0)
		return -1;
	if (f->known ? compare_files(f, to, e) != 0 : take_over(f, to, e) != 0)
		return -1;
	return file_sync_all(to, e); /* no driver does: after a power cut they would be names without content */
}

int fetch_dump(struct fetched *f, struct error *e)
{
	CLEANUP(mem_freep) char *to = fetch_dump_path(f), *manifest = in_dir(f, MANIFEST_NAME);
	CLEANUP(manifest_entry_free) struct manifest_entry want = {0};
	char digest[65];
	long long size;

	if (fetch(f, BACKUP_DUMP, to, e) != 0)
		return -1;
	if (!f->known)
		return 0;
	if (manifest_find(manifest, BACKUP_DUMP, &want, e) != 0 || manifest_digest(to, digest, &size, e) != 0)
		return -1;
	if (strcmp(digest, want.digest) == 0)
		return 0;
	verify_add(&f->report, VERIFY_CONTENT, BACKUP_DUMP, want.digest, digest);
	return judge(f, f->report.differences - 1, e);
}

int fetch_check_rows(struct fetched *f, const struct database *d, const char *name, struct error *e)
{
	CLEANUP(strlist_free) struct strlist lines = {0};

	if (!f->known)
		return 0;
	if (dump_compare(d, name, &f->head, &lines, e) != 0)
		return -1;
	for (size_t i = 0; i < lines.count; i++)
		verify_add(&f->report, VERIFY_ROWS, lines.item[i], NULL, NULL);
	return judge(f, f->report.differences - (long long)lines.count, e);
}

/* --- the end ------------------------------------------------------------------------------------ */

int fetch_forget_dump(const struct fetched *f, struct error *e)
{
	(void)e;
	leftovers_discard(f->root, f->dir);
	return 0;
}

void fetch_say(const struct fetched *f)
{
	char when[CLOCK_TEXT];

	log_say("restored from '%s': the state of %s, in %lld s", f->repository.shown,
		clock_text(f->known ? f->head.when : f->point.when, when), (clock_ms() - f->began) / 1000);
	if (!f->known)
		log_warn("the backup has no manifest, so nobody knows whether it is complete");
	else if (!f->signed_ && f->repository.key.home)
		log_warn("its manifest is not signed");
	if (f->report.mended)
		log_say("%lld %s: times, links or attributes that %s does not keep were set from the manifest", f->report.mended,
			f->report.mended == 1 ? "entry" : "entries", f->repository.driver.table->name);
	if (f->report.differences)
		log_warn("%lld %s from the manifest accepted: see '%s%s'", f->report.differences,
			 f->report.differences == 1 ? "difference" : "differences", f->root, f->listing ? f->listing : NAME_RESTORE_LISTING);
}
