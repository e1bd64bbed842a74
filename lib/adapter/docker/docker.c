/* SPDX-License-Identifier: MIT */
#include "adapter/docker/docker.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/docker/ask.h"
#include "base/log.h"
#include "sys/file.h"
#include "sys/run.h"
#include "wrap/json.h"

enum {
	ASK_MS = 30000,        /* a question to the engine */
	STOP_MS = 10 * 60000,  /* longer than any service's grace period */
	EXEC_MS = 5 * 60000
};

/* --- questions ---------------------------------------------------------------------------------- */

int docker_speaks(int minor, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(run_free) struct run_result res = {0};
	unsigned long long theirs;

	strlist_addv(&argv, (const char *[]){"docker", "version", "--format", "{{.Server.APIVersion}}", NULL});
	if (docker_ask(&argv, NULL, &res, e) != 0)
		return -1;
	str_trim(&res.out);
	return str_begins(str_get(&res.out), "1.") && str_number(res.out.data + 2, 9999, &theirs) &&
	       (int)theirs >= minor;
}

/* --- one container out of what `docker inspect` says ----------------------------------------------- */

static enum docker_state state_of(const char *status)
{
	static const struct {
		const char *status;
		enum docker_state state;
	} table[] = {
		{"running", DOCKER_RUNNING},
		{"restarting", DOCKER_RESTARTING},
		{"paused", DOCKER_PAUSED},
	};

	for (size_t i = 0; status && i < sizeof table / sizeof *table; i++) {
		if (strcmp(status, table[i].status) == 0)
			return table[i].state;
	}
	return DOCKER_STOPPED;
}

static enum docker_health health_of(const char *status)
{
	if (status == NULL || strcmp(status, "none") == 0)
		return DOCKER_NO_CHECK;
	if (strcmp(status, "healthy") == 0)
		return DOCKER_HEALTHY;
	return strcmp(status, "unhealthy") == 0 ? DOCKER_UNHEALTHY : DOCKER_STARTING;
}

static char *text_or_empty(const struct json *object, const char *key)
{
	const char *text = jv_get_text(object, key);

	return mem_dup(text ? text : "");
}

/* "CMD" and words, "CMD-SHELL" and one text, or "NONE". */
static void read_check(const struct json *test, struct strlist *check)
{
	const char *kind = jv_text(jv_at(test, 0));

	if (kind == NULL || strcmp(kind, "NONE") == 0)
		return;
	if (strcmp(kind, "CMD-SHELL") == 0)
		strlist_addv(check, (const char *[]){"/bin/sh", "-c", NULL});
	for (size_t i = 1; i < jv_count(test); i++)
		strlist_add(check, jv_text(jv_at(test, i)));
}

/* The name of an unnamed volume is 64 hexadecimal digits. */
static void read_anonymous(const struct json *mounts, struct strlist *out)
{
	enum { DIGITS = 64 };

	for (size_t i = 0; i < jv_count(mounts); i++) {
		const struct json *m = jv_at(mounts, i);
		const char *type = jv_get_text(m, "Type"), *name = jv_get_text(m, "Name"), *source = jv_get_text(m, "Source");

		if (type && strcmp(type, "volume") == 0 && name && source && strlen(name) == DIGITS &&
		    strspn(name, "0123456789abcdef") == DIGITS)
			strlist_add(out, source);
	}
}

static void read_container(const struct json *j, struct docker_container *c)
{
	const struct json *state = jv_get(j, "State"), *config = jv_get(j, "Config");
	const struct json *labels = jv_get(config, "Labels"), *entry = jv_get(config, "Entrypoint");
	const char *oneoff = jv_get_text(labels, "com.docker.compose.oneoff");

	c->id = text_or_empty(j, "Id");
	c->image = text_or_empty(j, "Image");
	c->service = text_or_empty(labels, "com.docker.compose.service");
	c->oneoff = oneoff && strcmp(oneoff, "True") == 0;
	c->state = state_of(jv_get_text(state, "Status"));
	c->health = health_of(jv_text(jv_path(state, "Health.Status")));
	c->exit_code = (int)jv_number(jv_get(state, "ExitCode"), 0);
	c->restarts = (int)jv_number(jv_get(j, "RestartCount"), 0);
	for (size_t i = 0; i < jv_count(entry); i++)
		strlist_add(&c->entrypoint, jv_text(jv_at(entry, i)));
	read_check(jv_path(config, "Healthcheck.Test"), &c->check);
	read_anonymous(jv_get(j, "Mounts"), &c->anonymous);
}

