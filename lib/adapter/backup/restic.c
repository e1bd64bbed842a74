/* SPDX-License-Identifier: MIT */
#include "adapter/backup/restic.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "sys/file.h"
#include "sys/run.h"
#include "wrap/json.h"

enum {
	LOOK_MS = 30 * 60000L,
	STORE_MS = 72 * 3600000L
};

/* What our backups are told by, so that nothing else in the repository is read or forgotten. */
#define TAG "ecs"

static void say(void *arg, const char *line)
{
	(void)arg;
	log_detail("restic: %s", line);
}

/* --- calling ------------------------------------------------------------------------------------ */

/* Options for the retention belong to forget() alone. */
static bool is_keep(const char *word)
{
	return str_begins(word, "--keep-");
}

/* What behind a --keep-… is its value. */
static bool takes_next(const char *word)
{
	return is_keep(word) && strchr(word, '=') == NULL;
}

static void add_words(const struct driver *g, bool keep, struct strlist *argv)
{
	for (size_t i = 0; i < g->words.count; i++) {
		bool two = takes_next(g->words.item[i]) && i + 1 < g->words.count;

		if (is_keep(g->words.item[i]) == keep) {
			strlist_add(argv, g->words.item[i]);
			if (two)
				strlist_add(argv, g->words.item[i + 1]);
		}
		i += two;
	}
}

static void make_env(const struct driver *g, struct strlist *env)
{
	strlist_addf(env, "RESTIC_REPOSITORY=%s", g->url);
	strlist_addf(env, "RESTIC_PASSWORD=%s", g->secret ? g->secret : "");
	strlist_addf(env, "RESTIC_CACHE_DIR=%s", g->state);
	strlist_addf(env, "TMPDIR=%s", g->temp);
	strlist_addv(env, strlist_argv(&g->env));
}

/* Behind the line with the reason stand lines of advice, or a trace of restic's own code: the reason is the last. */
static void keep_reason(struct str *said)
{
	static const char *const beginnings[] = {"Fatal: ", "unable to create lock", "panic: "};
	const char *reason = NULL;

	for (size_t i = 0; !reason && i < sizeof beginnings / sizeof *beginnings; i++)
		reason = strstr(str_get(said), beginnings[i]);
	if (reason == NULL)
		return;
	said->len = (size_t)(reason - said->data) + strcspn(reason, "\n");
	said->data[said->len] = '\0';
}

/*
 * Runs restic with WORDS in the folder DIR (or NULL), its stdout to FD (or 0: collected). CODE as in
 * run_check().
 */
static int call(const struct driver *g, const struct strlist *words, const char *dir, int fd,
		long timeout_ms, int code, struct run_result *res, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(strlist_free) struct strlist env = {0};
	struct run r = {.dir = dir, .stdout_fd = fd, .timeout_ms = timeout_ms, .idle_ms = g->idle_ms, .line = say};

	strlist_add(&argv, "restic");
	strlist_addv(&argv, strlist_argv(words));
	add_words(g, false, &argv);
	make_env(g, &env);
	r.argv = strlist_argv(&argv);
	r.env = strlist_argv(&env);
	if (run_command(&r, res, e) != 0)
		return -1;
	if (res->how == RUN_EXITED && res->code == 0)
		return 0;
	if (strstr(str_get(&res->err), "wrong password") && code == EX_UNAVAILABLE)
		code = EX_CONFIG;
	keep_reason(&res->err);
	return run_error(&r, res, code, e);
}

/* The same for WORDS up to a NULL that only look or clean up. */
static int look(const struct driver *g, const char *const *words, int code, struct run_result *res,
		struct error *e)
{
	CLEANUP(strlist_free) struct strlist list = {0};

	strlist_addv(&list, words);
	return call(g, &list, NULL, 0, LOOK_MS, code, res, e);
}

static int open_driver(struct driver *g, struct error *e)
{
	static const char *const version[] = {"version", NULL}, *const config[] = {"cat", "config", NULL};
	static const char *const init[] = {"init", NULL};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(run_free) struct run_result there = {0};
	CLEANUP(run_free) struct run_result made = {0};
	struct error none = {0};

	if (look(g, version, EX_UNAVAILABLE, &res, e) != 0)
		return -1;
	if (g->secret == NULL || g->secret[0] == '\0')
		return error_set(e, EX_CONFIG, "appliance.backup.encrypt is missing: it is the password of "
				 "the restic repository");
	if (file_mkdirs(g->state, 0700, e) != 0)
		return -1;
	if (g->known || look(g, config, EX_UNAVAILABLE, &there, &none) == 0)
		return 0;
	if (none.code != EX_UNAVAILABLE) {
		*e = none;
		return -1;
	}
	/* of a target that does not answer, or holds a repository with another password, this fails too */
	return look(g, init, EX_UNAVAILABLE, &made, e);
}

