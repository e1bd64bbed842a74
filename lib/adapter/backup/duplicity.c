/* SPDX-License-Identifier: MIT */
#include "adapter/backup/duplicity.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/path.h"
#include "sys/file.h"
#include "sys/run.h"

enum {
	NOT_FOUND = 19,         /* duplicity's exit status: no such path in the backup */
	GPG_FAILED = 31,        /* … and: GnuPG refused */
	LOOK_MS = 30 * 60000L,  /* list, clean, forget: metadata only, but of a slow target */
	STORE_MS = 72 * 3600000L
};

static void say(void *arg, const char *line)
{
	(void)arg;
	log_detail("duplicity: %s", line);
}

/* --- errors ------------------------------------------------------------------------------------- */

static bool is_noise(const char *line)
{
	return line[strspn(line, " =\t")] == '\0' || str_begins(line, "=====") || line[0] == ' ' ||
	       str_begins(line, "Traceback") || str_begins(line, "Enter 'duplicity") ||
	       strstr(line, "No old backup sets") != NULL;
}

/*
 * The line that says why: the last one of gpg's that names a failure, else the last that is no noise. Puts it
 * behind the message in place of the last line of all.
 */
static int explain(const struct run *r, const struct run_result *res, int code, struct error *e)
{
	CLEANUP(strlist_free) struct strlist lines = {0};
	struct run_result quiet = *res;
	const char *why = NULL, *gpg = NULL;

	strlist_lines(&lines, str_get(&res->err));
	for (size_t i = 0; i < lines.count; i++) {
		if (str_begins(lines.item[i], "gpg: ") && strstr(lines.item[i], "fail"))
			gpg = lines.item[i];
		if (!is_noise(lines.item[i]))
			why = lines.item[i];
	}
	quiet.out = quiet.err = (struct str){0};
	run_error(r, &quiet, code, e);
	if (gpg || why)
		error_append(e, "%s", gpg ? gpg : why);
	return -1;
}

/* --- calling ------------------------------------------------------------------------------------ */

static char *password_of(const struct driver *g, char **url)
{
	*url = mem_dup(g->url);
	return driver_take_password(*url);
}

static void common_options(const struct driver *g, struct strlist *argv)
{
	strlist_add(argv, "--archive-dir");
	strlist_add(argv, g->state);
	strlist_add(argv, "--tempdir");
	strlist_add(argv, g->temp);
	strlist_add(argv, "--numeric-owner");
	strlist_add(argv, "--log-fd");
	strlist_add(argv, "1");
	for (size_t i = 0; i < g->words.count; i++)
		strlist_add(argv, g->words.item[i]);
}

/*
 * A call of duplicity: the words BEFORE the options of all calls, and those BEHIND them (up to their NULLs). A "URL" among
 * the latter is the target's. CODE as in run_check().
 */
struct call {
	const char *const *before, *const *behind;
	long timeout_ms;
	int code;
};

static int call(const struct driver *g, const struct call *c, struct run_result *res, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(strlist_free) struct strlist env = {0};
	CLEANUP(mem_freep) char *url = NULL;
	CLEANUP(mem_freep) char *password = password_of(g, &url);
	int code = c->code;
	struct run r = {.timeout_ms = c->timeout_ms, .idle_ms = g->idle_ms, .line = say};

	strlist_add(&argv, "duplicity");
	strlist_addv(&argv, c->before);
	common_options(g, &argv);
	for (const char *const *word = c->behind; *word; word++)
		strlist_add(&argv, strcmp(*word, "URL") == 0 ? url : *word);
	strlist_add(&env, "PASSPHRASE=");
	if (g->keyring)
		strlist_addf(&env, "GNUPGHOME=%s", g->keyring);
	if (password)
		strlist_addf(&env, "FTP_PASSWORD=%s", password);
	strlist_addv(&env, strlist_argv(&g->env));
	r.argv = strlist_argv(&argv);
	r.env = strlist_argv(&env);
	if (run_command(&r, res, e) != 0)
		return -1;
	if (res->how == RUN_EXITED && res->code == 0)
		return 0;
	if (res->how == RUN_EXITED && res->code == GPG_FAILED && code == EX_UNAVAILABLE)
		code = EX_CONFIG;
	return explain(&r, res, code, e);
}

