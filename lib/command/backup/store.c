/* SPDX-License-Identifier: MIT */
#include "command/backup/backup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/gauges.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "command/backup/stage.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/namespace.h"
#include "wrap/http.h"

enum {
	SHRINK = 20,           /* percent that rows, files and bytes may fall without a question */
	SAMPLE = 4,            /* files that are read back beside the manifest */
	SAMPLE_ODD = 4,        /* and those with odd names, if there are any */
	SAMPLE_MAX = 64 << 20, /* bytes of one */
	PING_MS = 20000
};

/* In the vault, but none of the application's. */
static void skip_list(struct strlist *skip)
{
	strlist_add(skip, BACKUP_VAULT "/lost+found");
	strlist_add(skip, BACKUP_VAULT "/" NAME_RESTORE_FOLDER);
	strlist_add(skip, BACKUP_VAULT "/" NAME_SNAPSHOT_FOLDER);
}

static int lay_out(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	CLEANUP(mem_freep) char *vault = backup_staged(b, BACKUP_VAULT), *env = backup_staged(b, BACKUP_ENV);
	const struct str *text = env_source(b->env);

	if (volumes_mount_snapshot(backup_files(b), BACKUP_SNAPSHOT, false, vault, e) != 0)
		return -1;
	/* hours may pass from here on: nobody shall wait for us to unmount the live ones */
	namespace_drop(backup_files(b)->target);
	return file_write(env, text->data, text->len, 0600, e);
}

static int write_manifest(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	CLEANUP(mem_freep) char *path = backup_staged(b, MANIFEST_NAME);
	CLEANUP(mem_freep) char *last = path_root(b->root, NAME_BACKUP_MANIFEST);
	CLEANUP(strlist_free) struct strlist skip = {0};
	/* of one from the future nobody knows what was changed since */
	bool fits = b->last.when <= b->now.when && file_exists(last);

	skip_list(&skip);
	if (manifest_write(path, &b->head, &(struct manifest_source){b->stage, &skip, fits ? last : NULL}, &b->totals,
			   e) != 0)
		return -1;
	b->now.files = b->totals.files;
	b->now.bytes = b->totals.bytes;
	b->now.rows = chain_lasting_rows(&b->head);
	log_detail("%lld files, %lld bytes; digests of %lld files were known", b->totals.files,
		   b->totals.bytes, b->totals.reused);
	return 0;
}

static int check_fall(const char *what, long long before, long long now, struct error *e)
{
	if (now >= before - before / 100 * SHRINK - before % 100 * SHRINK / 100)
		return 0;
	return error_set(e, EXIT_FAILED, "%lld %s, %lld in the last backup: if that is right, "
			 "run 'ecs-backup --accept-shrink'", now, what, before);
}

static int compare_last(void *ctx, struct error *e)
{
	struct backup *b = ctx;

	if (check_fall("files", b->last.files, b->now.files, e) != 0 ||
	    check_fall("bytes of files", b->last.bytes - b->last.dump, b->now.bytes - b->now.dump, e) != 0)
		return -1;
	return check_fall("rows", b->last.rows, b->now.rows, e);
}

static bool must_compare(const void *ctx)
{
	const struct backup *b = ctx;

	return b->last.when != 0 && !b->accept_shrink;
}

static int sign(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	CLEANUP(mem_freep) char *path = backup_staged(b, MANIFEST_NAME), *sig = backup_staged(b, MANIFEST_SIGNATURE);

	return gpg_sign(&b->repository.key, path, sig, e);
}

static bool can_sign(const void *ctx)
{
	const struct backup *b = ctx;

	return b->repository.key.signs && b->repository.key.secret;
}

static int store(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	struct driver *g = &b->repository.driver;
	CLEANUP(strlist_free) struct strlist skip = {0};
	long long began = clock_ms();

	skip_list(&skip);
	if (b->last.ms)
		log_progress("%lld files, %lld MB; the last backup took %lld s in all", b->totals.files,
			     b->totals.bytes >> 20, b->last.ms / 1000);
	if (g->table->backup(g, b->stage, &skip, e) != 0)
		return error_context(e, "'%s'", b->repository.shown);
	log_detail("%s took %lld ms", g->table->name, clock_ms() - began);
	return 0;
}