int docker_inspect(const struct strlist *ids, struct docker_list *out, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(jv_deletep) struct json *all = NULL;

	*out = (struct docker_list){0};
	if (ids->count == 0)
		return 0;
	strlist_addv(&argv, (const char *[]){"docker", "container", "inspect", NULL});
	strlist_addv(&argv, strlist_argv(ids));
	if (docker_ask(&argv, "No such container", &res, e) < 0)
		return -1;
	all = jv_parse(str_get(&res.out), res.out.len, "docker container inspect", e);
	if (all == NULL)
		return -1;
	out->item = mem_alloc((jv_count(all) + 1) * sizeof *out->item);
	for (; out->count < jv_count(all); out->count++)
		read_container(jv_at(all, out->count), &out->item[out->count]);
	return 0;
}

int docker_of_project(const char *project, struct docker_list *out, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0}, ids = {0};
	CLEANUP(run_free) struct run_result res = {0};

	*out = (struct docker_list){0};
	strlist_addv(&argv, (const char *[]){"docker", "container", "ls", "--all", "--quiet", "--no-trunc",
					     "--filter", NULL});
	strlist_addf(&argv, "label=com.docker.compose.project=%s", project);
	if (docker_ask(&argv, NULL, &res, e) < 0)
		return -1;
	strlist_lines(&ids, str_get(&res.out));
	return docker_inspect(&ids, out, e);
}

static void container_free(struct docker_container *c)
{
	free(c->id);
	free(c->service);
	free(c->image);
	strlist_free(&c->entrypoint);
	strlist_free(&c->check);
	strlist_free(&c->anonymous);
}

void docker_list_remove(struct docker_list *l, size_t index)
{
	container_free(&l->item[index]);
	l->count--;
	memmove(&l->item[index], &l->item[index + 1], (l->count - index) * sizeof *l->item);
}

void docker_list_free(struct docker_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		container_free(&l->item[i]);
	free(l->item);
	*l = (struct docker_list){0};
}

const struct docker_container *docker_service(const struct docker_list *l, const char *service)
{
	for (size_t i = 0; i < l->count; i++) {
		if (!l->item[i].oneoff && strcmp(l->item[i].service, service) == 0)
			return &l->item[i];
	}
	return NULL;
}

bool docker_is_healthy(const struct docker_container *c)
{
	return c->state == DOCKER_RUNNING &&
	       (c->health == DOCKER_HEALTHY || c->health == DOCKER_NO_CHECK);
}

/* --- changes ------------------------------------------------------------------------------------ */

/* `docker VERB… IDS`; without IDS there is nothing to do. */
static int change(const char *const *verb, const struct strlist *ids, long timeout_ms, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(run_free) struct run_result res = {0};
	struct run r = {.timeout_ms = timeout_ms};

	if (ids->count == 0)
		return 0;
	strlist_addv(&argv, verb);
	strlist_addv(&argv, strlist_argv(ids));
	r.argv = strlist_argv(&argv);
	return run_check(&r, 0, &res, e);
}

int docker_stop(const struct strlist *ids, struct error *e)
{
	return change((const char *[]){"docker", "container", "stop", NULL}, ids, STOP_MS, e);
}

int docker_end(const struct strlist *ids, struct error *e)
{
	return change((const char *[]){"docker", "container", "stop", "-t", "0", NULL}, ids, STOP_MS, e);
}

/* `docker start` starts its containers one after the other; one client for each starts them at the same time. */
int docker_start(const struct strlist *ids, struct error *e)
{
	CLEANUP(mem_freep) struct run *runs = mem_alloc((ids->count + 1) * sizeof *runs);
	CLEANUP(mem_freep) const char *(*argv)[5] = mem_alloc((ids->count + 1) * sizeof *argv);

	for (size_t i = 0; i < ids->count; i++) {
		memcpy(argv[i], (const char *[5]){"docker", "container", "start", ids->item[i], NULL}, sizeof *argv);
		runs[i] = (struct run){.argv = argv[i], .timeout_ms = STOP_MS};
	}
	return run_together(runs, ids->count, 0, e);
}

/* Whether an unnamed volume of C holds data. One that cannot be read counts as if it did. */
static bool holds_data(const struct docker_container *c)
{
	bool holds = false;

	for (size_t i = 0; i < c->anonymous.count; i++) {
		struct error no = {0};

		/* the folder is missing where the engine runs on another machine */
		if (file_exists(c->anonymous.item[i]) && file_dir_empty(c->anonymous.item[i], &no) == 1)
			continue;
		log_warn("an unnamed volume of '%s' holds data and is kept: '%s'", c->service, c->anonymous.item[i]);
		holds = true;
	}
	return holds;
}

