/* SPDX-License-Identifier: MIT */
#include "adapter/backup/restic.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "adapter/backup/resticcall.h"
#include "adapter/backup/resticlocks.h"
#include "base/path.h"
#include "sys/file.h"
#include "wrap/json.h"

/*
 * What backups of this suite are told by: TAG; of which appliance one is, the TAG-… with its id; and in which order they
 * were stored. Nothing else in the repository is read or forgotten.
 */
#define TAG "ecs"
#define TAG_APPLIANCE "ecs-"
#define TAG_NUMBER "seq-"

enum {
	STORE_MS = 72 * 3600000L,
	LITTLE_MB = 64 /* restic writes packs of 16, several at once */
};

static int open_driver(struct driver *g, struct error *e)
{
	static const char *const version[] = {"version", NULL}, *const config[] = {"cat", "config", NULL};
	static const char *const init[] = {"init", NULL};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(run_free) struct run_result there = {0};
	CLEANUP(run_free) struct run_result made = {0};
	struct error none = {0};

	if (restic_look(g, version, EX_UNAVAILABLE, &res, e) != 0)
		return -1;
	if (g->secret == NULL || g->secret[0] == '\0')
		return error_set(e, EX_CONFIG, "appliance.backup.encrypt is missing: it is the password of "
				 "the restic repository");
	if (file_mkdirs(g->state, 0700, e) != 0)
		return -1;
	if (g->known || g->looks || restic_look(g, config, EX_UNAVAILABLE, &there, &none) == 0)
		return 0;
	if (none.code != EX_UNAVAILABLE) {
		*e = none;
		return -1;
	}
	/* of a target that does not answer, or holds a repository with another password, this fails too */
	return restic_look(g, init, EX_UNAVAILABLE, &made, e);
}

/* --- listing ------------------------------------------------------------------------------------ */

/* "seq-12" and "ecs-0123456789abcdef": what was put there may be anybody's. */
static void read_tag(const char *tag, struct driver_point *p)
{
	unsigned long long number;

	if (str_begins(tag, TAG_NUMBER) && str_number(tag + strlen(TAG_NUMBER), DRIVER_NUMBER_MAX, &number))
		p->sequence = (long long)number;
	else if (str_begins(tag, TAG_APPLIANCE) && driver_is_id(tag + strlen(TAG_APPLIANCE)) && !p->appliance)
		p->appliance = mem_dup(tag + strlen(TAG_APPLIANCE));
}

static void read_snapshot(const struct json *one, struct driver_points *out)
{
	const char *id = jv_get_text(one, "id"), *when = jv_get_text(one, "time");
	const struct json *tags = jv_get(one, "tags");
	struct driver_point *p;

	if (!id || !when || restic_read_time(when) < 0 || id[strspn(id, "0123456789abcdef")] != '\0')
		return;
	p = driver_points_add(out, restic_read_time(when), id, true);
	for (size_t i = 0; i < jv_count(tags); i++)
		if (jv_text(jv_at(tags, i)))
			read_tag(jv_text(jv_at(tags, i)), p);
}

static int list(struct driver *g, struct driver_points *out, struct error *e)
{
	static const char *const words[] = {"snapshots", "--json", "--no-lock", "--tag", TAG, NULL};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(jv_deletep) struct json *all = NULL;

	*out = (struct driver_points){0};
	if (restic_look(g, words, EX_UNAVAILABLE, &res, e) != 0) {
		g->absent = restic_is_absent(&res);
		return g->absent ? 0 : error_context(e, "the target of the backup");
	}
	all = jv_parse(str_get(&res.out), res.out.len, "restic snapshots", e);
	if (all == NULL) {
		e->code = EX_UNAVAILABLE;
		return -1;
	}
	for (size_t i = 0; i < jv_count(all); i++)
		read_snapshot(jv_at(all, i), out);
	driver_points_sort(out);
	return 0;
}

/* --- changing ----------------------------------------------------------------------------------- */

