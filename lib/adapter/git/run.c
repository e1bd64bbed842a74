/* SPDX-License-Identifier: MIT */
#include "adapter/git/run.h"

#include <string.h>

#include "base/log.h"
#include "base/path.h"
#include "sys/run.h"

enum { REASON_LINES = 10 };

/*
 * Above what the repository's configuration says. The checkout may belong to another user than root; "*" because git
 * compares the name behind all links. What tidies up does so before our command ends: nothing goes on behind it.
 */
static const char *const settings[] = {
	"-c", "safe.directory=*",
	"-c", "gc.autoDetach=false", "-c", "maintenance.autoDetach=false",
	/* programs */
	"-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.alternateRefsCommand=true",
	/* files as they were committed */
	"-c", "core.fileMode=true", "-c", "core.symlinks=true", "-c", "core.autocrlf=false",
	"-c", "core.sparseCheckout=false", "-c", "core.attributesFile=/dev/null",
	/* a source that says nothing for a minute is out of reach */
	"-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=60",
	NULL,
};

static const char *const variables[] = {
	"GIT_TERMINAL_PROMPT=0",
	"GIT_OPTIONAL_LOCKS=0",
	"GIT_NO_REPLACE_OBJECTS=1",
	"GIT_ATTR_NOSYSTEM=1",
	"GIT_ALLOW_PROTOCOL=file:git:http:https:ssh", /* no helper that a URL names */
	"GIT_SSH_COMMAND=ssh -o BatchMode=yes -o ConnectTimeout=60 -o ServerAliveInterval=20",
	NULL,
};

static bool exited(const struct run_result *res, int code)
{
	return res->how == RUN_EXITED && res->code == code;
}

/* Adds "-c NAME=" for each program of a filter that a configuration names: an empty one is not run. */
static int drop_filters(const char *dir, struct strlist *argv, struct error *e)
{
	const char *const args[] = {"config", "--null", "--name-only", "--get-regexp",
				    "^filter\\..*\\.(clean|smudge|process|required)$", NULL};
	CLEANUP(str_free) struct str names = {0};
	const char *name;
	size_t at = 0;
	/* 1: there is none */
	int none = git_ask(&(struct git_run){.dir = dir, .args = args, .timeout_ms = GIT_LOCAL_MS}, 0, e);

	if (none != 0)
		return none < 0 ? -1 : 0;
	if (git_run(&(struct git_run){.dir = dir, .args = args, .timeout_ms = GIT_LOCAL_MS, .code = EX_IOERR}, &names,
		    e) != 0)
		return -1;
	while ((name = git_next_text(&names, &at))) {
		strlist_add(argv, "-c");
		strlist_addf(argv, "%s=%s", name, str_ends(name, ".required") ? "false" : "");
	}
	return 0;
}

/* A repository above DIR is another one. */
static int start(const struct git_run *g, struct run_result *res, struct error *e)
{
	CLEANUP(mem_freep) char *above = path_dir(g->dir);
	CLEANUP(strlist_free) struct strlist argv = {0}, env = {0};
	struct run r = {.timeout_ms = g->timeout_ms, .line = log_detail_line};

	strlist_add(&argv, "git");
	strlist_addv(&argv, settings);
	if (g->writes && drop_filters(g->dir, &argv, e) != 0)
		return -1;
	strlist_addv(&argv, (const char *[]){"-C", g->dir, NULL});
	strlist_addv(&argv, g->args);
	strlist_addv(&env, variables);
	strlist_addf(&env, "GIT_CEILING_DIRECTORIES=%s", above);
	if (g->index)
		strlist_addf(&env, "GIT_INDEX_FILE=%s", g->index);
	if (g->input) {
		r.input = str_get(g->input);
		r.input_len = g->input->len;
	}
	r.argv = strlist_argv(&argv);
	r.env = strlist_argv(&env);
	return run_command(&r, res, e);
}

/* What git advises, behind what is wrong. */
static bool is_advice(const char *line)
{
	static const char *const begin[] = {"hint:", "Please ", "and the repository exists.", "Aborting", "remove the file",
					    "Another git process", "an editor opened", "are terminated", "may have crashed",
					    "fatal: Could not read from remote repository."};

	for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
		if (str_begins(line, begin[i]))
			return true;
	return line[strspn(line, " \t\r")] == '\0';
}

/* What is wrong: the lines before its advice, ten at most, as one. */
static char *git_reason(const char *err)
{
	CLEANUP(strlist_free) struct strlist lines = {0};
	CLEANUP(str_free) struct str all = {0};
	size_t n = 0;

	strlist_lines(&lines, err);
	for (size_t i = 0; i < lines.count && n < REASON_LINES; i++) {
		const char *line = lines.item[i] + strspn(lines.item[i], " \t");

		if (!is_advice(line))
			str_addf(&all, "%s%s", n++ ? "; " : "", line);
	}
	return n ? mem_dup(all.data) : NULL;
}

static int fail(const struct git_run *g, const struct run_result *res, int code, struct error *e)
{
	const struct run named = {.argv = (const char *[]){"git", g->args[0], NULL}, .timeout_ms = g->timeout_ms,
				  .reason = git_reason};

	return run_error(&named, res, code, e);
}

int git_run(const struct git_run *r, struct str *out, struct error *e)
{
	CLEANUP(run_free) struct run_result res = {0};

	if (start(r, &res, e) != 0)
		return -1;
	if (!exited(&res, 0))
		return fail(r, &res, r->code, e);
	if (out)
		str_addn(out, str_get(&res.out), res.out.len);
	return 0;
}

int git_ask(const struct git_run *r, int yes, struct error *e)
{
	CLEANUP(run_free) struct run_result res = {0};

	if (start(r, &res, e) != 0)
		return -1;
	if (exited(&res, 0) || exited(&res, 1))
		return res.code == 0 ? yes : !yes;
	return fail(r, &res, EX_IOERR, e);
}

const char *git_next_text(const struct str *s, size_t *at)
{
	const char *text = str_get(s) + *at;

	if (*at >= s->len)
		return NULL;
	*at += strlen(text) + 1;
	return text;
}