/* The backup that was just made: the last in order, and not the one that was it before. */
static int find_own(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	struct driver *g = &b->repository.driver;
	CLEANUP(driver_points_free) struct driver_points points = {0};
	const struct driver_point *p;

	if (g->table->list(g, &points, e) != 0)
		return -1;
	p = chain_newest(&points);
	if (!p || (b->newest && strcmp(p->id, b->newest) == 0) || (p->sequence && p->sequence != b->now.sequence))
		return error_set(e, EXIT_FAILED, "'%s' does not list the backup that was just stored there",
				 b->repository.shown);
	b->now.point = mem_dup(p->id);
	if (!b->repository.readable)
		log_warn("nothing can be read back: appliance.backup.encrypt has no private key");
	return 0;
}

static bool can_read_back(const void *ctx)
{
	return ((const struct backup *)ctx)->repository.readable;
}

/* Reads NAME back into the folder DIR and compares it. */
static int read_one(struct backup *b, const char *dir, const char *name, const char *digest, struct error *e)
{
	struct driver *g = &b->repository.driver;
	struct driver_point point = {.id = b->now.point};
	CLEANUP(mem_freep) char *to = path_join(dir, "file");
	char got[65];
	long long size;

	if (driver_restore(g, &point, name, to, S_IFREG, e) != 0 || manifest_digest(to, got, &size, e) != 0)
		return error_context(e, "reading '%s' back", name);
	if (unlink(to) != 0)
		return error_errno(e, EX_IOERR, "cannot remove '%s'", to);
	if (strcmp(got, digest) != 0)
		return error_set(e, EXIT_FAILED, "'%s' came back with different content: the backup is not usable",
				 name);
	b->now.read_back++;
	return 0;
}

static int read_sample(struct backup *b, const char *dir, struct error *e)
{
	CLEANUP(mem_freep) char *manifest = backup_staged(b, MANIFEST_NAME);
	const struct manifest_sample wanted = {BACKUP_VAULT, SAMPLE_MAX, SAMPLE, SAMPLE_ODD};
	struct manifest_entry sample[SAMPLE + SAMPLE_ODD];
	char digest[65];
	long long size;
	size_t found;
	int r;

	if (manifest_digest(manifest, digest, &size, e) != 0 ||
	    read_one(b, dir, MANIFEST_NAME, digest, e) != 0)
		return -1;
	r = manifest_sample(manifest, &wanted, sample, &found, e);
	for (size_t i = 0; i < found; i++) {
		if (r == 0)
			r = read_one(b, dir, sample[i].path, sample[i].digest, e);
		manifest_entry_free(&sample[i]);
	}
	return r;
}

static int read_back(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	CLEANUP(mem_freep) char *dir = mem_format("%s.sample", b->stage);
	struct error ignored = {0};
	int r;

	if (file_exists(dir) && file_remove_tree(dir, e) != 0)
		return -1;
	if (file_mkdirs(dir, 0700, e) != 0)
		return -1;
	r = read_sample(b, dir, e);
	file_remove_tree(dir, &ignored);
	return r;
}

static void write_metrics(const struct backup *b)
{
	const struct gauge all[] = {
		{"ecs_backup_instant_seconds", "The time of the state that the last good backup holds.", b->now.when},
		{"ecs_backup_files", "Files in it.", b->now.files},
		{"ecs_backup_bytes", "Bytes of all files in it.", b->now.bytes},
		{"ecs_backup_dump_bytes", "Bytes of the dump in it.", b->now.dump},
		{"ecs_backup_rows", "Rows in it.", b->now.rows},
		{"ecs_backup_read_back", "Files of it that were read back and compared.", b->now.read_back},
		{"ecs_backup_pause_milliseconds", "How long the application was paused.", b->now.pause_ms},
		{"ecs_backup_milliseconds", "How long it took in all.", b->now.ms},
	};

	gauges_write(b->root, "ecs-backup-last.prom", all, sizeof all / sizeof *all);
}

