/* SPDX-License-Identifier: MIT */
#include "flow/backup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "flow/guard.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/namespace.h"
#include "sys/walk.h"
#include "wrap/http.h"
#include "wrap/json.h"

#define SNAPSHOT "BACKUP"

enum {
	PAUSE_MAX = 30,         /* seconds that the application may stand still */
	SNAPSHOT_S = 7 * 86400, /* after that a lost one may go by itself */
	SHRINK = 20,            /* percent that rows, files and bytes may fall without a question */
	FRESH_S = 36 * 3600,    /* a nightly backup that is older was missed */
	SAMPLE = 4,             /* files that are read back beside the manifest */
	SAMPLE_MAX = 64 << 20,  /* bytes of one */
	PING_MS = 20000
};

/* In the vault, but none of the application's. */
static void skip_list(struct strlist *skip)
{
	strlist_add(skip, BACKUP_VAULT "/lost+found");
	strlist_add(skip, BACKUP_VAULT "/" NAME_RESTORE_FOLDER);
	strlist_add(skip, BACKUP_VAULT "/" NAME_SNAPSHOT_FOLDER);
}

static const struct storage_volume *files_of(const struct backup *b)
{
	return volumes_get(&b->volumes, VOLUME_FILES);
}

static char *staged(const struct backup *b, const char *name)
{
	return path_join(b->stage, name);
}

/* --- before anything begins --------------------------------------------------------------------- */

/* The target answers, and what a killed run left there is removed. */
static int look_at_depot(struct backup *b, struct error *e)
{
	struct engine *g = &b->depot.engine;
	struct engine_points points;

	if (g->driver->clean(g, e) != 0 || g->driver->list(g, &points, e) != 0)
		return error_context(e, "'%s'", b->depot.shown);
	if (points.count)
		b->newest = mem_dup(points.item[points.count - 1].id);
	engine_points_free(&points);
	if (b->newest == NULL && g->known)
		return error_set(e, EX_UNAVAILABLE, "'%s' holds no backup, though one was made there: is this the "
				 "right place? If so, remove '%s%s'", b->depot.shown, b->root, NAME_BACKUP_LAST);
	return 0;
}

int backup_open(const char *root, const struct env *env, struct backup *b, struct error *e)
{
	*b = (struct backup){.root = root, .env = env, .stage = path_root(root, NAME_STAGE)};
	b->began = clock_ms();
	depot_last_read(root, &b->last);
	if (volumes_find(root, VOLUME_FILES, &b->volumes, e) != 0 ||
	    volumes_check(&b->volumes, VOLUME_FILES, e) != 0 || appliance_open(root, env, &b->a, e) != 0 ||
	    database_ready(&b->a.database, e) != 0 ||
	    depot_open(root, env, NULL, true, &b->depot, e) != 0)
		return -1;
	return look_at_depot(b, e);
}

void backup_free(struct backup *b)
{
	dump_end(&b->dump);
	manifest_head_free(&b->head);
	depot_last_free(&b->now);
	depot_last_free(&b->last);
	depot_close(&b->depot);
	appliance_close(&b->a);
	volumes_free(&b->volumes);
	free(b->stage);
	free(b->newest);
	*b = (struct backup){0};
}

/* --- the first half ----------------------------------------------------------------------------- */

static int found_file(void *arg, const struct walk_item *item, struct error *e)
{
	bool *found = arg;

	if (!S_ISREG(item->st->st_mode))
		return 0;
	*found = true;
	return error_set(e, EXIT_FAILED, "one is enough");
}

static int assert_filled(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	CLEANUP(strlist_free) struct strlist skip = {0};
	bool found = false;
	int filled;

	strlist_add(&skip, NAME_RESTORE_FOLDER);
	strlist_add(&skip, NAME_SNAPSHOT_FOLDER);
	if (walk_tree(files_of(b)->target, &skip, found_file, &found, e) != 0 && !found)
		return -1;
	if (!found)
		return error_set(e, EXIT_FAILED, "the vault '%s' is empty", files_of(b)->target);
	filled = dump_filled(&b->a.database, e);
	if (filled < 0)
		return -1;
	return filled ? 0 : error_set(e, EXIT_FAILED, "the database '%s' is empty", b->a.database.name);
}

