/* SPDX-License-Identifier: MIT */
/* How `docker compose` is called. */
#ifndef ADAPTER_DOCKER_CALL_H
#define ADAPTER_DOCKER_CALL_H

#include <stdbool.h>

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

/* --- for the files of this folder ------------------------------------------------------------------------- */

/* Adds the words up to the verb, and the variables. */
void compose_begin(const struct compose *c, struct strlist *argv, struct strlist *env);

/* Whether it ended with 0. */
bool compose_good(const struct run_result *res);

/*
 * run_error() of "docker compose VERB": the folder and file options stand between these words, and messages do without
 * them.
 */
int compose_fail(const struct run *r, const char *verb, const struct run_result *res, int code, struct error *e);

#endif
