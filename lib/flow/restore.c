/* SPDX-License-Identifier: MIT */
#include "flow/restore.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "adapter/cron.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "flow/backup.h"
#include "flow/dump.h"
#include "flow/mounted.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/signals.h"
#include "sys/walk.h"

#define CRON_NAME "RESTORE"
#define LOST "lost+found"
#define MOVING "in" /* at the first boot: what is being moved into the vault */

enum { KEEP_S = 7 * 86400, SPARE = 64 << 20 /* bytes that stay free on a volume */ };

/* --- paths -------------------------------------------------------------------------------------- */

/* NAME in the folder of the vault that is ours. */
static char *beside(const struct restore *r, const char *name)
{
	return mem_format("%s/%s/%s", r->vault, NAME_RESTORE_FOLDER, name);
}

static char *in_dir(const struct restore *r, const char *name)
{
	return path_join(r->dir, name);
}

char *restore_dump_path(const struct restore *r)
{
	return in_dir(r, "dump");
}

static char *find_volume(const char *root, const char *name, const char *seed)
{
	char *volume = path_root(root, name);

	if (file_exists(volume))
		return volume;
	free(volume);
	return path_root(root, seed);
}

static char *find_vault(const char *root)
{
	return find_volume(root, NAME_FILES, NAME_FILES_SEED);
}

static void set_paths(struct restore *r)
{
	r->vault = find_vault(r->root);
	r->dir = path_root(r->root, NAME_RESTORE);
}

/* --- what is asked ------------------------------------------------------------------------------ */

bool restore_read_time(const char *text, time_t *time)
{
	static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"};
	size_t digits = strspn(text, "0123456789");

	if (digits && digits < 6 && strcmp(text + digits, "d") == 0) {
		*time = clock_now() - atol(text) * 86400;
		return true;
	}
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct tm tm = {0};
		const char *end = strptime(text, forms[i], &tm);

		if (end == NULL || (*end && strcmp(end, "Z") != 0))
			continue;
		*time = timegm(&tm) + (i == 0 ? 86399 : i == 1 ? 59 : 0);
		return true;
	}
	return false;
}

/* --- choosing ----------------------------------------------------------------------------------- */

static int find_point(struct restore *r, struct error *e)
{
	struct engine *g = &r->depot.engine;
	CLEANUP(engine_points_free) struct engine_points points = {0};
	const struct engine_point *p;
	char when[CLOCK_TEXT];

	if (g->driver->list(g, &points, e) != 0)
		return error_context(e, "'%s'", r->depot.shown);
	if (points.count == 0)
		return error_set(e, EX_NOINPUT, "'%s' holds no backup", r->depot.shown);
	p = r->time ? engine_find(&points, r->time) : &points.item[points.count - 1];
	if (p == NULL)
		return error_set(e, EX_NOINPUT, "'%s' holds no backup as old as that: the first is of %s",
				 r->depot.shown, clock_text(points.item[0].when, when));
	r->point = *p;
	r->point.id = mem_dup(p->id);
	return 0;
}

static int fetch(struct restore *r, const char *path, const char *to, struct error *e)
{
	struct engine *g = &r->depot.engine;

	if (g->driver->restore(g, &r->point, path, to, e) != 0)
		return error_context(e, "'%s' of the backup", path);
	return 0;
}

/* Fetches the signature if there is one and checks it. restic's own digests stand in for it. */
static int check_signature(struct restore *r, const char *manifest, struct error *e)
{
	CLEANUP(mem_freep) char *signature = in_dir(r, MANIFEST_SIGNATURE);
	struct error why = {0};

	if (r->depot.key.home == NULL)
		return 0;
	if (fetch(r, MANIFEST_SIGNATURE, signature, &why) != 0) {
		if (why.code == EX_NOINPUT)
			return 0;
		*e = why;
		return -1;
	}
	if (gpg_verify(&r->depot.key, manifest, signature, e) != 0)
		return -1;
	r->signed_ = true;
	return 0;
}

