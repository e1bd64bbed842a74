/* SPDX-License-Identifier: MIT */
#include "command/start/questions.h"

#include <string.h>

#include "adapter/docker/image.h"
#include "appliance/containers.h"
#include "appliance/images.h"
#include "appliance/maintenance.h"
#include "appliance/secrets.h"
#include "appliance/volume/volumes.h"
#include "base/log.h"
#include "base/path.h"
#include "command/start/data.h"
#include "command/start/rows.h"
#include "sys/file.h"

/* --- environment ------------------------------------------------------------------------------------------ */

static int look_at_environment(struct start *s, struct error *e)
{
	struct env_choice *c = &s->found.choice;

	if (env_choose(s->root, c, e) != 0)
		return rows_refuse(s, "environment", e);
	rows_add(s, "environment", c->fault ? "start with the last good one" : "publish it", "%s %s%s%s", c->source,
	    c->where ? c->where : "", c->fault ? ": " : "", c->fault ? c->fault : "");
	s->found.standby = env_bool(c->env, "appliance.standby");
	rows_add(s, "standby", s->found.standby ? "start nothing" : "go on", "%s", s->found.standby ? "yes" : "no");
	return 0;
}

/* --- volumes ---------------------------------------------------------------------------------------------- */

/* A volume that is mounted under its older name only is used there. */
static void look_at_seeds(struct start *s)
{
	for (size_t i = 0; i < VOLUMES_KNOWN; i++) {
		CLEANUP(mem_freep) char *name = path_root(s->root, volumes_known[i].target);
		CLEANUP(mem_freep) char *seed = path_root(s->root, volumes_known[i].seed);
		struct error ignored = {0};

		/* an empty folder of ours is no reason to overlook what stands there */
		s->found.seed[i] = file_exists(name)
				     ? file_dir_empty(name, &ignored) == 1 && file_dir_empty(seed, &ignored) == 0
				     : file_exists(seed);
		if (s->found.seed[i])
			rows_add(s, "volumes", "link it", "'%s' instead of '%s'", volumes_known[i].seed,
			    volumes_known[i].target);
	}
}

/* A volume that takes no snapshots is told at every start; one that cannot be looked at keeps nothing from running. */
static void look_at_snapshots(struct start *s)
{
	CLEANUP(volumes_free) struct volumes vs = {0};
	struct error e = {0};

	if (volumes_find(s->root, NULL, &vs, &e) != 0) {
		rows_add(s, "volumes", "go on", "%s", e.text);
		log_warn("whether the volumes take snapshots is unknown: %s", e.text);
		return;
	}
	for (size_t i = 0; !vs.clone && i < VOLUMES_KNOWN; i++) {
		const struct storage_volume *v = volumes_get(&vs, volumes_known[i].name);
		const char *what = v && v->source ? "a file system without snapshots" : "a plain folder";

		if (v && v->driver)
			continue;
		rows_add(s, "volumes", "go on without snapshots", "'%s' is on %s", volumes_known[i].name, what);
		log_warn("'%s' is on %s: no snapshots, so no way back from a migration: see VOLUMES in ecs-snapshot(8)",
			 volumes_known[i].name, what);
	}
}

static int look_at_volumes(struct start *s, struct error *e)
{
	size_t count = 0;

	if (volumes_check_mounted(s->root, &count, e) != 0)
		return rows_refuse(s, "volumes", e);
	rows_add(s, "volumes", "go on", "%zu in fstab, all mounted", count);
	look_at_snapshots(s);
	look_at_seeds(s);
	return 0;
}

/* --- application and images --------------------------------------------------------------------------------- */

static int look_at_application(struct start *s, struct error *e)
{
	if (appliance_open(s->root, s->found.choice.env, &s->found.a, e) != 0)
		return rows_refuse(s, "application", e);
	s->found.fetch = *s->found.a.revision == '\0';
	if (s->found.fetch)
		rows_add(s, "application", "clone it", "no checkout in '%s'", s->found.a.source);
	else
		rows_add(s, "application", "go on", "revision %.12s (%s)", s->found.a.revision,
		    s->found.a.state.revision ? "it ran last" : "checked out");
	if (strcmp(s->found.a.database.name, "postgres") == 0 || str_begins(s->found.a.database.name, "template")) {
		error_set(e, EX_CONFIG, "ecs.database: '%s' is reserved by PostgreSQL", s->found.a.database.name);
		return rows_refuse(s, "application", e);
	}
	return 0;
}

/* Lists what has to be built; an image that is not ours to build is pulled by compose. */
int questions_ask_images(struct start *s, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};
	CLEANUP(str_free) struct str missing = {0};
	const struct compose_facts *f = &s->found.a.facts;

	strlist_free(&s->found.unbuilt);
	strlist_free(&s->found.images);
	for (size_t i = 0; i < f->services; i++)
		strlist_add(&names, f->service[i].image);
	if (docker_image_ids(&names, &s->found.images, e) != 0)
		return rows_refuse(s, "images", e);
	for (size_t i = 0; i < f->services; i++) {
		if (*s->found.images.item[i] || !f->service[i].builds)
			continue;
		strlist_add(&s->found.unbuilt, f->service[i].name);
		str_addf(&missing, "%s%s", missing.len ? " " : "", f->service[i].image);
	}
	if (s->found.unbuilt.count)
		rows_add(s, "images", "build what is missing", "missing: %s", missing.data);
	else
		rows_add(s, "images", "go on", "none is missing");
	/* what is built is built out of the checkout */
	if (strlist_has(&s->found.unbuilt, f->web) && !file_exists(s->found.a.source))
		s->found.fetch = true;
	return 0;
}