int docker_remove(const struct strlist *ids, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(strlist_free) struct strlist keep = {0}, rest = {0};

	if (docker_inspect(ids, &list, e) != 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		strlist_add(holds_data(&list.item[i]) ? &keep : &rest, list.item[i].id);
	if (change((const char *[]){"docker", "container", "rm", "--force", NULL}, &keep, STOP_MS, e) != 0)
		return -1;
	return change((const char *[]){"docker", "container", "rm", "--force", "--volumes", NULL}, &rest, STOP_MS, e);
}

int docker_remove_networks(const char *project, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0}, ids = {0};
	CLEANUP(run_free) struct run_result res = {0};

	strlist_addv(&argv, (const char *[]){"docker", "network", "ls", "--quiet", "--filter", NULL});
	strlist_addf(&argv, "label=com.docker.compose.project=%s", project);
	if (docker_ask(&argv, NULL, &res, e) < 0)
		return -1;
	strlist_lines(&ids, str_get(&res.out));
	return change((const char *[]){"docker", "network", "rm", NULL}, &ids, ASK_MS, e);
}

int docker_leave(const char *id, const char *network, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(run_free) struct run_result res = {0};

	strlist_addv(&argv, (const char *[]){"docker", "network", "disconnect", network, id, NULL});
	return docker_ask(&argv, "is not connected to", &res, e) < 0 ? -1 : 0;
}

int docker_join(const char *id, const char *network, const struct strlist *aliases, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(run_free) struct run_result res = {0};

	strlist_addv(&argv, (const char *[]){"docker", "network", "connect", NULL});
	for (size_t i = 0; i < aliases->count; i++)
		strlist_addv(&argv, (const char *[]){"--alias", aliases->item[i], NULL});
	strlist_addv(&argv, (const char *[]){network, id, NULL});
	return docker_ask(&argv, "already exists in network", &res, e) < 0 ? -1 : 0;
}

int docker_pause(const struct strlist *ids, struct error *e)
{
	return change((const char *[]){"docker", "container", "pause", NULL}, ids, ASK_MS, e);
}

int docker_unpause(const struct strlist *ids, struct error *e)
{
	return change((const char *[]){"docker", "container", "unpause", NULL}, ids, ASK_MS, e);
}

/* --- logs, commands ----------------------------------------------------------------------- */

int docker_log_tail(const char *id, int count, struct strlist *lines, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(run_free) struct run_result res = {0};

	strlist_addv(&argv, (const char *[]){"docker", "container", "logs", "--tail", NULL});
	strlist_addf(&argv, "%d", count);
	strlist_add(&argv, id);
	if (docker_ask(&argv, NULL, &res, e) != 0)
		return -1;
	strlist_lines(lines, str_get(&res.out));
	strlist_lines(lines, str_get(&res.err));
	return 0;
}

char *docker_data(struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(run_free) struct run_result res = {0};

	strlist_addv(&argv, (const char *[]){"docker", "info", "--format", "{{.DockerRootDir}}", NULL});
	if (docker_ask(&argv, NULL, &res, e) != 0)
		return NULL;
	str_trim(&res.out);
	return mem_dup(str_get(&res.out));
}

static void exec_words(const char *id, const char *flags, const struct strlist *command,
		       struct strlist *argv)
{
	strlist_addv(argv, (const char *[]){"docker", "container", "exec", NULL});
	if (flags)
		strlist_add(argv, flags);
	strlist_add(argv, id);
	strlist_addv(argv, strlist_argv(command));
}

void docker_exec_words(const char *id, const struct strlist *command, struct strlist *argv)
{
	exec_words(id, "-i", command, argv);
}

int docker_exec(const char *id, const struct strlist *command, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(run_free) struct run_result res = {0};
	struct run r = {.timeout_ms = EXEC_MS};

	exec_words(id, NULL, command, &argv);
	r.argv = strlist_argv(&argv);
	return run_check(&r, 0, &res, e);
}

int docker_exec_foreground(const char *id, const struct strlist *command, int *status,
			   struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(run_free) struct run_result res = {0};
	struct run r = {.foreground = true};

	exec_words(id, isatty(0) && isatty(1) ? "-it" : "-i", command, &argv);
	r.argv = strlist_argv(&argv);
	if (run_command(&r, &res, e) != 0)
		return -1;
	if (res.how == RUN_INTERRUPTED)
		return run_error(&r, &res, 0, e);
	*status = res.how == RUN_EXITED ? res.code : EXIT_SIGNAL + res.code;
	return 0;
}