static int open_driver(struct driver *g, struct error *e)
{
	static const char *const argv[] = {"duplicity", "--version", NULL};
	CLEANUP(run_free) struct run_result res = {0};
	struct run r = {.argv = argv, .timeout_ms = 60000};

	if (run_check(&r, EX_UNAVAILABLE, &res, e) != 0)
		return -1;
	if (sscanf(str_get(&res.out), "duplicity %d.", &g->version) != 1)
		return error_set(e, EX_UNAVAILABLE, "'duplicity --version' says '%.40s'",
				 str_get(&res.out));
	return file_mkdirs(g->state, 0700, e);
}

/* --- listing ------------------------------------------------------------------------------------ */

/* "20261123T013317Z" as seconds since 1970; -1 for all else. */
static time_t read_time(const char *text)
{
	struct tm tm = {0};
	char z = 0;

	if (strlen(text) != strlen("20261123T013317Z") ||
	    sscanf(text, "%4d%2d%2dT%2d%2d%2d%c", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
		   &tm.tm_min, &tm.tm_sec, &z) != 7 || z != 'Z')
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return timegm(&tm);
}

/* Whether NAME is the local half of a set of the time ID that was cut off ("inc.BEFORE.to.ID", "full.ID"). */
static bool is_part(const char *name, const char *id)
{
	CLEANUP(mem_freep) char *end = mem_format(".%s.manifest.part", id);

	return str_ends(name, end);
}

/*
 * duplicity means to go on with a set that was cut off, and lists it as if it were whole. What gives it
 * away is the part of a manifest in the archive folder.
 */
static bool is_half(const struct driver *g, const char *id)
{
	DIR *top = opendir(g->state);
	struct dirent *d, *f;
	bool found = false;

	while (top && !found && (d = readdir(top))) {
		CLEANUP(mem_freep) char *path = path_join(g->state, d->d_name);
		DIR *dir = d->d_name[0] == '.' ? NULL : opendir(path);

		while (dir && !found && (f = readdir(dir)))
			found = is_part(f->d_name, id);
		if (dir)
			closedir(dir);
	}
	if (top)
		closedir(top);
	return found;
}

/* " full 20261123T013317Z 31 enc" or " inc 2026…" of the status in its form for programs. */
static void read_point(const struct driver *g, const char *line, struct driver_points *out)
{
	char kind[8], id[24];
	int volumes;
	time_t when;

	if (line[0] != ' ' || sscanf(line, " %7s %23s %d", kind, id, &volumes) != 3 ||
	    (strcmp(kind, "full") != 0 && strcmp(kind, "inc") != 0))
		return;
	when = read_time(id);
	if (when >= 0 && !is_half(g, id))
		driver_points_add(out, when, id, kind[0] == 'f');
}

static int list(struct driver *g, struct driver_points *out, struct error *e)
{
	static const char *const before[] = {"collection-status", NULL}, *const behind[] = {"URL", NULL};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(strlist_free) struct strlist lines = {0};

	*out = (struct driver_points){0};
	if (call(g, &(struct call){before, behind, LOOK_MS, EX_UNAVAILABLE}, &res, e) != 0)
		return error_context(e, "the target of the backup");
	strlist_lines(&lines, str_get(&res.out));
	for (size_t i = 0; i < lines.count; i++)
		read_point(g, lines.item[i], out);
	driver_points_sort(out);
	return 0;
}

/* --- changing ----------------------------------------------------------------------------------- */

static int clean(struct driver *g, struct error *e)
{
	static const char *const before[] = {"cleanup", "--force", NULL}, *const behind[] = {"URL", NULL};
	CLEANUP(run_free) struct run_result res = {0};

	if (call(g, &(struct call){before, behind, LOOK_MS, EX_UNAVAILABLE}, &res, e) != 0)
		return -1;
	g->cleaned = strstr(str_get(&res.out), "Deleting th") != NULL;
	if (g->cleaned)
		log_say("duplicity: removed what an interrupted backup had left at the target");
	return 0;
}