/* The older appliance made no manifest, and stored no env.yml. */
static int check_older(struct restore *r, struct error *e)
{
	CLEANUP(mem_freep) char *path = in_dir(r, BACKUP_ENV);
	struct error why = {0};

	if (fetch(r, BACKUP_ENV, path, &why) == 0) {
		unlink(path);
		return error_set(e, EX_DATAERR, "the backup is one of ours and lacks its manifest: it is not whole");
	}
	if (why.code == EX_NOINPUT)
		return 0;
	*e = why;
	return -1;
}

static int read_manifest(struct restore *r, struct error *e)
{
	CLEANUP(mem_freep) char *path = in_dir(r, MANIFEST_NAME);
	struct error why = {0};

	if (fetch(r, MANIFEST_NAME, path, &why) != 0) {
		if (why.code == EX_NOINPUT)
			return check_older(r, e);
		*e = why;
		return -1;
	}
	if (manifest_read(path, &r->head, &r->totals, e) != 0 || check_signature(r, path, e) != 0)
		return -1;
	r->known = true;
	return 0;
}

int restore_choose(struct restore *r, const struct env *env, const char *dir, struct error *e)
{
	r->began = clock_ms();
	r->vault = find_vault(r->root);
	r->dir = mem_dup(dir);
	if (depot_open(r->root, env, r->from, false, &r->depot, e) != 0)
		return -1;
	if (file_exists(r->dir) && file_remove_tree(r->dir, e) != 0)
		return -1;
	if (file_mkdirs(r->dir, 0700, e) != 0 || find_point(r, e) != 0)
		return -1;
	return read_manifest(r, e);
}

/* --- checks before anything is touched ---------------------------------------------------------- */

static bool same_volume(const char *one, const char *two)
{
	struct stat a, b;

	return stat(one, &a) == 0 && stat(two, &b) == 0 && a.st_dev == b.st_dev;
}

static int check_room(const char *path, long long bytes, struct error *e)
{
	struct statvfs st;
	long long left;

	if (statvfs(path, &st) != 0)
		return error_errno(e, EX_IOERR, "'%s'", path);
	left = (long long)st.f_bavail * (long long)st.f_frsize - SPARE;
	if (left >= bytes)
		return 0;
	return error_set(e, EX_CANTCREAT, "'%s' has room for %lld MB, and %lld MB are needed", path,
			 (left < 0 ? 0 : left) >> 20, (bytes >> 20) + 1);
}

int restore_check_room(const struct restore *r, const struct restore_places *at, struct error *e)
{
	CLEANUP(mem_freep) char *manifest = in_dir(r, MANIFEST_NAME);
	CLEANUP(manifest_entry_free) struct manifest_entry dump = {0};
	const char *const place[] = {at->files, at->database, r->dir};
	long long need[3] = {0};

	if (!r->known)
		return 0;
	if (manifest_find(manifest, BACKUP_DUMP, &dump, e) != 0)
		return error_context(e, "'%s'", r->depot.shown);
	need[0] = r->files ? r->totals.bytes - dump.size : 0;
	need[1] = r->database ? r->head.space : 0;
	need[2] = r->database ? dump.size : 0;
	for (size_t i = 0; i < 3; i++) { /* those of one file system share its room */
		long long sum = 0;
		bool first = true;

		for (size_t k = 0; k < 3; k++) {
			if (!same_volume(place[i], place[k]))
				continue;
			first = first && k >= i;
			sum += need[k];
		}
		if (first && sum && check_room(place[i], sum, e) != 0)
			return -1;
	}
	return 0;
}

static int check_rooms(const struct restore *r, struct error *e)
{
	CLEANUP(mem_freep) char *database = find_volume(r->root, NAME_DATABASE, NAME_DATABASE_SEED);

	return restore_check_room(r, &(struct restore_places){r->vault, database}, e);
}

static int check_major(const struct restore *r, int major, struct error *e)
{
	if (!r->known || r->head.major <= major)
		return 0;
	return error_set(e, EX_CONFIG, "the backup is of PostgreSQL %s, this appliance has %d: it cannot load what "
			 "a newer one wrote", r->head.postgres, major);
}