/* Nothing of it is mounted: mounts of a run end with it. */
static int remove_stage(const struct backup *b, struct error *e)
{
	return file_exists(b->stage) ? file_remove_tree(b->stage, e) : 0;
}

static int remove_snapshot(const struct backup *b, struct error *e)
{
	const struct storage_volume *v = files_of(b);

	if (volumes_check_unused(v, SNAPSHOT, NULL, e) != 0)
		return -1;
	return v->driver->remove(v, SNAPSHOT, e);
}

static int clear(void *ctx, struct error *e)
{
	struct backup *b = ctx;

	if (dump_stop(&b->a.database, e) != 0 || remove_stage(b, e) != 0 || remove_snapshot(b, e) != 0)
		return -1;
	return files_of(b)->driver->room(files_of(b), 0, e);
}

/* What is written before the pause is not written in it. */
static void flush(const struct storage_volume *v)
{
	CLEANUP(file_closep) int fd = open(v->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && syncfs(fd) != 0)
		log_detail("cannot flush '%s' beforehand", v->target);
}

static int take_both(struct backup *b, struct error *e)
{
	const struct storage_volume *v = files_of(b);

	b->now.when = clock_now();
	if (v->driver->create(v, SNAPSHOT, false, b->now.when + SNAPSHOT_S, e) != 0)
		return error_context(e, "snapshot of '%s'", v->name);
	return dump_begin(&b->a.database, &b->dump, e);
}

static int take(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	struct guard_site site = guard_containers(b->root);
	struct guard guard;
	struct error later = {0};
	int r;

	flush(files_of(b));
	if (guard_begin(&guard, &site, PAUSE_MAX, e) != 0)
		return -1;
	r = take_both(b, e);
	if (guard_end(&guard, &b->now.pause_ms, &later) == 0)
		return r;
	if (r == 0)
		*e = later;
	else
		error_append(e, "%s", later.text);
	return -1;
}

static int untake(void *ctx, struct error *e)
{
	struct backup *b = ctx;

	dump_end(&b->dump);
	return remove_snapshot(b, e);
}

static char *database_container(const struct backup *b, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (appliance_containers(b->root, &list, e) != 0)
		return NULL;
	appliance_pick(&list, COMPOSE_DATABASE, true, &ids);
	if (ids.count != 1) {
		error_set(e, EX_UNAVAILABLE, "the container of the database does not run");
		return NULL;
	}
	return mem_dup(ids.item[0]);
}

static int dump_database(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	CLEANUP(mem_freep) char *container = database_container(b, e);
	CLEANUP(mem_freep) char *path = staged(b, BACKUP_DUMP);
	CLEANUP(mem_freep) char *dir = path_dir(path);
	struct stat st;

	if (container == NULL || file_mkdirs(dir, 0700, e) != 0 ||
	    dump_write(&b->dump, &b->a.database, container, path, e) != 0)
		return -1;
	if (stat(path, &st) != 0)
		return error_errno(e, EX_IOERR, "'%s'", path);
	b->now.dump = st.st_size;
	return 0;
}

/* Where the server does not run any more, nothing of ours runs in it. */
static int undump(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	struct error gone = {0};

	if (database_ready(&b->a.database, &gone) == 0 && dump_stop(&b->a.database, e) != 0)
		return -1;
	return remove_stage(b, e);
}

