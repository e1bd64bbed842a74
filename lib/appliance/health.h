/* SPDX-License-Identifier: MIT */
/* Healthy containers: who is, waiting until they are, and what to say of those that never will be. */
#ifndef APPLIANCE_HEALTH_H
#define APPLIANCE_HEALTH_H

#include "adapter/docker/docker.h"
#include "base/error.h"
#include "base/str.h"

/*
 * Whether the container C runs and is healthy. "Healthy" is the service's own healthcheck: Docker's word, or, while Docker
 * has not looked yet ("starting"), that of the same command run here, which is known seconds earlier.
 */
bool health_is_good(const struct docker_container *c);

/*
 * Waits until each of the containers IDS is healthy, for MS milliseconds at most. One that ends, is unhealthy or
 * restarts again and again is an error (1) with its last lines said.
 */
int health_wait(const struct strlist *ids, long ms, struct error *e);

/* Fails (1) where the container C never will be healthy, with its last lines said. */
int health_check(const struct docker_container *c, struct error *e);

/* Says the last lines of its log, for the person who has to find out. */
void health_show_log(const struct docker_container *c);

#endif