static int record(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	CLEANUP(mem_freep) char *manifest = backup_staged(b, MANIFEST_NAME);
	CLEANUP(mem_freep) char *kept = path_root(b->root, NAME_BACKUP_MANIFEST);

	if (file_copy(manifest, kept, 0600, e) != 0)
		return -1;
	b->now.target = mem_dup(b->repository.id);
	b->now.shown = mem_dup(b->repository.shown);
	b->now.driver = mem_dup(b->repository.driver.table->name);
	b->now.ms = clock_ms() - b->began;
	if (lastbackup_write(b->root, &b->now, e) != 0)
		return -1;
	b->stored = true;
	write_metrics(b);
	return 0;
}

static int forget(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	struct driver *g = &b->repository.driver;

	if (g->table->forget(g, e) != 0)
		return error_append(e, "the backup itself is stored and good");
	return 0;
}

/* These have no journal: what a kill leaves is removed by the next run, and nothing else waits for it. */
static const struct flow_step store_steps[] = {
	{.name = "lay files, dump and env.yml side by side", .act = lay_out},
	{.name = "write the manifest", .act = write_manifest},
	{.name = "compare with the last backup", .act = compare_last, .when = must_compare},
	{.name = "sign the manifest", .act = sign, .when = can_sign},
	{.name = "store all of it", .act = store},
	{.name = "find it at the target", .act = find_own},
	{.name = "read a sample back", .act = read_back, .when = can_read_back},
	{.name = "record the backup", .act = record},
	{.name = "forget what is too old", .act = forget, .turn = FLOW_STAND},
};

static const struct flow store_flow = {"backup-store", store_steps, sizeof store_steps / sizeof *store_steps};

static int cleanup_run(struct backup *b, struct error *e)
{
	CLEANUP(mem_freep) char *vault = backup_staged(b, BACKUP_VAULT);

	if (volumes_unmount_snapshot(backup_files(b), BACKUP_SNAPSHOT, vault, e) != 0 || backup_remove_stage(b, e) != 0)
		return -1;
	return backup_remove_snapshot(b, e);
}

/* A dead man's ping: who waits for it learns of a backup that never ran. */
static void ping(const struct backup *b)
{
	const char *url = env_text(b->env, "appliance.backup.ping");
	struct http_request request = {.method = "GET", .url = url, .timeout_ms = PING_MS, .max = 1 << 16};
	CLEANUP(http_free) struct http_reply reply = {0};
	struct error e = {0};

	if (*url == '\0')
		return;
	if (http_fetch(&request, &reply, &e) != 0)
		log_warn("appliance.backup.ping: %s", e.text);
	else if (reply.status / 100 != 2) /* we follow no redirect, so nobody there has heard of it */
		log_warn("appliance.backup.ping answered with status %ld", reply.status);
}

int backup_store(struct backup *b, struct error *e)
{
	struct error later = {0};
	int r = flow_walk(&store_flow, b, NULL, e);

	if (r != 0 && e->code < EXIT_SIGNAL && e->code != EXIT_HALFWAY)
		e->code = EXIT_FAILED; /* the first half was done */
	if (cleanup_run(b, &later) != 0)
		log_warn("cannot clean up: %s: the next backup tries again", later.text);
	if (b->stored)
		ping(b);
	return r;
}

void backup_print(const struct backup *b, FILE *to)
{
	flow_print(&backup_flow, b, to);
	flow_print(&store_flow, b, to);
}

void backup_say(const struct backup *b)
{
	log_say("%lld files (%lld MB, the dump %lld MB) and %lld rows to '%s' in %lld s; %lld files read back; the "
		"application was paused for %lld ms",
		b->now.files, b->now.bytes >> 20, b->now.dump >> 20, b->now.rows, b->repository.shown,
		b->now.ms / 1000, b->now.read_back, b->now.pause_ms);
}