static int count(void *ctx, struct error *e)
{
	struct backup *b = ctx;

	b->head.when = b->now.when;
	b->head.suite = mem_dup(ECS_VERSION);
	b->head.revision = mem_dup(b->a.revision);
	b->head.branch = mem_dup(b->a.branch);
	b->head.database = mem_dup(b->a.database.name);
	b->head.dump = mem_dup(BACKUP_DUMP);
	if (database_heads(&b->a.database, &b->head.heads, e) != 0 ||
	    dump_count(&b->dump, &b->head, e) != 0)
		return -1;
	dump_end(&b->dump);
	return 0;
}

static const struct flow_step take_steps[] = {
	{.name = "assert that vault and database are not empty", .act = assert_filled},
	{.name = "remove what a killed backup left", .act = clear},
	{.name = "take files and rows of one instant", .act = take, .undo = untake,
	 .undo_name = "remove the snapshot " SNAPSHOT},
	{.name = "dump the database", .act = dump_database, .undo = undump,
	 .undo_name = "end the dump and remove it"},
	{.name = "count the rows", .act = count},
};

const struct flow backup_flow = {"backup", take_steps, sizeof take_steps / sizeof *take_steps};

int backup_take(struct backup *b, struct error *e)
{
	struct flow_facts facts = {0};
	CLEANUP(mem_freep) char *volumes = volumes_save(&b->volumes);
	int r;

	flow_facts_set(&facts, "volumes", volumes);
	flow_facts_set(&facts, "database", b->a.database.name);
	r = flow_run(&backup_flow, b, b->root, &facts, e);
	flow_facts_free(&facts);
	return r;
}

void *backup_resume(const char *root, const struct flow_facts *facts, struct error *e)
{
	const char *volumes = flow_facts_get(facts, "volumes"), *name = flow_facts_get(facts, "database");
	struct backup *b = mem_alloc(sizeof *b);

	b->root = root;
	b->stage = path_root(root, NAME_STAGE);
	if (volumes && name) {
		appliance_database(root, name, &b->a.database);
		if (volumes_load(root, volumes, &b->volumes, e) == 0)
			return b;
	} else {
		error_set(e, EX_SOFTWARE, "the journal does not tell the volume of the backup");
	}
	backup_close(b);
	return NULL;
}

void backup_close(void *ctx)
{
	backup_free(ctx);
	free(ctx);
}

/* --- the second half ---------------------------------------------------------------------------- */

static int lay_out(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	CLEANUP(mem_freep) char *vault = staged(b, BACKUP_VAULT), *env = staged(b, BACKUP_ENV);
	const struct str *text = env_source(b->env);

	if (volumes_mount_snapshot(files_of(b), SNAPSHOT, false, vault, e) != 0)
		return -1;
	/* hours may pass from here on: nobody shall wait for us to unmount the live ones */
	namespace_drop(files_of(b)->target);
	return file_write(env, text->data, text->len, 0600, e);
}

static int write_manifest(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	CLEANUP(mem_freep) char *path = staged(b, MANIFEST_NAME);
	CLEANUP(mem_freep) char *last = path_root(b->root, NAME_BACKUP_MANIFEST);
	CLEANUP(strlist_free) struct strlist skip = {0};

	skip_list(&skip);
	if (manifest_write(path, &b->head, b->stage, &skip, file_exists(last) ? last : NULL, &b->totals, e) != 0)
		return -1;
	log_detail("%lld files, %lld bytes; digests of %lld files were known", b->totals.files,
		   b->totals.bytes, b->totals.reused);
	return 0;
}

/* Rows but for those that come and go by the night. */
static long long lasting_rows(const struct manifest_head *h)
{
	long long rows = h->rows;

	for (size_t i = 0; i < h->tables; i++)
		if (str_ends(h->table[i].name, ".django_session"))
			rows -= h->table[i].rows;
	return rows;
}

static int check_fall(const char *what, long long before, long long now, struct error *e)
{
	if (now >= before - before / 100 * SHRINK - before % 100 * SHRINK / 100)
		return 0;
	return error_set(e, EXIT_FAILED, "%lld %s, %lld in the last backup: if that is right, "
			 "run it with --accept-shrink", now, what, before);
}