static int clean(struct driver *g, struct error *e)
{
	return resticlocks_remove_dead(g, e);
}

/* A path as restic's patterns take it: its wildcards are made plain, and it stands for itself alone. */
static void add_pattern(struct strlist *words, const char *option, const char *path)
{
	CLEANUP(str_free) struct str pattern = {0};

	str_addc(&pattern, '/');
	for (const char *p = path; *p; p++)
		str_addf(&pattern, strchr("*?[\\", *p) ? "\\%c" : "%c", *p);
	strlist_add(words, option);
	strlist_add(words, str_get(&pattern));
}

/* The tags that tell whose a backup is, and its number. */
static void add_tags(const struct driver *g, struct strlist *words)
{
	if (g->appliance) {
		strlist_add(words, "--tag");
		strlist_addf(words, TAG_APPLIANCE "%s", g->appliance);
	}
	if (g->sequence) {
		strlist_add(words, "--tag");
		strlist_addf(words, TAG_NUMBER "%lld", g->sequence);
	}
}

/* A full target makes restic fail in ways that do not name it: crash, or wait for itself. */
static void append_room(const struct driver *g, struct error *e)
{
	struct statvfs fs;
	unsigned long long room;

	if (*g->url != '/' || e->code >= EXIT_SIGNAL || statvfs(g->url, &fs) != 0)
		return;
	room = (unsigned long long)fs.f_bavail * fs.f_frsize >> 20;
	if (room < LITTLE_MB)
		error_append(e, "only %llu MB are free at the target", room);
}

static int backup(struct driver *g, const char *source, const struct strlist *exclude, struct error *e)
{
	/* a fixed host: the machine's name may change, and the last backup is found by it */
	static const char *const words[] = {"backup", "--quiet", "--host", TAG, "--tag", TAG, NULL};
	CLEANUP(strlist_free) struct strlist list = {0};
	CLEANUP(run_free) struct run_result res = {0};

	strlist_addv(&list, words);
	add_tags(g, &list);
	for (size_t i = 0; i < exclude->count; i++) {
		CLEANUP(mem_freep) char *path = path_join(source, exclude->item[i]);

		add_pattern(&list, "--exclude", path + strspn(path, "/"));
	}
	strlist_add(&list, "."); /* so that the tree in the backup begins at the source */
	if (restic_call(g, &(struct restic_call){&list, source, 0, STORE_MS, EXIT_FAILED}, &res, e) == 0)
		return 0;
	append_room(g, e);
	return -1;
}

/* One file, through stdout: the name can be anything. A folder would come as an archive: see below. */
static int restore_file(struct driver *g, const struct driver_point *point, const char *path,
			const char *to, struct error *e)
{
	CLEANUP(strlist_free) struct strlist words = {0};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(file_closep) int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return error_errno(e, EX_CANTCREAT, "cannot create '%s'", to);
	strlist_add(&words, "dump");
	strlist_add(&words, point->id);
	strlist_addf(&words, "/%s", path);
	r = restic_call(g, &(struct restic_call){&words, NULL, fd, STORE_MS, EXIT_FAILED}, &res, e);
	if (r == 0 && fsync(fd) != 0)
		r = error_errno(e, EX_IOERR, "cannot flush '%s'", to);
	if (r != 0)
		unlink(to);
	if (r != 0 && strstr(str_get(&res.err), "not found in snapshot"))
		e->code = EX_NOINPUT;
	return r;
}

static int restore_tree(struct driver *g, const struct driver_point *point, const char *path,
			const char *to, struct error *e)
{
	CLEANUP(strlist_free) struct strlist words = {0};
	CLEANUP(run_free) struct run_result res = {0};

	strlist_add(&words, "restore");
	strlist_add(&words, point->id);
	strlist_add(&words, "--target");
	strlist_add(&words, to);
	if (path)
		add_pattern(&words, "--include", path);
	return restic_call(g, &(struct restic_call){&words, NULL, 0, STORE_MS, EXIT_FAILED}, &res, e);
}

