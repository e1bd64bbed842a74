/* SPDX-License-Identifier: MIT */
#include "adapter/docker/compose.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/docker/call.h"
#include "adapter/docker/reason.h"
#include "base/log.h"
#include "sys/run.h"

enum {
	UP_MS = 10 * 60000, /* may pull an image */
	BUILD_MS = 60 * 60000
};

/* The last lines of the failed step: one line alone is seldom enough. */
static void show_lines(const struct strlist *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		log_error("build: %s", lines->item[i]);
}

/* The last of them, for the message. */
static char *build_reason(const char *text)
{
	CLEANUP(strlist_free) struct strlist lines = {0};

	reason_of_build(text, &lines);
	return lines.count ? mem_dup(lines.item[lines.count - 1]) : NULL;
}

int compose_build(const struct compose *c, const struct strlist *services, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0}, env = {0};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(strlist_free) struct strlist lines = {0};
	/* Compose 2.26 prints on stdout what other versions print on stderr */
	struct run r = {.timeout_ms = BUILD_MS, .line = log_detail_line, .joined = true, .reason = build_reason};

	if (services->count == 0)
		return 0;
	compose_begin(c, &argv, &env);
	strlist_addv(&argv, (const char *[]){"--progress", "plain", "build", NULL});
	strlist_addv(&argv, strlist_argv(services));
	r.argv = strlist_argv(&argv);
	r.env = strlist_argv(&env);
	if (run_command(&r, &res, e) != 0)
		return -1;
	if (compose_good(&res))
		return 0;
	reason_of_build(str_get(&res.err), &lines);
	if (res.how != RUN_INTERRUPTED)
		show_lines(&lines);
	return compose_fail(&r, "build", &res, 0, e);
}

/* Of the N bytes of "ADDRESS:PORT", to which ":" or ":ADDRESS:PORT/tcp" of the container may be added. */
static size_t address_length(const char *text, size_t n)
{
	size_t port = *text == '[' ? strcspn(text, "]") + 1 : strcspn(text, ":");

	if (port >= n || text[port] != ':')
		return n;
	return port + 1 + strspn(text + port + 1, "0123456789");
}

/*
 * The address of a port that is taken, out of what the engine said: "Bind for 0.0.0.0:443 failed: port
 * is already allocated" or "listen tcp4 0.0.0.0:443: bind: address already in use". NULL: it was not that.
 */
static char *taken_port(const char *text)
{
	static const char *const before[] = {"Bind for ", "listen tcp4 ", "listen tcp6 ", "listen tcp ",
					     "failed to bind host port for "};

	if (!strstr(text, "already allocated") && !strstr(text, "address already in use"))
		return NULL;
	for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
		const char *at = strstr(text, before[i]);
		size_t n;

		if (at == NULL)
			continue;
		at += strlen(before[i]);
		n = strcspn(at, " \n");
		return mem_dupn(at, address_length(at, n));
	}
	return NULL;
}

/* HOW: the option that says whether the containers are started. */
static int up(const struct compose *c, const struct strlist *services, const char *how, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0}, env = {0};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(mem_freep) char *taken = NULL;
	struct run r = {.timeout_ms = UP_MS, .line = log_detail_line};

	if (services->count == 0)
		return 0;
	compose_begin(c, &argv, &env);
	strlist_addv(&argv, (const char *[]){"up", how, "--no-build", NULL});
	strlist_addv(&argv, strlist_argv(services));
	r.argv = strlist_argv(&argv);
	r.env = strlist_argv(&env);
	if (run_command(&r, &res, e) != 0)
		return -1;
	if (compose_good(&res))
		return 0;
	compose_fail(&r, "up", &res, 0, e);
	taken = taken_port(str_get(&res.err));
	if (taken)
		error_set(e, e->code, "port '%s' is in use by another program: stop it, or choose another port",
			  taken);
	return -1;
}

int compose_up(const struct compose *c, const struct strlist *services, struct error *e)
{
	return up(c, services, "--detach", e);
}

int compose_create(const struct compose *c, const struct strlist *services, struct error *e)
{
	return up(c, services, "--no-start", e);
}

int compose_create_beside(const struct compose *c, const struct strlist *services, const size_t *have,
			  struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0}, env = {0};
	CLEANUP(run_free) struct run_result res = {0};
	struct run r = {.timeout_ms = UP_MS, .line = log_detail_line};

	if (services->count == 0)
		return 0;
	compose_begin(c, &argv, &env);
	strlist_addv(&argv, (const char *[]){"create", "--no-recreate", "--no-build", NULL});
	for (size_t i = 0; i < services->count; i++) {
		strlist_add(&argv, "--scale");
		strlist_addf(&argv, "%s=%zu", services->item[i], have[i] + 1);
	}
	strlist_addv(&argv, strlist_argv(services));
	r.argv = strlist_argv(&argv);
	r.env = strlist_argv(&env);
	if (run_command(&r, &res, e) != 0)
		return -1;
	return compose_good(&res) ? 0 : compose_fail(&r, "create", &res, 0, e);
}

/* The variables of JOB reach the container by their names: no value stands in an argument list. */
static void run_words(const struct compose *c, const struct compose_job *job, bool terminal, struct strlist *argv,
		      struct strlist *env)
{
	const struct strlist *more = job->env;

	compose_begin(c, argv, env);
	strlist_addv(argv, (const char *[]){"run", "--rm", "--no-deps", NULL});
	if (!terminal)
		strlist_add(argv, "--no-TTY");
	for (size_t i = 0; more && i < more->count; i++) {
		strlist_add(argv, "--env");
		strlist_take(argv, mem_dupn(more->item[i], strcspn(more->item[i], "=")));
		strlist_add(env, more->item[i]);
	}
	strlist_add(argv, job->service);
	strlist_addv(argv, strlist_argv(job->words));
}

int compose_run(const struct compose *c, const struct compose_job *job, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0}, env = {0};
	CLEANUP(run_free) struct run_result res = {0};
	struct run r = {.timeout_ms = job->timeout_ms, .line = log_detail_line, .reason = reason_of_django, .tick_ms = job->tick_ms,
			.tick = job->tick, .tick_arg = job->tick_arg};

	run_words(c, job, false, &argv, &env);
	r.argv = strlist_argv(&argv);
	r.env = strlist_argv(&env);
	if (run_command(&r, &res, e) != 0)
		return -1;
	if (!compose_good(&res)) {
		compose_fail(&r, "run", &res, 0, e);
		return error_context(e, "%s %s", job->service, job->words->count ? job->words->item[0] : "");
	}
	if (job->out)
		str_addn(job->out, str_get(&res.out), res.out.len);
	return 0;
}

int compose_run_foreground(const struct compose *c, const char *service, const struct strlist *words,
			   int *status, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0}, env = {0};
	CLEANUP(run_free) struct run_result res = {0};
	const struct compose_job job = {.service = service, .words = words};
	struct run r = {.foreground = true};

	run_words(c, &job, isatty(0) && isatty(1), &argv, &env);
	r.argv = strlist_argv(&argv);
	r.env = strlist_argv(&env);
	if (run_command(&r, &res, e) != 0)
		return -1;
	if (res.how == RUN_INTERRUPTED)
		return compose_fail(&r, "run", &res, 0, e);
	*status = res.how == RUN_EXITED ? res.code : EXIT_SIGNAL + res.code;
	return 0;
}
