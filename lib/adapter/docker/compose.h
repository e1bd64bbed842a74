/* SPDX-License-Identifier: MIT */
/*
 * Compose v2, run as `docker compose`: what the compose file says, and the few things that are done by
 * it. What only concerns containers that exist is done by adapter/docker/docker.h.
 */
#ifndef ADAPTER_DOCKER_COMPOSE_H
#define ADAPTER_DOCKER_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"
#include "sys/run.h"

/* Which file, as which project, with which variables. */
struct compose {
	char *file;         /* compose.yml; its folder is the project folder */
	struct strlist overlays; /* further files, each on top of those before */
	char *project;
	struct strlist env; /* NAME=value, all that compose gets beside what every child gets */
};

void compose_free(struct compose *c);

/* Told by the service's name (design: "Containers"). */
enum compose_group { COMPOSE_DATABASE, COMPOSE_APPLICATION, COMPOSE_SUPPORT };

#define COMPOSE_POSTGRES "ecs-postgres"

enum compose_group compose_group(const char *service);

struct compose_service {
	char *name;
	char *image;
	bool builds;     /* the image is built, not pulled */
	bool publishes;  /* a port of the host: two of it cannot run */
	struct strlist mounts; /* paths in it that a folder, a named volume or a tmpfs covers */
	long healthy_ms; /* how long it may take to become healthy by its own healthcheck */
	enum compose_group group;
};

/* A folder of the host that has to be there. */
struct compose_folder {
	char *path; /* without the root */
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

/* What the compose file says, x-ecs included. */
struct compose_facts {
	struct compose_service *service;
	size_t services;
	char *postgres; /* service of the database */
	int major;      /* PostgreSQL's major version in it */
	char *web;      /* service that runs Django's commands */
	struct strlist migrate, pending, manage; /* words for it */
	char *vault_query; /* SQL that lists the paths in the vault that rows know, or NULL */
	char *reload;   /* service to reload when certificates change, or NULL */
	struct strlist reload_command;
	struct strlist schedulers; /* services of which never two may run */
	char *front;               /* network that visitors come by, as Docker calls it, or NULL */
	struct strlist front_names; /* names that web has there */
	struct compose_folder *folder;
	size_t folders;
	char digest[65]; /* SHA-256 of all that compose makes of file and environment */
};

/*
 * Asks compose what it makes of the file: 69 when it cannot be run or does not come to an end, 78 when it refuses the file.
 */
int compose_read(const struct compose *c, struct compose_facts *f, struct error *e);
void compose_facts_free(struct compose_facts *f);

/* The service NAME, or NULL. */
const struct compose_service *compose_find(const struct compose_facts *f, const char *name);

/* Adds the names of the services of GROUP. */
void compose_names(const struct compose_facts *f, enum compose_group group, struct strlist *out);

/* Builds the images of SERVICES; each line of the build goes to log_detail(). No services: nothing. */
int compose_build(const struct compose *c, const struct strlist *services, struct error *e);

/*
 * Creates, recreates where file or environment changed, and starts SERVICES, as `docker compose up` by hand
 * would, those they depend on included (without them Compose's idea of what changed would be another one). Does not
 * wait for their own health. A port that is taken is named. No services: nothing.
 */
int compose_up(const struct compose *c, const struct strlist *services, struct error *e);

/* The same, but starts nothing. */
int compose_create(const struct compose *c, const struct strlist *services, struct error *e);

/*
 * Creates one more container of each of SERVICES, beside those that are there, which stay as they are; starts
 * nothing. HAVE[i] is how many of the i-th there are.
 */
int compose_create_beside(const struct compose *c, const struct strlist *services, const size_t *have,
			  struct error *e);

/* A one-off container of a service, without those it depends on. */
struct compose_job {
	const char *service;
	const struct strlist *words; /* the command */
	const struct strlist *env;   /* further variables for the container, NAME=value, or NULL */
	long timeout_ms;
	long tick_ms;                /* as in sys/run.h */
	bool (*tick)(void *arg);
	void *tick_arg;
	struct str *out;             /* its stdout is added, or NULL */
};

/*
 * Runs JOB. Another status than 0 is an error with its last line; what it wrote on stderr goes to
 * log_detail(). *HOW (or NULL) tells how the client ended.
 */
int compose_run_job(const struct compose *c, const struct compose_job *job, enum run_how *how, struct error *e);

/* The same without ticks. */
int compose_run(const struct compose *c, const char *service, const struct strlist *words,
		const struct strlist *env, long timeout_ms, struct str *out, struct error *e);

/* The same with our stdin, stdout and stderr; its exit status goes to *STATUS. */
int compose_run_foreground(const struct compose *c, const char *service, const struct strlist *words,
			   int *status, struct error *e);

#endif