/* What PATH is in POINT: 'f' a file, 'd' a folder, 0 not there; -1 on failure. */
static int kind_of(struct driver *g, const struct driver_point *point, const char *path, struct error *e)
{
	CLEANUP(mem_freep) char *whole = mem_format("/%s", path);
	const char *words[] = {"ls", "--json", "--no-lock", point->id, whole, NULL};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(strlist_free) struct strlist lines = {0};

	if (restic_look(g, words, EX_UNAVAILABLE, &res, e) != 0)
		return -1;
	strlist_lines(&lines, str_get(&res.out));
	for (size_t i = 0; i < lines.count; i++) {
		struct error none = {0};
		CLEANUP(jv_deletep) struct json *node =
			jv_parse(lines.item[i], strlen(lines.item[i]), "restic ls", &none);
		const char *at = jv_get_text(node, "path"), *type = jv_get_text(node, "type");

		if (at && type && strcmp(at, whole) == 0)
			return strcmp(type, "dir") == 0 ? 'd' : 'f';
	}
	return 0;
}

/* restic puts a folder beneath the target with its whole path: out of there it is renamed. */
static int restore_folder(struct driver *g, const struct driver_point *point, const char *path,
			  const char *to, struct error *e)
{
	CLEANUP(mem_freep) char *part = mem_format("%s.part", to);
	CLEANUP(mem_freep) char *inner = path_join(part, path);

	if (file_exists(part) && file_remove_tree(part, e) != 0)
		return -1;
	if (restore_tree(g, point, path, part, e) != 0)
		return -1;
	if (rename(inner, to) != 0)
		return error_errno(e, EX_CANTCREAT, "cannot rename '%s'", inner);
	return file_remove_tree(part, e);
}

static int restore(struct driver *g, const struct driver_point *point, const char *path, const char *to,
		   struct error *e)
{
	int kind;

	if (path == NULL)
		return restore_tree(g, point, NULL, to, e);
	/* only a folder at the top is ever asked for, and only a short answer is wanted of `ls` */
	kind = strchr(path, '/') ? 'f' : kind_of(g, point, path, e);
	if (kind < 0)
		return -1;
	if (kind == 0)
		return error_set(e, EX_NOINPUT, "'%s' is not in the backup", path);
	return kind == 'd' ? restore_folder(g, point, path, to, e) : restore_file(g, point, path, to, e);
}

/* Whose are looked through, and that the one that was just stored stays, whatever its date. */
static void add_own(const struct driver *g, struct strlist *words)
{
	strlist_add(words, "--tag");
	if (g->appliance && !g->whole)
		strlist_addf(words, TAG "," TAG_APPLIANCE "%s", g->appliance);
	else
		strlist_add(words, TAG);
	if (g->sequence) {
		strlist_add(words, "--keep-tag");
		strlist_addf(words, TAG_NUMBER "%lld", g->sequence);
	}
}

static int forget(struct driver *g, struct error *e)
{
	static const char *const words[] = {"forget", "--host", TAG, "--prune", "--quiet", NULL};
	/* several of one day come from people, who have a reason */
	static const char *const rule[] = {"--keep-within", "2d", "--keep-daily", "14", "--keep-weekly",
					   "9", "--keep-monthly", "8", NULL};
	CLEANUP(strlist_free) struct strlist list = {0};
	CLEANUP(run_free) struct run_result res = {0};
	size_t own;

	strlist_addv(&list, words);
	add_own(g, &list);
	own = list.count;
	restic_add_words(g, true, &list);
	if (list.count == own)
		strlist_addv(&list, rule);
	return restic_call(g, &(struct restic_call){&list, NULL, 0, RESTIC_LOOK_MS * 4, EXIT_FAILED}, &res, e);
}

const struct driver_table restic_driver = {
	.name = "restic",
	.open = open_driver,
	.list = list,
	.clean = clean,
	.backup = backup,
	.restore = restore,
	.forget = forget,
};