static int compare_last(void *ctx, struct error *e)
{
	struct backup *b = ctx;

	b->now.files = b->totals.files;
	b->now.bytes = b->totals.bytes;
	b->now.rows = lasting_rows(&b->head);
	if (b->last.when == 0 || b->accept_shrink)
		return 0;
	if (check_fall("files", b->last.files, b->now.files, e) != 0 ||
	    check_fall("bytes of files", b->last.bytes - b->last.dump, b->now.bytes - b->now.dump, e) != 0)
		return -1;
	return check_fall("rows", b->last.rows, b->now.rows, e);
}

static int sign(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	CLEANUP(mem_freep) char *path = staged(b, MANIFEST_NAME), *sig = staged(b, MANIFEST_SIGNATURE);

	return gpg_sign(&b->depot.key, path, sig, e);
}

static bool can_sign(const void *ctx)
{
	const struct backup *b = ctx;

	return b->depot.key.signs && b->depot.key.secret;
}

static int store(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	struct engine *g = &b->depot.engine;
	CLEANUP(strlist_free) struct strlist skip = {0};
	long long began = clock_ms();

	skip_list(&skip);
	if (b->last.ms)
		log_progress("%lld files, %lld MB; the last backup took %lld s in all", b->totals.files,
			     b->totals.bytes >> 20, b->last.ms / 1000);
	if (g->driver->backup(g, b->stage, &skip, e) != 0)
		return error_context(e, "'%s'", b->depot.shown);
	log_detail("%s took %lld ms", g->driver->name, clock_ms() - began);
	return 0;
}

/* The backup that was just made: the newest, and not the one that was it before. */
static int find_own(struct backup *b, struct error *e)
{
	struct engine *g = &b->depot.engine;
	struct engine_points points;
	const struct engine_point *p;

	if (g->driver->list(g, &points, e) != 0)
		return -1;
	p = points.count ? &points.item[points.count - 1] : NULL;
	if (p && !(b->newest && strcmp(p->id, b->newest) == 0))
		b->now.point = mem_dup(p->id);
	engine_points_free(&points);
	if (b->now.point == NULL)
		return error_set(e, EXIT_FAILED, "'%s' does not show the backup that was just stored there",
				 b->depot.shown);
	return 0;
}

/* Reads NAME back into the folder DIR and compares it. */
static int read_one(struct backup *b, const char *dir, const char *name, const char *digest, struct error *e)
{
	struct engine *g = &b->depot.engine;
	struct engine_point point = {.id = b->now.point};
	CLEANUP(mem_freep) char *to = path_join(dir, "file");
	char got[65];
	long long size;

	if (g->driver->restore(g, &point, name, to, e) != 0 || manifest_digest(to, got, &size, e) != 0)
		return error_context(e, "reading '%s' back", name);
	if (unlink(to) != 0)
		return error_errno(e, EX_IOERR, "cannot remove '%s'", to);
	if (strcmp(got, digest) != 0)
		return error_set(e, EXIT_FAILED, "'%s' came back with another content: the backup is no good",
				 name);
	b->now.read_back++;
	return 0;
}

