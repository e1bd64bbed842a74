/* SPDX-License-Identifier: MIT */
/* The paused containers of a project. */
#ifndef ADAPTER_DOCKER_PAUSED_H
#define ADAPTER_DOCKER_PAUSED_H

#include "base/error.h"
#include "base/str.h"

/*
 * The ids of the paused containers of PROJECT, and the service of each, without inspecting one: where a healthcheck began as its
 * container was frozen, an inspection waits for the check's end with the container's lock (seen with Docker 20.10), and then
 * nothing can unpause it.
 */
int docker_paused(const char *project, struct strlist *ids, struct strlist *services, struct error *e);

#endif
