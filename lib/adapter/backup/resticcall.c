/* SPDX-License-Identifier: MIT */
#include "adapter/backup/resticcall.h"

#include <string.h>

#include "base/log.h"

enum { NO_REPOSITORY = 10 /* restic's exit status since 0.17 */ };

static void say(void *arg, const char *line)
{
	(void)arg;
	log_detail("restic: %s", line);
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

int restic_call(const struct driver *g, const struct strlist *words, const char *dir, int fd,
		long timeout_ms, int code, struct run_result *res, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(strlist_free) struct strlist env = {0};
	struct run r = {.dir = dir, .stdout_fd = fd, .timeout_ms = timeout_ms, .idle_ms = g->idle_ms, .line = say};

	strlist_add(&argv, "restic");
	strlist_addv(&argv, strlist_argv(words));
	restic_add_words(g, false, &argv);
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

int restic_look(const struct driver *g, const char *const *words, int code, struct run_result *res,
		struct error *e)
{
	CLEANUP(strlist_free) struct strlist list = {0};

	strlist_addv(&list, words);
	return restic_call(g, &list, NULL, 0, RESTIC_LOOK_MS, code, res, e);
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