static int read_sample(struct backup *b, const char *dir, struct error *e)
{
	CLEANUP(mem_freep) char *manifest = staged(b, MANIFEST_NAME);
	struct manifest_entry sample[SAMPLE];
	char digest[65];
	long long size;
	size_t found;
	int r;

	if (manifest_digest(manifest, digest, &size, e) != 0 ||
	    read_one(b, dir, MANIFEST_NAME, digest, e) != 0)
		return -1;
	r = manifest_sample(manifest, BACKUP_VAULT, SAMPLE, SAMPLE_MAX, sample, &found, e);
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

	if (find_own(b, e) != 0)
		return -1;
	if (!b->depot.readable) {
		log_warn("nothing could be read back: appliance.backup.encrypt has no private key");
		return 0;
	}
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
	CLEANUP(mem_freep) char *path = mem_format("%s%s/ecs-backup-last.prom", b->root, NAME_METRICS_DIR);
	CLEANUP(mem_freep) char *dir = path_dir(path);
	CLEANUP(str_free) struct str text = {0};
	struct error e = {0};
	const struct {
		const char *name, *help;
		long long value;
	} all[] = {
		{"ecs_backup_instant_seconds", "The instant that the last good backup is of.", b->now.when},
		{"ecs_backup_files", "Files in it.", b->now.files},
		{"ecs_backup_bytes", "Bytes of all files in it.", b->now.bytes},
		{"ecs_backup_dump_bytes", "Bytes of the dump in it.", b->now.dump},
		{"ecs_backup_rows", "Rows in it.", b->now.rows},
		{"ecs_backup_read_back", "Files of it that were read back and compared.", b->now.read_back},
		{"ecs_backup_pause_milliseconds", "How long the application stood still.", b->now.pause_ms},
		{"ecs_backup_milliseconds", "How long it took in all.", b->now.ms},
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		str_addf(&text, "# HELP %s %s\n# TYPE %s gauge\n%s %lld\n", all[i].name, all[i].help,
			 all[i].name, all[i].name, all[i].value);
	if (file_mkdirs(dir, 0755, &e) != 0 || file_write_quick(path, text.data, text.len, 0644, &e) != 0)
		log_warn("metrics: %s", e.text);
}

static int record(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	CLEANUP(mem_freep) char *manifest = staged(b, MANIFEST_NAME);
	CLEANUP(mem_freep) char *kept = path_root(b->root, NAME_BACKUP_MANIFEST);

	if (file_copy(manifest, kept, 0600, e) != 0)
		return -1;
	b->now.target = mem_dup(b->depot.id);
	b->now.shown = mem_dup(b->depot.shown);
	b->now.engine = mem_dup(b->depot.engine.driver->name);
	b->now.ms = clock_ms() - b->began;
	if (depot_last_write(b->root, &b->now, e) != 0)
		return -1;
	b->stored = true;
	write_metrics(b);
	return 0;
}

static int forget(void *ctx, struct error *e)
{
	struct backup *b = ctx;
	struct engine *g = &b->depot.engine;

	if (g->driver->forget(g, e) != 0)
		return error_append(e, "the backup itself is stored and good");
	return 0;
}

/* These have no journal: what a kill leaves is removed by the next run, and nothing else waits for it. */
static const struct flow_step store_steps[] = {
	{.name = "lay files, dump and env.yml side by side", .act = lay_out},
	{.name = "write the manifest", .act = write_manifest},
	{.name = "compare with the last backup", .act = compare_last},
	{.name = "sign the manifest", .act = sign, .when = can_sign},
	{.name = "store all of it", .act = store},
	{.name = "read a sample back", .act = read_back},
	{.name = "record the backup", .act = record},
	{.name = "forget what is too old", .act = forget, .turn = FLOW_STAND},
};

static const struct flow store_flow = {"backup-store", store_steps, sizeof store_steps / sizeof *store_steps};

static int walk_store(struct backup *b, struct error *e)
{
	for (size_t i = 0; i < store_flow.count; i++) {
		const struct flow_step *step = &store_steps[i];
		long long began = clock_ms();

		if (step->when && !step->when(b))
			continue;
		log_progress("%s", step->name);
		if (step->act(b, e) != 0) {
			error_context(e, "%s", step->name);
			if (e->code < EXIT_SIGNAL)
				e->code = step->turn == FLOW_STAND ? EXIT_HALFWAY : EXIT_FAILED;
			return -1;
		}
		log_detail("%s: done in %lld ms", step->name, clock_ms() - began);
	}
	return 0;
}

static int tidy_up(struct backup *b, struct error *e)
{
	CLEANUP(mem_freep) char *vault = staged(b, BACKUP_VAULT);

	if (volumes_unmount_snapshot(files_of(b), SNAPSHOT, vault, e) != 0 || remove_stage(b, e) != 0)
		return -1;
	return remove_snapshot(b, e);
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
		log_warn("appliance.backup.ping answers %ld", reply.status);
}

int backup_store(struct backup *b, struct error *e)
{
	struct error later = {0};
	int r = walk_store(b, e);

	if (tidy_up(b, &later) != 0)
		log_warn("the next backup will have to tidy up: %s", later.text);
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
		"application stood still for %lld ms",
		b->now.files, b->now.bytes >> 20, b->now.dump >> 20, b->now.rows, b->depot.shown,
		b->now.ms / 1000, b->now.read_back, b->now.pause_ms);
}