/* --- listing ------------------------------------------------------------------------------------ */

/* "2026-11-23T01:34:36.358335194+01:00" as seconds since 1970; -1 for all else. */
static time_t read_time(const char *text)
{
	struct tm tm = {0};
	int used = 0, hours = 0, minutes = 0;
	const char *zone;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
		   &tm.tm_min, &tm.tm_sec, &used) != 6)
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	zone = text + used + strcspn(text + used, "Z+-");
	if (*zone != 'Z' && sscanf(zone + (*zone != '\0'), "%2d:%2d", &hours, &minutes) != 2)
		return -1;
	minutes += hours * 60;
	return timegm(&tm) - (*zone == '-' ? -60 : 60) * minutes;
}

static int list(struct driver *g, struct driver_points *out, struct error *e)
{
	static const char *const words[] = {"snapshots", "--json", "--no-lock", "--tag", TAG, NULL};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(jv_freep) struct json *all = NULL;

	*out = (struct driver_points){0};
	if (look(g, words, EX_UNAVAILABLE, &res, e) != 0)
		return error_context(e, "the target of the backup");
	all = jv_parse(str_get(&res.out), res.out.len, "restic snapshots", e);
	if (all == NULL) {
		e->code = EX_UNAVAILABLE;
		return -1;
	}
	for (size_t i = 0; i < jv_count(all); i++) {
		const char *id = jv_get_text(jv_at(all, i), "id");
		const char *when = jv_get_text(jv_at(all, i), "time");

		if (id && when && read_time(when) >= 0)
			driver_points_add(out, read_time(when), id, true);
	}
	driver_points_sort(out);
	return 0;
}

/* --- changing ----------------------------------------------------------------------------------- */

static int clean(struct driver *g, struct error *e)
{
	static const char *const words[] = {"unlock", NULL};
	CLEANUP(run_free) struct run_result res = {0};

	return look(g, words, EX_UNAVAILABLE, &res, e);
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

static int backup(struct driver *g, const char *source, const struct strlist *exclude, struct error *e)
{
	/* a fixed host: the machine's name may change, and the last backup is found by it */
	static const char *const words[] = {"backup", "--quiet", "--host", TAG, "--tag", TAG, NULL};
	CLEANUP(strlist_free) struct strlist list = {0};
	CLEANUP(run_free) struct run_result res = {0};

	strlist_addv(&list, words);
	for (size_t i = 0; i < exclude->count; i++) {
		CLEANUP(mem_freep) char *path = path_join(source, exclude->item[i]);

		add_pattern(&list, "--exclude", path + strspn(path, "/"));
	}
	strlist_add(&list, "."); /* so that the tree in the backup begins at the source */
	return call(g, &list, source, 0, STORE_MS, EXIT_FAILED, &res, e);
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
	r = call(g, &words, NULL, fd, STORE_MS, EXIT_FAILED, &res, e);
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
	return call(g, &words, NULL, 0, STORE_MS, EXIT_FAILED, &res, e);
}

/* What PATH is in POINT: 'f' a file, 'd' a folder, 0 not there; -1 on failure. */
static int kind_of(struct driver *g, const struct driver_point *point, const char *path, struct error *e)
{
	CLEANUP(mem_freep) char *whole = mem_format("/%s", path);
	const char *words[] = {"ls", "--json", "--no-lock", point->id, whole, NULL};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(strlist_free) struct strlist lines = {0};

	if (look(g, words, EX_UNAVAILABLE, &res, e) != 0)
		return -1;
	strlist_lines(&lines, str_get(&res.out));
	for (size_t i = 0; i < lines.count; i++) {
		struct error none = {0};
		CLEANUP(jv_freep) struct json *node =
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

static int forget(struct driver *g, struct error *e)
{
	static const char *const words[] = {"forget", "--host", TAG, "--tag", TAG, "--prune", "--quiet",
					    NULL};
	/* several of one day come from people, who have a reason */
	static const char *const rule[] = {"--keep-within", "2d", "--keep-daily", "14", "--keep-weekly",
					   "9", "--keep-monthly", "8", NULL};
	CLEANUP(strlist_free) struct strlist list = {0};
	CLEANUP(run_free) struct run_result res = {0};
	size_t own;

	strlist_addv(&list, words);
	own = list.count;
	add_words(g, true, &list);
	if (list.count == own)
		strlist_addv(&list, rule);
	return call(g, &list, NULL, 0, LOOK_MS * 4, EXIT_FAILED, &res, e);
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
