/* SPDX-License-Identifier: MIT */
/* What the compose file says, by `docker compose config`. */
#ifndef ADAPTER_DOCKER_FACTS_H
#define ADAPTER_DOCKER_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "adapter/docker/call.h"
#include "base/error.h"
#include "base/str.h"

/* Told by the service's name (design: "Containers"). */
enum compose_group { COMPOSE_DATABASE, COMPOSE_APPLICATION, COMPOSE_SUPPORT };

#define COMPOSE_POSTGRES "ecs-postgres"

enum compose_group compose_group(const char *service);

struct compose_service {
	char *name;
	char *image;
	bool builds;     /* the image is built, not pulled */
	bool publishes;  /* a port of the host, so only one container of it can run */
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
	char *vault_query; /* SQL that lists the paths in the vault that the rows name, or NULL */
	char *reload;   /* service to reload when certificates change, or NULL */
	struct strlist reload_command;
	struct strlist schedulers; /* services that must never run twice */
	char *front;               /* network that visitors come by, as Docker calls it, or NULL */
	struct strlist front_names; /* names that web has there */
	struct compose_folder *folder;
	size_t folders;
	char digest[65]; /* SHA-256 of all that compose makes of file and environment */
};

/*
 * Has compose read the file: 69 if compose cannot be run or does not end in time, 78 if it refuses the file.
 */
int compose_read(const struct compose *c, struct compose_facts *f, struct error *e);
void compose_facts_free(struct compose_facts *f);

/* The service NAME, or NULL. */
const struct compose_service *compose_find(const struct compose_facts *f, const char *name);

/* Adds the names of the services of GROUP. */
void compose_names(const struct compose_facts *f, enum compose_group group, struct strlist *out);

#endif