static int check_versions(const struct restore *r, struct error *e)
{
	CLEANUP(dump_end) struct dump now = {0};

	if (r->database && (dump_begin(&r->a.database, &now, e) != 0 || check_major(r, now.major, e) != 0))
		return -1;
	if (r->known && strcmp(r->head.revision, r->a.revision) != 0)
		log_warn("the backup was made by revision %.12s of the application, this machine runs %.12s",
			 r->head.revision, r->a.revision);
	return 0;
}

static int check_uncommitted(const struct restore *r, struct error *e)
{
	CLEANUP(mem_freep) char *vault = find_vault(r->root);
	CLEANUP(mem_freep) char *old = mem_format("%s/%s/old", vault, NAME_RESTORE_FOLDER);
	int before = database_has_before(&r->a.database, e);

	if (before < 0)
		return -1;
	if (before || file_exists(old))
		return error_set(e, EXIT_FAILED, "the state before an earlier restore is still kept: run "
				 "'ecs-restore --commit' first");
	return 0;
}

static int find_application(struct restore *r, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};

	if (appliance_containers(r->root, &list, e) != 0)
		return -1;
	appliance_pick(&list, COMPOSE_APPLICATION, true, &r->application);
	return 0;
}

int restore_open(struct restore *r, const struct env *env, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_root(r->root, NAME_RESTORE);
	struct error ignored = {0};

	if (appliance_open(r->root, env, &r->a, e) != 0)
		return -1;
	if (database_ready(&r->a.database, e) != 0)
		return error_append(e, "start it by 'ecs-start' first");
	if (check_uncommitted(r, e) != 0 || find_application(r, e) != 0)
		return -1;
	if (restore_choose(r, env, dir, e) == 0 && check_rooms(r, e) == 0 && check_versions(r, e) == 0)
		return 0;
	if (file_exists(dir) && file_remove_tree(dir, &ignored) != 0)
		log_detail("%s", ignored.text);
	return -1;
}

void restore_free(struct restore *r)
{
	appliance_close(&r->a);
	depot_close(&r->depot);
	manifest_head_free(&r->head);
	strlist_free(&r->application);
	free(r->point.id);
	free(r->dir);
	free(r->vault);
	*r = (struct restore){0};
}

/* --- fetching ----------------------------------------------------------------------------------- */

/* What of a comparison is told to a person, and the error. */
static int refuse(const struct manifest_report *report, struct error *e)
{
	for (size_t i = 0; i < report->lines.count; i++)
		log_error("%s", report->lines.item[i]);
	return error_set(e, EXIT_FAILED, "%lld differences between the backup and its manifest",
			 report->differences);
}

static int compare_files(const struct restore *r, const char *to, struct error *e)
{
	CLEANUP(mem_freep) char *manifest = in_dir(r, MANIFEST_NAME);
	CLEANUP(manifest_report_free) struct manifest_report report = {0};

	if (manifest_compare(manifest, BACKUP_VAULT, to, MANIFEST_CONTENT | MANIFEST_OWNERS, NULL, &report, e) != 0)
		return -1;
	if (report.differences)
		return refuse(&report, e);
	log_detail("%lld files (%lld bytes) are as the manifest says", report.files, report.bytes);
	return 0;
}

/* The owners of an older appliance mean nothing here: all goes to the owner of the vault. */
static int adopt(void *arg, const struct walk_item *item, struct error *e)
{
	const struct stat *owner = arg;

	if (fchownat(item->dir, item->name, owner->st_uid, owner->st_gid, AT_SYMLINK_NOFOLLOW) != 0)
		return error_errno(e, EX_IOERR, "cannot change the owner of '%s'", item->path);
	return 0;
}

static int take_over(const struct restore *r, const char *to, struct error *e)
{
	struct stat owner;
	int empty = file_dir_empty(to, e);

	if (empty != 0)
		return empty < 0 ? -1 : error_set(e, EXIT_FAILED, "the vault in the backup is empty");
	if (stat(r->vault, &owner) != 0)
		return error_errno(e, EX_IOERR, "'%s'", r->vault);
	return walk_tree(to, NULL, adopt, &owner, e);
}

