/* SPDX-License-Identifier: MIT */
#include "adapter/docker/facts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/docker/call.h"
#include "sys/run.h"
#include "wrap/digest.h"
#include "wrap/json.h"

enum { READ_MS = 60000 };

enum compose_group compose_group(const char *service)
{
	if (strcmp(service, COMPOSE_POSTGRES) == 0)
		return COMPOSE_DATABASE;
	return str_begins(service, "ecs.") ? COMPOSE_APPLICATION : COMPOSE_SUPPORT;
}

/* A duration as Go writes it ("1m30s", "500ms"), in milliseconds; OTHERWISE if TEXT is not one. */
static long duration(const char *text, long otherwise)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = {{"ms", 1}, {"us", 0.001}, {"ns", 0.000001}, {"h", 3600000}, {"m", 60000}, {"s", 1000}};
	double sum = 0;

	if (text == NULL || *text == '\0')
		return otherwise;
	while (*text) {
		char *end;
		double value = strtod(text, &end);
		size_t i = 0;

		while (i < sizeof units / sizeof *units && !str_begins(end, units[i].unit))
			i++;
		if (end == text || i == sizeof units / sizeof *units)
			return otherwise;
		sum += value * units[i].ms;
		text = end + strlen(units[i].unit);
	}
	return (long)sum;
}

/* What a healthcheck leaves out has Docker's default. */
static long healthy_within(const struct json *check)
{
	long each = duration(jv_get_text(check, "interval"), 30000) +
		    duration(jv_get_text(check, "timeout"), 30000);

	return duration(jv_get_text(check, "start_period"), 0) +
	       (long)(jv_number(jv_get(check, "retries"), 3) + 1) * each;
}

static bool publishes(const struct json *ports)
{
	for (size_t i = 0; i < jv_count(ports); i++) {
		const char *published = jv_get_text(jv_at(ports, i), "published");

		if (published && *published)
			return true;
	}
	return false;
}

/* An unnamed volume does not count: it ends with its container. */
static void read_mounts(const struct json *service, struct strlist *mounts)
{
	const struct json *volumes = jv_get(service, "volumes"), *tmpfs = jv_get(service, "tmpfs");

	for (size_t i = 0; i < jv_count(volumes); i++) {
		const struct json *v = jv_at(volumes, i);
		const char *type = jv_get_text(v, "type"), *target = jv_get_text(v, "target");

		if (type && target && (strcmp(type, "volume") != 0 || jv_get_text(v, "source")))
			strlist_add(mounts, target);
	}
	for (size_t i = 0; i < jv_count(tmpfs); i++) {
		const char *text = jv_text(jv_at(tmpfs, i)); /* "/tmp:size=64m" */

		if (text)
			strlist_take(mounts, mem_dupn(text, strcspn(text, ":")));
	}
}

static int add_service(void *arg, const char *name, const struct json *j)
{
	struct compose_facts *f = arg;
	struct compose_service *s = &f->service[f->services++];
	const char *image = jv_get_text(j, "image");

	s->name = mem_dup(name);
	s->image = mem_dup(image ? image : "");
	s->builds = jv_is_object(jv_get(j, "build"));
	s->publishes = publishes(jv_get(j, "ports"));
	read_mounts(j, &s->mounts);
	s->healthy_ms = healthy_within(jv_get(j, "healthcheck"));
	s->group = compose_group(name);
	return 0;
}

static int add_folder(void *arg, const char *path, const struct json *j)
{
	struct compose_facts *f = arg;
	struct compose_folder *folder = &f->folder[f->folders++];
	const char *mode = jv_get_text(j, "mode");

	folder->path = mem_dup(path);
	folder->uid = (uid_t)jv_number(jv_get(j, "uid"), 0);
	folder->gid = (gid_t)jv_number(jv_get(j, "gid"), 0);
	folder->mode = mode ? (mode_t)strtoul(mode, NULL, 8) : 0700;
	return 0;
}

static void add_words(const struct json *array, struct strlist *out)
{
	for (size_t i = 0; i < jv_count(array); i++)
		if (jv_text(jv_at(array, i)))
			strlist_add(out, jv_text(jv_at(array, i)));
}