/* --- containers ------------------------------------------------------------------------------------------- */

/* Whether the container of service I is the one recorded, of the image that its name means today. */
static bool is_recorded(const struct start *s, size_t i)
{
	const char *name = s->found.a.facts.service[i].name;
	const struct docker_container *c = docker_service(&s->found.containers, name);
	const struct state_service *was = state_find(&s->found.a.state, name);

	return c && was && strcmp(c->id, was->container) == 0 && strcmp(c->image, was->image) == 0 &&
	       strcmp(c->image, s->found.images.item[i]) == 0;
}

static void look_at_containers(struct start *s)
{
	const struct compose_facts *f = &s->found.a.facts;
	size_t healthy = 0;

	s->found.same = s->found.a.state.config && strcmp(s->found.a.state.config, f->digest) == 0;
	for (size_t i = 0; i < f->services; i++) {
		const struct docker_container *c = docker_service(&s->found.containers, f->service[i].name);

		s->found.same = s->found.same && is_recorded(s, i);
		healthy += c && docker_is_healthy(c);
	}
	s->found.healthy = s->found.same && healthy == f->services;
	containers_pick(&s->found.containers, COMPOSE_APPLICATION, true, &s->found.application);
	rows_add(s, "containers",
	    s->found.healthy ? "nothing" : s->found.same ? "start what does not run" : "create and start",
	    "%zu of %zu healthy, %s", healthy, f->services,
	    s->found.same ? "unchanged" : "changed since they were recorded, or never recorded");
}

/* Those that are there: what is built later is looked at then. Unchanged ones were looked at before they were recorded. */
static int check_images(struct start *s, struct error *e)
{
	if (s->found.same || images_check_volumes(&s->found.a, e) == 0)
		return 0;
	return rows_refuse(s, "images", e);
}

/* The container that was recorded for SERVICE, if it is there. */
static const struct docker_container *recorded(const struct start *s, const char *service)
{
	const struct state_service *was = state_find(&s->found.a.state, service);

	for (size_t i = 0; was && i < s->found.containers.count; i++)
		if (strcmp(s->found.containers.item[i].id, was->container) == 0)
			return &s->found.containers.item[i];
	return NULL;
}

/*
 * An engine does not flush what it removes: after a power cut the containers of the version before may be there again.
 * Beside the one that was recorded of a service every other is such a ghost.
 */
static void find_ghosts(struct start *s)
{
	for (size_t i = s->found.containers.count; i-- > 0;) {
		const struct docker_container *c = &s->found.containers.item[i], *own = recorded(s, c->service);

		if (c->oneoff || own == NULL || own == c)
			continue;
		strlist_add(&s->found.ghosts, c->id);
		docker_list_remove(&s->found.containers, i);
	}
	if (s->found.ghosts.count)
		rows_add(s, "containers of before", "remove them", "%zu, back after a power cut", s->found.ghosts.count);
}

static int look_at_engine(struct start *s, struct error *e)
{
	if (containers_list(s->root, &s->found.containers, e) != 0)
		return rows_refuse(s, "engine", e);
	rows_add(s, "engine", "go on", "answers");
	find_ghosts(s);
	for (size_t i = 0; i < s->found.containers.count; i++)
		s->found.oneoffs = s->found.oneoffs || s->found.containers.item[i].oneoff;
	s->found.secrets = secrets_are_made(s->root);
	if (appliance_read(&s->found.a, e) != 0)
		return rows_refuse(s, "compose file", e);
	return 0;
}

/* --- certificates, maintenance ------------------------------------------------------------------------------ */

static int look_at_certificates(struct start *s, struct error *e)
{
	struct certificates *c = &s->found.certificates;

	if (certificates_look(&s->found.a, c, e) != 0)
		return rows_refuse(s, "certificates", e);
	rows_add(s, "certificates",
	    c->published ? "nothing" : c->key.len ? "install it" : "make and install one", "%s",
	    c->own ? "of env.yml" : c->key.len ? "self-signed" : "none");
	return 0;
}

static void look_at_maintenance(struct start *s)
{
	s->found.maintenance = maintenance_is_shown(s->root);
	if (s->found.maintenance)
		rows_add(s, "maintenance page", "end it when all is healthy", "up");
}

int questions_ask(struct start *s, struct error *e)
{
	if (look_at_environment(s, e) != 0)
		return -1;
	if (s->found.standby)
		return 0;
	if (look_at_volumes(s, e) != 0 || look_at_application(s, e) != 0 || look_at_engine(s, e) != 0 ||
	    questions_ask_images(s, e) != 0 || data_look_at_cluster(s, e) != 0 || data_look_early(s, e) != 0 ||
	    look_at_certificates(s, e) != 0)
		return -1;
	look_at_containers(s);
	if (check_images(s, e) != 0)
		return -1;
	data_look_at_pending(s);
	look_at_maintenance(s);
	return 0;
}