int restore_fetch_files(struct restore *r, const char *to, struct error *e)
{
	if (fetch(r, BACKUP_VAULT, to, e) != 0)
		return -1;
	if (r->known ? compare_files(r, to, e) != 0 : take_over(r, to, e) != 0)
		return -1;
	return file_sync_all(to, e); /* no engine does: after a power cut they would be names without content */
}

int restore_fetch_dump(struct restore *r, struct error *e)
{
	CLEANUP(mem_freep) char *to = restore_dump_path(r), *manifest = in_dir(r, MANIFEST_NAME);
	CLEANUP(manifest_entry_free) struct manifest_entry want = {0};
	char digest[65];
	long long size;

	if (fetch(r, BACKUP_DUMP, to, e) != 0)
		return -1;
	if (!r->known)
		return 0;
	if (manifest_find(manifest, BACKUP_DUMP, &want, e) != 0 || manifest_digest(to, digest, &size, e) != 0)
		return -1;
	if (strcmp(digest, want.digest) != 0)
		return error_set(e, EXIT_FAILED, "the dump is not the one of the manifest");
	return 0;
}

int restore_check_rows(const struct restore *r, const struct database *d, const char *name, struct error *e)
{
	CLEANUP(strlist_free) struct strlist lines = {0};

	if (!r->known)
		return 0;
	if (dump_compare(d, name, &r->head, &lines, e) != 0)
		return -1;
	for (size_t i = 0; i < lines.count; i++)
		log_error("%s", lines.item[i]);
	return lines.count ? error_set(e, EXIT_FAILED, "%zu tables differ from the manifest", lines.count) : 0;
}

/* --- moving ------------------------------------------------------------------------------------- */

static bool is_ours(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, LOST) == 0 ||
	       strcmp(name, NAME_RESTORE_FOLDER) == 0 || strcmp(name, NAME_SNAPSHOT_FOLDER) == 0;
}

static int list_folder(const char *path, struct strlist *names, struct error *e)
{
	DIR *dir = opendir(path);
	struct dirent *d;

	if (dir == NULL)
		return errno == ENOENT ? 0 : error_errno(e, EX_IOERR, "cannot read the folder '%s'", path);
	while ((d = readdir(dir)))
		if (!is_ours(d->d_name))
			strlist_add(names, d->d_name);
	closedir(dir);
	return 0;
}

static int sync_folder(const char *path, struct error *e)
{
	CLEANUP(mem_freep) char *inside = path_join(path, ".");

	return file_sync_dir(inside, e);
}

static int move_all(const char *from, const char *to, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};

	if (list_folder(from, &names, e) != 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_freep) char *one = path_join(from, names.item[i]), *two = path_join(to, names.item[i]);

		if (rename(one, two) != 0)
			return error_errno(e, EX_IOERR, "cannot rename '%s'", one);
	}
	if (names.count == 0)
		return 0;
	return sync_folder(to, e) != 0 ? -1 : sync_folder(from, e);
}

/* --- the flow ----------------------------------------------------------------------------------- */

static bool wants_files(const void *ctx)
{
	return ((const struct restore *)ctx)->files;
}

static bool wants_database(const void *ctx)
{
	return ((const struct restore *)ctx)->database;
}

static int remove_if(char *path, struct error *e)
{
	return file_exists(path) ? file_remove_tree(path, e) : 0;
}

/* The folder goes too where nothing is left in it. */
static int remove_new(void *ctx, struct error *e)
{
	struct restore *r = ctx;
	CLEANUP(mem_freep) char *new = beside(r, "new"), *part = beside(r, "new.part"), *in = beside(r, MOVING);
	CLEANUP(mem_freep) char *place = path_dir(new);

	if (remove_if(new, e) != 0 || remove_if(part, e) != 0 || remove_if(in, e) != 0)
		return -1;
	if (rmdir(place) != 0 && errno != ENOENT && errno != ENOTEMPTY)
		return error_errno(e, EX_IOERR, "cannot remove '%s'", place);
	return 0;
}