/* "Errors N" of the statistics: files that could not be read, and are not in the backup. */
static int count_errors(const struct str *out)
{
	const char *at = strstr(str_get(out), "\nErrors ");

	return at ? atoi(at + strlen("\nErrors ")) : -1;
}

/* A path as duplicity's selection takes it: its wildcards are made plain. */
static void exclude_path(struct strlist *words, const char *source, const char *path)
{
	CLEANUP(str_free) struct str pattern = {0};
	CLEANUP(mem_freep) char *whole = path_join(source, path);

	for (const char *p = whole; *p; p++)
		str_addf(&pattern, strchr("*?[", *p) ? "[%c]" : "%c", *p);
	strlist_add(words, "--exclude");
	strlist_add(words, str_get(&pattern));
}

static int backup(struct driver *g, const char *source, const struct strlist *exclude, struct error *e)
{
	CLEANUP(strlist_free) struct strlist before = {0};
	CLEANUP(run_free) struct run_result res = {0};
	const char *const behind[] = {source, "URL", NULL};

	if (g->version >= 2) /* before, it was no word but what is done where there is none */
		strlist_add(&before, "backup");
	strlist_add(&before, "--volsize");
	strlist_add(&before, "25");
	strlist_add(&before, "--full-if-older-than");
	strlist_add(&before, "2M");
	/* the machine's name may change; that the target is this appliance's the caller has seen to */
	strlist_add(&before, "--allow-source-mismatch");
	if (g->clock) { /* of a set that is dated before the one it follows duplicity makes nothing, and says nothing */
		strlist_add(&before, "--current-time");
		strlist_addf(&before, "%lld", (long long)g->clock);
	}
	strlist_add(&before, "--encrypt-key");
	strlist_add(&before, g->key);
	for (size_t i = 0; i < exclude->count; i++)
		exclude_path(&before, source, exclude->item[i]);
	if (call(g, &(struct call){strlist_argv(&before), behind, STORE_MS, EXIT_FAILED}, &res, e) != 0)
		return -1;
	if (count_errors(&res.out) != 0)
		return error_set(e, EXIT_FAILED, "duplicity: %d files could not be read: '-v' names them",
				 count_errors(&res.out));
	return 0;
}

static int restore(struct driver *g, const struct driver_point *point, const char *path, const char *to,
		   struct error *e)
{
	CLEANUP(strlist_free) struct strlist before = {0};
	CLEANUP(run_free) struct run_result res = {0};
	const char *const behind[] = {"URL", to, NULL};

	strlist_add(&before, "restore");
	strlist_add(&before, "--time");
	strlist_add(&before, point->id);
	if (path) {
		strlist_add(&before, g->version >= 2 ? "--path-to-restore" : "--file-to-restore");
		strlist_add(&before, path);
	}
	if (call(g, &(struct call){strlist_argv(&before), behind, STORE_MS, EXIT_FAILED}, &res, e) == 0)
		return 0;
	if (res.how == RUN_EXITED && res.code == NOT_FOUND)
		e->code = EX_NOINPUT;
	else if (res.how == RUN_EXITED && res.code == GPG_FAILED && strstr(str_get(&res.err), "No secret key"))
		e->code = EX_CONFIG;
	return -1;
}

static int forget(struct driver *g, struct error *e)
{
	static const char *const before[] = {"remove-all-but-n-full", "4", "--force", NULL};
	static const char *const behind[] = {"URL", NULL};
	CLEANUP(run_free) struct run_result res = {0};

	return call(g, &(struct call){before, behind, LOOK_MS, EXIT_FAILED}, &res, e);
}

const struct driver_table duplicity_driver = {
	.name = "duplicity",
	.open = open_driver,
	.list = list,
	.clean = clean,
	.backup = backup,
	.restore = restore,
	.forget = forget,
};