/* --- asking ------------------------------------------------------------------------------------- */

static int open_to_look(const char *root, const struct env *env, struct depot *d, struct engine_points *p,
			struct error *e)
{
	*p = (struct engine_points){0};
	if (depot_open(root, env, NULL, false, d, e) != 0)
		return -1;
	if (d->engine.driver->list(&d->engine, p, e) == 0)
		return 0;
	return error_context(e, "'%s'", d->shown);
}

static int judge(const struct depot_last *last, const struct depot *d, const struct engine_points *p,
		 struct error *e)
{
	char when[CLOCK_TEXT];

	if (last->when == 0)
		return error_set(e, EXIT_FAILED, "no backup was made yet");
	if (strcmp(last->target, d->id) != 0)
		return error_set(e, EXIT_FAILED, "the last backup went to '%s', not to '%s'", last->shown,
				 d->shown);
	if (last->when < clock_now() - FRESH_S)
		return error_set(e, EXIT_FAILED, "the last backup is of %s", clock_text(last->when, when));
	if (p->count == 0 || strcmp(p->item[p->count - 1].id, last->point) != 0)
		return error_set(e, EXIT_FAILED, "'%s' does not hold the last backup, of %s", d->shown,
				 clock_text(last->when, when));
	if (last->read_back == 0)
		return error_set(e, EXIT_FAILED, "nothing of the last backup was read back");
	return 0;
}

int backup_check(const char *root, const struct env *env, struct error *e)
{
	CLEANUP(depot_last_free) struct depot_last last = {0};
	CLEANUP(engine_points_free) struct engine_points points = {0};
	CLEANUP(depot_close) struct depot d = {0};

	depot_last_read(root, &last);
	if (open_to_look(root, env, &d, &points, e) != 0)
		return -1;
	return judge(&last, &d, &points, e);
}

static void print_json(const struct engine_points *p, FILE *to)
{
	CLEANUP(jv_freep) struct json *all = jv_array();
	CLEANUP(str_free) struct str text = {0};
	char when[CLOCK_TEXT];

	for (size_t i = 0; i < p->count; i++) {
		struct json *one = jv_object();

		jv_set_text(one, "time", clock_text(p->item[i].when, when));
		jv_set_bool(one, "full", p->item[i].full);
		jv_set_text(one, "id", p->item[i].id);
		jv_add(all, one);
	}
	jv_write(all, 1, &text);
	fprintf(to, "%s\n", text.data);
}

int backup_list(const char *root, const struct env *env, bool json, FILE *to, struct error *e)
{
	CLEANUP(engine_points_free) struct engine_points points = {0};
	CLEANUP(depot_close) struct depot d = {0};
	char when[CLOCK_TEXT];

	if (open_to_look(root, env, &d, &points, e) != 0)
		return -1;
	if (json)
		print_json(&points, to);
	for (size_t i = 0; !json && i < points.count; i++)
		fprintf(to, "%s\t%s\t%s\n", clock_text(points.item[i].when, when),
			points.item[i].full ? "full" : "incremental", points.item[i].id);
	return 0;
}