static int fetch_files(void *ctx, struct error *e)
{
	struct restore *r = ctx;
	CLEANUP(mem_freep) char *new = beside(r, "new"), *place = path_dir(new);

	if (remove_new(r, e) != 0 || file_mkdirs(place, 0700, e) != 0)
		return -1;
	return restore_fetch_files(r, new, e);
}

static int remove_dir(void *ctx, struct error *e)
{
	return remove_if(((struct restore *)ctx)->dir, e);
}

static int tidy_up(void *ctx, struct error *e)
{
	return remove_dir(ctx, e) != 0 ? -1 : remove_new(ctx, e);
}

static int fetch_dump(void *ctx, struct error *e)
{
	return restore_fetch_dump(ctx, e);
}

static char *database_container(const struct restore *r, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (appliance_containers(r->root, &list, e) != 0)
		return NULL;
	appliance_pick(&list, COMPOSE_DATABASE, true, &ids);
	if (ids.count == 1)
		return mem_dup(ids.item[0]);
	error_set(e, EX_UNAVAILABLE, "the container of the database does not run");
	return NULL;
}

static int load(void *ctx, struct error *e)
{
	struct restore *r = ctx;
	CLEANUP(mem_freep) char *container = database_container(r, e), *dump = restore_dump_path(r);
	CLEANUP(mem_freep) char *name = database_new_name(&r->a.database);

	if (container == NULL || database_make(&r->a.database, e) != 0 ||
	    dump_load(&r->a.database, container, dump, name, e) != 0)
		return -1;
	return restore_check_rows(r, &r->a.database, name, e);
}

/* Where the server does not run, the next start drops it. */
static int drop_new(void *ctx, struct error *e)
{
	struct restore *r = ctx;
	struct error gone = {0};

	return database_ready(&r->a.database, &gone) == 0 ? database_drop_new(&r->a.database, e) : 0;
}

static int stop_application(void *ctx, struct error *e)
{
	return docker_stop(&((struct restore *)ctx)->application, e);
}

/* Only beside a database that runs: after a power cut nothing is started before volumes were looked at. */
static int start_application(void *ctx, struct error *e)
{
	struct restore *r = ctx;
	struct error gone = {0};

	return database_ready(&r->a.database, &gone) == 0 ? docker_start(&r->application, e) : 0;
}

static int set_aside(void *ctx, struct error *e)
{
	struct restore *r = ctx;
	CLEANUP(mem_freep) char *old = beside(r, "old");

	return file_mkdirs(old, 0700, e) != 0 ? -1 : move_all(r->vault, old, e);
}

static int put_back(void *ctx, struct error *e)
{
	struct restore *r = ctx;
	CLEANUP(mem_freep) char *old = beside(r, "old");

	if (move_all(old, r->vault, e) != 0)
		return -1;
	if (rmdir(old) != 0 && errno != ENOENT)
		return error_errno(e, EX_IOERR, "cannot remove '%s'", old);
	return 0;
}

static int move_in(void *ctx, struct error *e)
{
	struct restore *r = ctx;
	CLEANUP(mem_freep) char *new = beside(r, "new");

	return move_all(new, r->vault, e);
}

/* All live files were set aside before: what is in the vault is what was moved in. */
static int move_out(void *ctx, struct error *e)
{
	struct restore *r = ctx;
	CLEANUP(mem_freep) char *new = beside(r, "new");

	return file_mkdirs(new, 0700, e) != 0 ? -1 : move_all(r->vault, new, e);
}

static int swap(void *ctx, struct error *e)
{
	struct restore *r = ctx;

	return database_disconnect(&r->a.database, e) != 0 ? -1 : database_swap(&r->a.database, e);
}

/* Without a server nobody knows whether it was swapped; after a power cut none runs yet. */
static int unswap(void *ctx, struct error *e)
{
	struct restore *r = ctx;

	if (appliance_wake_database(r->root, &r->a.database, e) != 0)
		return -1;
	return database_disconnect(&r->a.database, e) != 0 ? -1 : database_unswap(&r->a.database, e);
}

static int plan_commit(void *ctx, struct error *e)
{
	struct restore *r = ctx;

	return cron_put_call(r->root, CRON_NAME, "ecs-restore", "--commit", clock_now() + KEEP_S, e);
}

