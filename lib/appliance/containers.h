/* SPDX-License-Identifier: MIT */
/*
 * Containers that have to be there. `docker system prune`, which many machines have in cron, removes whatever is stopped
 * just then, and a power cut may cost one: so nobody takes the list of what is found for the list of what is wanted. What
 * is wanted is named by its service; what is gone is made again, of the recorded image.
 */
#ifndef APPLIANCE_CONTAINERS_H
#define APPLIANCE_CONTAINERS_H

#include <stdbool.h>

#include "adapter/docker/compose.h"
#include "adapter/docker/docker.h"
#include "base/error.h"
#include "base/str.h"
#include "appliance/database/database.h"

struct appliance;

/* --- what is there ---------------------------------------------------------------------------------------- */

/* All containers of the appliance, or of the root alone where there is no environment. */
int containers_list(const char *root, struct docker_list *list, struct error *e);

/* Adds the ids of the containers of GROUP in LIST, one-offs left out; RUNNING: only of those that are not stopped. */
void containers_pick(const struct docker_list *list, enum compose_group group, bool running,
		    struct strlist *ids);

/* The id of the container in which PostgreSQL runs; NULL: none does (69). Freed by the caller. */
char *containers_database(const char *root, struct error *e);

/* Adds to MISSING those of SERVICES that have no container in LIST; one-offs do not count. */
void containers_missing(const struct docker_list *list, const struct strlist *services, struct strlist *missing);

/* --- making, starting -------------------------------------------------------------------------------------- */

/*
 * Creates a container of each of SERVICES as A says, beside those that are there, and starts none. An image that is gone is
 * built; where the recorded one is there, it is that one.
 */
int containers_create(struct appliance *a, const struct strlist *services, struct error *e);

/*
 * Makes the containers of SERVICES of ROOT again, as the recorded version has them, says so, and records them. Adds their
 * ids to IDS; starts none. Needs the environment: the active one, or before a boot has published one, what it will be.
 */
int containers_make_again(const char *root, const struct strlist *services, struct strlist *ids, struct error *e);

/*
 * Starts the container of the database that is there, and waits until the server answers: for what is resolved after
 * a power cut, before ecs-start has started anything. It runs already: nothing.
 */
int containers_wake_database(const char *root, const struct database *d, struct error *e);

/*
 * Waits until the server of the database D answers, for MS milliseconds at most; its container was started. One that ends or
 * restarts again and again is an error (1) with its last lines said.
 */
int containers_wait_for_database(const char *root, const struct database *d, long ms, struct error *e);

/*
 * Lets containers of ROOT be started (NAME_BOOT_DIR): for who has seen that their volumes are mounted, or knows that they
 * need none. ecs-start does it with its folders.
 */
int containers_allow_starts(const char *root, struct error *e);

/* Whether that was done since the machine has booted, and the database D answers: else the application is ecs-start's. */
bool containers_may_start(const char *root, const struct database *d);

/*
 * Starts the containers of the application of ROOT as they are recorded, and waits until they are healthy. What is gone
 * is made again. Fails (1) where none is recorded.
 */
int containers_start_recorded(const char *root, struct error *e);

/* Starts the containers IDS, which ran before, in the same way; where one of them is gone, all that are recorded. */
int containers_start_again(const char *root, const struct strlist *ids, struct error *e);

/*
 * Fails (69) where not every service of the application that is recorded for ROOT has a healthy container, and names
 * the first that has not. One that starts just now is waited for, as in health_wait().
 */
int containers_check_served(const char *root, struct error *e);

/* --- removing ---------------------------------------------------------------------------------------------- */

/* Removes all containers of ROOT, running or not, and their networks; nothing there is no error. */
int containers_remove_all(const char *root, struct error *e);

/* Removes the one-off containers that a killed run left at work. */
int containers_remove_oneoffs(const char *root, struct error *e);

#endif
