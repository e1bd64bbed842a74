/* SPDX-License-Identifier: MIT */
#include "adapter/backup/resticcall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/backup/resticown.h"
#include "base/log.h"

enum { NO_REPOSITORY = 10 /* restic's exit status since 0.17 */ };

static void say(void *arg, const char *line)
{
	(void)arg;
	log_detail("restic: %s", line);
}

static void note_run(void *arg, int pid)
{
	resticown_note(arg, pid);
}

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

void restic_add_words(const struct driver *g, bool keep, struct strlist *argv)
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

time_t restic_read_time(const char *text)
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

/* The line of TEXT that begins at AT, without its end. */
static char *line_at(const char *at)
{
	return mem_dupn(at, strcspn(at, "\n"));
}

/* The last line before AT that says something, or NULL. */
static char *line_before(const char *text, const char *at)
{
	CLEANUP(mem_freep) char *head = mem_dupn(text, (size_t)(at - text));
	CLEANUP(strlist_free) struct strlist lines = {0};

	strlist_lines(&lines, head);
	for (size_t i = lines.count; i-- > 0;)
		if (lines.item[i][strspn(lines.item[i], " \t\r")])
			return mem_dup(lines.item[i]);
	return NULL;
}

char *restic_reason(const char *text)
{
	static const char *const beginnings[] = {"Fatal: ", "unable to create lock"};
	const char *panic = strstr(text, "panic: ");
	CLEANUP(mem_freep) char *cause = NULL, *fault = NULL;

	for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
		const char *at = strstr(text, beginnings[i]);

		if (at)
			return line_at(at);
	}
	if (panic == NULL)
		return NULL;
	fault = line_at(panic);
	cause = line_before(text, panic);
	return cause ? mem_format("%s; then restic itself failed: %s", cause, fault) : mem_dup(fault);
}

/* What run_error() shows is the last line: let that be the reason. */
static void keep_reason(struct str *said)
{
	CLEANUP(mem_freep) char *reason = restic_reason(str_get(said));

	if (reason == NULL)
		return;
	str_clear(said);
	str_add(said, reason);
}

int restic_call(const struct driver *g, const struct restic_call *c, struct run_result *res, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(strlist_free) struct strlist env = {0};
	int code = c->code;
	struct run r = {.dir = c->dir, .stdout_fd = c->fd, .timeout_ms = c->timeout_ms, .idle_ms = g->idle_ms, .line = say};

	strlist_add(&argv, "restic");
	strlist_addv(&argv, strlist_argv(c->words));
	restic_add_words(g, false, &argv);
	make_env(g, &env);
	r.argv = strlist_argv(&argv);
	r.env = strlist_argv(&env);
	if (!strlist_has(&argv, "--no-lock")) {
		r.started = note_run;
		r.started_arg = (void *)g;
	}
	if (run_command(&r, res, e) != 0)
		return -1;
	if (res->how == RUN_EXITED && res->code == 0)
		return 0;
	if (strstr(str_get(&res->err), "wrong password") && code == EX_UNAVAILABLE)
		code = EX_CONFIG;
	keep_reason(&res->err);
	return run_error(&r, res, code, e);
}

int restic_look(const struct driver *g, const char *const *words, int code, struct run_result *res,
		struct error *e)
{
	CLEANUP(strlist_free) struct strlist list = {0};

	strlist_addv(&list, words);
	return restic_call(g, &(struct restic_call){.words = &list, .timeout_ms = RESTIC_LOOK_MS, .code = code}, res, e);
}

bool restic_is_absent(const struct run_result *res)
{
	/* of a folder, of sftp, REST and S3, of HTTP at all; a place that does not answer says none of them */
	static const char *const reasons[] = {"no such file or directory", "does not exist", "404 Not Found", NULL};
	const char *said = str_get(&res->err), *config = strstr(said, "unable to open config file: ");

	if (res->how != RUN_EXITED || res->code == 0)
		return false;
	if (res->code == NO_REPOSITORY)
		return true;
	for (size_t i = 0; config && reasons[i]; i++)
		if (strstr(config, reasons[i]))
			return true;
	return false;
}