static int unplan_commit(void *ctx, struct error *e)
{
	return cron_remove(((struct restore *)ctx)->root, CRON_NAME, e);
}

/* The migrations that are applied now are others: the next start asks which are pending. */
static int record(void *ctx, struct error *e)
{
	struct restore *r = ctx;

	if (!r->database)
		return 0;
	r->a.state.asked = false;
	strlist_free(&r->a.state.pending);
	strlist_free(&r->a.state.heads);
	if (database_heads(&r->a.database, &r->a.state.heads, e) != 0)
		return -1;
	return state_write(r->root, &r->a.state, e);
}

static const struct flow_step steps[] = {
	{.name = "fetch the files beside the live ones, and compare them", .act = fetch_files, .undo = tidy_up,
	 .undo_name = "remove them", .when = wants_files},
	{.name = "fetch the dump", .act = fetch_dump, .undo = remove_dir, .undo_name = "remove it",
	 .when = wants_database},
	{.name = "load it into a new database, and count", .act = load, .undo = drop_new,
	 .undo_name = "drop that", .when = wants_database},
	{.name = "stop the application", .act = stop_application, .undo = start_application,
	 .undo_name = "start it again"},
	{.name = "set the live files aside", .act = set_aside, .undo = put_back, .undo_name = "put them back",
	 .when = wants_files},
	{.name = "move the restored files in", .act = move_in, .undo = move_out, .undo_name = "move them out",
	 .when = wants_files},
	{.name = "swap the databases", .act = swap, .undo = unswap, .undo_name = "swap them back",
	 .when = wants_database},
	{.name = "plan the end of the state before in one week", .act = plan_commit, .undo = unplan_commit,
	 .undo_name = "remove the cron entry"},
	{.name = "record the migrations", .act = record},
	{.name = "tidy up", .act = tidy_up, .turn = FLOW_ON},
};

const struct flow restore_flow = {"restore", steps, sizeof steps / sizeof *steps};

static void set_facts(const struct restore *r, struct flow_facts *facts)
{
	CLEANUP(str_free) struct str ids = {0};

	for (size_t i = 0; i < r->application.count; i++)
		str_addf(&ids, "%s\n", r->application.item[i]);
	flow_facts_set(facts, "database", r->a.database.name);
	flow_facts_set(facts, "application", str_get(&ids));
	flow_facts_set(facts, "parts", r->files ? r->database ? "both" : "files" : "database");
}

int restore_run(struct restore *r, struct error *e)
{
	CLEANUP(flow_facts_free) struct flow_facts facts = {0};

	set_facts(r, &facts);
	return flow_run(&restore_flow, r, r->root, &facts, e);
}

void *restore_resume(const char *root, const struct flow_facts *facts, struct error *e)
{
	const char *name = flow_facts_get(facts, "database"), *ids = flow_facts_get(facts, "application");
	const char *parts = flow_facts_get(facts, "parts");
	struct restore *r;

	if (!name) {
		error_set(e, EX_SOFTWARE, "the journal lacks a fact");
		return NULL;
	}
	if (mounted_check(root, NULL, e) != 0) /* nothing of a volume that is not there could be put back */
		return NULL;
	r = mem_alloc(sizeof *r);
	r->root = root;
	r->files = !parts || strcmp(parts, "database") != 0;
	r->database = !parts || strcmp(parts, "files") != 0;
	set_paths(r);
	appliance_database(root, name, &r->a.database);
	if (ids)
		strlist_lines(&r->application, ids);
	return r;
}

void restore_close(void *ctx)
{
	restore_free(ctx);
	free(ctx);
}

void restore_say(const struct restore *r)
{
	char when[CLOCK_TEXT], instant[CLOCK_TEXT];

	log_say("restored from '%s': the state of %s, in %lld s", r->depot.shown,
		clock_text(r->known ? r->head.when : r->point.when, r->known ? instant : when),
		(clock_ms() - r->began) / 1000);
	if (!r->known)
		log_warn("the backup has no manifest: it loaded, but nothing says whether all files and rows are "
			 "there");
	else if (!r->signed_ && r->depot.key.home)
		log_warn("its manifest is not signed");
	if (r->a.root) /* at the first boot there was none */
		log_say("the state before is kept for a week, or until 'ecs-restore --commit'");
}