/* The network that x-ecs calls the front, and the names of web in it: Compose adds that of the service. */
static void read_front(const struct json *config, const struct json *x, struct compose_facts *f)
{
	const char *front = jv_get_text(x, "front");
	const struct json *web = f->web ? jv_get(jv_get(config, "services"), f->web) : NULL;

	if (front == NULL || web == NULL)
		return;
	f->front = mem_dup(jv_get_text(jv_get(jv_get(config, "networks"), front), "name"));
	strlist_add(&f->front_names, f->web);
	add_words(jv_get(jv_get(jv_get(web, "networks"), front), "aliases"), &f->front_names);
}

static void read_facts(const struct json *config, struct compose_facts *f)
{
	const struct json *services = jv_get(config, "services"), *x = jv_get(config, "x-ecs");
	const struct json *folders = jv_get(x, "folders");

	f->service = mem_alloc((jv_count(services) + 1) * sizeof *f->service);
	jv_each(services, add_service, f);
	f->folder = mem_alloc((jv_count(folders) + 1) * sizeof *f->folder);
	jv_each(folders, add_folder, f);
	f->postgres = mem_dup(jv_text(jv_path(x, "postgres.service")));
	f->major = (int)jv_number(jv_path(x, "postgres.major"), 0);
	f->web = mem_dup(jv_get_text(x, "web"));
	f->vault_query = mem_dup(jv_text(jv_path(x, "vault.query")));
	f->reload = mem_dup(jv_text(jv_path(x, "reload.service")));
	add_words(jv_get(x, "migrate"), &f->migrate);
	add_words(jv_get(x, "pending"), &f->pending);
	add_words(jv_get(x, "manage"), &f->manage);
	add_words(jv_path(x, "reload.command"), &f->reload_command);
	add_words(jv_get(x, "schedulers"), &f->schedulers);
	read_front(config, x, f);
}

/* What no tool can do without. */
static int check_facts(const struct compose *c, const struct compose_facts *f, struct error *e)
{
	if (f->postgres && compose_find(f, f->postgres) && f->major > 0 && f->web &&
	    compose_find(f, f->web) && f->migrate.count && f->pending.count && f->manage.count)
		return 0;
	return error_set(e, EX_CONFIG,
			 "'%s': x-ecs must name postgres (service, major), web, migrate, pending and manage",
			 c->file);
}

int compose_read(const struct compose *c, struct compose_facts *f, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0}, env = {0};
	CLEANUP(run_free) struct run_result res = {0};
	CLEANUP(jv_deletep) struct json *config = NULL;
	struct run r = {.timeout_ms = READ_MS};

	*f = (struct compose_facts){0};
	if (access(c->file, R_OK) != 0)
		return error_errno(e, EX_CONFIG, "no compose file '%s'", c->file);
	compose_begin(c, &argv, &env);
	strlist_addv(&argv, (const char *[]){"config", "--format", "json", NULL});
	r.argv = strlist_argv(&argv);
	r.env = strlist_argv(&env);
	if (run_command(&r, &res, e) != 0)
		return -1;
	if (!compose_good(&res))
		return compose_fail(&r, "config", &res, res.how == RUN_EXITED ? EX_CONFIG : EX_UNAVAILABLE, e);
	config = jv_parse(str_get(&res.out), res.out.len, "docker compose config", e);
	if (config == NULL)
		return -1;
	read_facts(config, f);
	digest_sha256(str_get(&res.out), res.out.len, f->digest);
	if (check_facts(c, f, e) == 0)
		return 0;
	compose_facts_free(f);
	return -1;
}

void compose_facts_free(struct compose_facts *f)
{
	for (size_t i = 0; i < f->services; i++) {
		free(f->service[i].name);
		free(f->service[i].image);
		strlist_free(&f->service[i].mounts);
	}
	for (size_t i = 0; i < f->folders; i++)
		free(f->folder[i].path);
	free(f->service);
	free(f->folder);
	free(f->postgres);
	free(f->web);
	free(f->vault_query);
	free(f->reload);
	free(f->front);
	strlist_free(&f->migrate);
	strlist_free(&f->pending);
	strlist_free(&f->manage);
	strlist_free(&f->reload_command);
	strlist_free(&f->schedulers);
	strlist_free(&f->front_names);
	*f = (struct compose_facts){0};
}

const struct compose_service *compose_find(const struct compose_facts *f, const char *name)
{
	for (size_t i = 0; i < f->services; i++)
		if (strcmp(f->service[i].name, name) == 0)
			return &f->service[i];
	return NULL;
}

void compose_names(const struct compose_facts *f, enum compose_group group, struct strlist *out)
{
	for (size_t i = 0; i < f->services; i++)
		if (f->service[i].group == group)
			strlist_add(out, f->service[i].name);
}
