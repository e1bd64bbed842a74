/* SPDX-License-Identifier: MIT */
/*
 * Compose v2, run as `docker compose`, for what only it can do. adapter/docker/facts.h reads the compose file;
 * adapter/docker/docker.h handles containers that exist.
 */
#ifndef ADAPTER_DOCKER_COMPOSE_H
#define ADAPTER_DOCKER_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"
#include "adapter/docker/facts.h"
#include "sys/run.h"

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
 * Runs JOB. A status other than 0 is an error with its last line; what it wrote to stderr goes to
 * log_detail().
 */
int compose_run(const struct compose *c, const struct compose_job *job, struct error *e);

/* The same with our stdin, stdout and stderr; its exit status goes to *STATUS. */
int compose_run_foreground(const struct compose *c, const char *service, const struct strlist *words,
			   int *status, struct error *e);

#endif