/* --- the end of the state before ---------------------------------------------------------------- */

static int drop_files_before(void *ctx, struct error *e)
{
	struct restore *r = ctx;
	CLEANUP(mem_freep) char *place = path_join(r->vault, NAME_RESTORE_FOLDER);

	return remove_if(place, e);
}

static int drop_database_before(void *ctx, struct error *e)
{
	return database_drop_before(&((struct restore *)ctx)->a.database, e);
}

static const struct flow_step commit_steps[] = {
	{.name = "remove the files before the restore", .act = drop_files_before, .turn = FLOW_ON},
	{.name = "drop the database before the restore", .act = drop_database_before, .turn = FLOW_ON},
	{.name = "remove the cron entry", .act = unplan_commit, .turn = FLOW_ON},
};

const struct flow restore_commit_flow = {"restore-commit", commit_steps,
					 sizeof commit_steps / sizeof *commit_steps};

int restore_commit(const char *root, const struct env *env, struct error *e)
{
	CLEANUP(restore_free) struct restore r = {.root = root};
	CLEANUP(flow_facts_free) struct flow_facts facts = {0};

	set_paths(&r);
	appliance_database(root, env_text(env, "ecs.database"), &r.a.database);
	if (database_ready(&r.a.database, e) != 0)
		return error_append(e, "start it by 'ecs-start' first");
	flow_facts_set(&facts, "database", r.a.database.name);
	return flow_run(&restore_commit_flow, &r, root, &facts, e);
}

/* --- the first boot ----------------------------------------------------------------------------- */

int recover_is_empty(const char *vault, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};

	return list_folder(vault, &names, e) != 0 ? -1 : names.count == 0;
}

static int check_empty(const struct restore *r, struct error *e)
{
	int empty = recover_is_empty(r->vault, e);

	if (empty == 0)
		return error_set(e, EXIT_FAILED, "the vault '%s' is not empty: files would be mixed with those of "
				 "the backup", r->vault);
	return empty < 0 ? -1 : 0;
}

static int fetch_both(struct restore *r, const struct env *env, int major, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_root(r->root, NAME_RESTORE);

	r->files = r->database = true;
	if (restore_choose(r, env, dir, e) != 0 || check_empty(r, e) != 0 || check_rooms(r, e) != 0 ||
	    check_major(r, major, e) != 0 || fetch_files(r, e) != 0)
		return -1;
	return restore_fetch_dump(r, e);
}

int recover_fetch(struct restore *r, const struct env *env, int major, struct error *e)
{
	CLEANUP(file_closep) int lock = depot_lock(r->root, "ecs-start", 0, e);

	return lock < 0 ? -1 : fetch_both(r, env, major, e);
}

bool recover_is_left(const char *root)
{
	CLEANUP(restore_free) struct restore r = {.root = root};
	CLEANUP(mem_freep) char *in = NULL;

	set_paths(&r);
	in = beside(&r, MOVING);
	return file_exists(in);
}

int recover_forget(const char *root, struct error *e)
{
	CLEANUP(restore_free) struct restore r = {.root = root};

	set_paths(&r);
	return tidy_up(&r, e);
}

int recover_fill(const char *root, struct error *e)
{
	CLEANUP(restore_free) struct restore r = {.root = root};

	CLEANUP(mem_freep) char *new = NULL, *in = NULL;

	set_paths(&r);
	new = beside(&r, "new");
	in = beside(&r, MOVING);
	if (check_empty(&r, e) != 0 || file_rename(new, in, e) != 0)
		return -1;
	return move_all(in, r.vault, e);
}

int recover_empty(const char *root, struct error *e)
{
	CLEANUP(restore_free) struct restore r = {.root = root};

	CLEANUP(mem_freep) char *in = NULL;

	set_paths(&r);
	in = beside(&r, MOVING); /* without it nothing was moved in: what is in the vault is somebody else's */
	return file_exists(in) ? move_all(r.vault, in, e) : 0;
}
