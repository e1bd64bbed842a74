/* SPDX-License-Identifier: MIT */
#include "adapter/git/run.h"

#include <fnmatch.h>
#include <string.h>

#include "base/log.h"
#include "base/path.h"
#include "sys/file.h"
#include "sys/run.h"

enum { REASON_LINES = 10 };

/*
 * Above what the repository's configuration says. The checkout may belong to another user than root; "*" because git
 * compares the name behind all links. What tidies up does so before our command ends: nothing goes on behind it.
 */
static const char *const settings[] = {
	"-c", "safe.directory=*",
	"-c", "gc.autoDetach=false", "-c", "maintenance.autoDetach=false",
	/* programs; a submodule has a configuration of its own, and our settings do not reach it */
	"-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.alternateRefsCommand=true",
	"-c", "submodule.recurse=false",
	/* files as they were committed */
	"-c", "core.fileMode=true", "-c", "core.symlinks=true", "-c", "core.autocrlf=false",
	"-c", "core.sparseCheckout=false", "-c", "core.attributesFile=/dev/null",
	/* a source that says nothing for a minute is out of reach */
	"-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=60",
	NULL,
};

static const char *const variables[] = {
	"GIT_TERMINAL_PROMPT=0",
	"GIT_ASKPASS=",       /* empty: none, whatever core.askPass says */
	"GIT_PROXY_COMMAND=", /* empty: none, whatever core.gitProxy says */
	"GIT_OPTIONAL_LOCKS=0",
	"GIT_NO_REPLACE_OBJECTS=1",
	"GIT_ATTR_NOSYSTEM=1",
	"GIT_ALLOW_PROTOCOL=file:git:http:https:ssh", /* no helper that a URL names */
	"GIT_SSH_COMMAND=ssh -o BatchMode=yes -o ConnectTimeout=60 -o ServerAliveInterval=20",
	NULL,
};

/* --- programs that a configuration names --------------------------------------------------------------- */

/* Settings by which git runs a program (a pattern of fnmatch(3)), and what is set instead. */
static const struct program {
	const char *pattern, *instead;
	bool everywhere; /* not those of the administrator's own configuration either */
} programs[] = {
	/* a filter would change what was committed; an empty one is not run */
	{"filter.*.clean", "", true},
	{"filter.*.smudge", "", true},
	{"filter.*.process", "", true},
	{"filter.*.required", "false", true},
	/* an empty one ends the list of those before it */
	{"credential.helper", "", false},
	{"credential.*.helper", "", false},
	/* what fetches an object that is missing */
	{"remote.*.uploadpack", "git-upload-pack", false},
	/* a list that nothing ends */
	{"gc.recentobjectshook", NULL, false},
};

static const struct program *find_program(const char *name)
{
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		if (fnmatch(programs[i].pattern, name, 0) == 0)
			return &programs[i];
	return NULL;
}

/* Settings for a run, as git reads them from its environment: no name or value is too odd for that. */
struct above {
	struct strlist env, names;
};

static void above_free(struct above *a)
{
	strlist_free(&a->env);
	strlist_free(&a->names);
}

static void above_set(struct above *a, const char *name, const char *value)
{
	strlist_addf(&a->env, "GIT_CONFIG_KEY_%zu=%s", a->names.count, name);
	strlist_addf(&a->env, "GIT_CONFIG_VALUE_%zu=%s", a->names.count, value);
	strlist_add(&a->names, name);
}

/* Whether SCOPE, as git says it, is the repository's own configuration. */
static bool is_own(const char *scope)
{
	return strcmp(scope, "local") == 0 || strcmp(scope, "worktree") == 0;
}

/* One setting of git's list: "NAME\nVALUE", or "NAME" where it has none. */
static void drop_program(struct above *a, const char *scope, const char *setting)
{
	CLEANUP(mem_freep) char *name = mem_dupn(setting, strcspn(setting, "\n"));
	const struct program *p = find_program(name);

	if (p == NULL || (!p->everywhere && !is_own(scope)) || strlist_has(&a->names, name))
		return;
	if (p->instead)
		above_set(a, name, p->instead);
	else
		above_set(a, "maintenance.auto", "false");
}

/* The administrator's own helpers, which ended together with those of the repository. */
static void keep_helper(struct above *a, const char *scope, const char *setting)
{
	CLEANUP(mem_freep) char *name = mem_dupn(setting, strcspn(setting, "\n"));
	const char *value = setting + strlen(name);

	if (str_begins(name, "credential.") && *value && strcmp(scope, "command") != 0 && !is_own(scope) &&
	    strlist_has(&a->names, name))
		above_set(a, name, value + 1);
}

/* OUT: what `git config --list` says, a scope and a setting by turns. */
static int each_setting(const struct str *out, struct above *a,
			void (*fn)(struct above *a, const char *scope, const char *setting), struct error *e)
{
	const char *scope, *setting;
	size_t at = 0;

	while ((scope = git_next_text(out, &at))) {
		setting = git_next_text(out, &at);
		if (setting == NULL)
			return error_set(e, EX_IOERR, "git config: its output is incomplete");
		fn(a, scope, setting);
	}
	return 0;
}

static bool exited(const struct run_result *res, int code)
{
	return res->how == RUN_EXITED && res->code == code;
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

/* `git ARGS` with what is ABOVE its configuration. A repository above DIR is another one. */
static int execute(const struct git_run *g, const struct above *above, struct run_result *res, struct error *e)
{
	CLEANUP(mem_freep) char *parent = path_dir(g->dir);
	CLEANUP(strlist_free) struct strlist argv = {0}, env = {0};
	struct run r = {.timeout_ms = g->timeout_ms, .line = log_detail_line};

	strlist_add(&argv, "git");
	strlist_addv(&argv, settings);
	strlist_addv(&argv, (const char *[]){"-C", g->dir, NULL});
	strlist_addv(&argv, g->args);
	strlist_addv(&env, variables);
	strlist_addf(&env, "GIT_CEILING_DIRECTORIES=%s", parent);
	strlist_addf(&env, "GIT_CONFIG_COUNT=%zu", above->names.count);
	strlist_addv(&env, strlist_argv(&above->env));
	if (g->tree)
		strlist_addf(&env, "GIT_WORK_TREE=%s", g->dir);
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

/* What is set above the configuration of the repository, which it reads first. */
static int find_above(const struct git_run *g, struct above *a, struct error *e)
{
	const char *const args[] = {"config", "--null", "--show-scope", "--list", NULL};
	const struct git_run list = {.dir = g->dir, .args = args, .timeout_ms = GIT_LOCAL_MS};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(mem_freep) char *store = g->credentials ? mem_format("store --file='%s'", g->credentials) : NULL;

	if (execute(&list, a, &res, e) != 0)
		return -1;
	if (!exited(&res, 0))
		return fail(&list, &res, EX_IOERR, e);
	if (each_setting(&res.out, a, drop_program, e) != 0 || each_setting(&res.out, a, keep_helper, e) != 0)
		return -1;
	if (store && file_exists(g->credentials))
		above_set(a, "credential.helper", store);
	return 0;
}

static int start(const struct git_run *g, struct run_result *res, struct error *e)
{
	CLEANUP(above_free) struct above above = {0};

	return find_above(g, &above, e) == 0 ? execute(g, &above, res, e) : -1;
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
