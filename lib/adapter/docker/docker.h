/* SPDX-License-Identifier: MIT */
/*
 * Docker Engine by its client: containers and images as they are. Containers are found by the labels
 * that Compose gives them, so that stopping and clearing up need no compose file and no environment.
 * An engine that does not answer, or refuses a question, is 69.
 */
#ifndef ADAPTER_DOCKER_DOCKER_H
#define ADAPTER_DOCKER_DOCKER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

enum docker_state { DOCKER_GONE, DOCKER_STOPPED, DOCKER_RESTARTING, DOCKER_RUNNING, DOCKER_PAUSED };
enum docker_health { DOCKER_NO_CHECK, DOCKER_STARTING, DOCKER_HEALTHY, DOCKER_UNHEALTHY };

struct docker_container {
	char *id;
	char *service;      /* of its Compose project; "" where it belongs to none */
	char *image;        /* "sha256:…" */
	bool oneoff;        /* made by `docker compose run` */
	enum docker_state state;
	enum docker_health health;
	int exit_code;      /* of one that is stopped or restarting */
	int restarts;       /* times it was restarted because it failed */
	struct strlist entrypoint;
	struct strlist anonymous; /* folders on the host of its unnamed volumes, which nobody else uses */
	struct strlist check; /* the command of its healthcheck, as for docker_exec(); empty where it has none */
};

struct docker_list {
	struct docker_container *item;
	size_t count;
};

/* Whether the engine speaks version 1.MINOR of its interface: 1 or 0; -1 on failure. */
int docker_speaks(int minor, struct error *e);

/* All containers of the Compose project PROJECT, running or not. The caller frees OUT. */
int docker_of_project(const char *project, struct docker_list *out, struct error *e);

/* The containers IDS as they are now, without those that are gone. */
int docker_inspect(const struct strlist *ids, struct docker_list *out, struct error *e);
void docker_list_free(struct docker_list *l);
void docker_list_remove(struct docker_list *l, size_t index); /* from the list alone */

/* The container of SERVICE that is no one-off, or NULL. */
const struct docker_container *docker_service(const struct docker_list *l, const char *service);

/* Whether it runs and its healthcheck, where it has one, says healthy. */
bool docker_is_healthy(const struct docker_container *c);

/*
 * Each handles all IDS at once; stop waits for each container's own grace period. It is no error if there are no IDS, or if
 * a container is in the wanted state already.
 */
int docker_stop(const struct strlist *ids, struct error *e);
int docker_end(const struct strlist *ids, struct error *e); /* at once, as a crash would */
int docker_start(const struct strlist *ids, struct error *e);
int docker_pause(const struct strlist *ids, struct error *e);  /* those that run */
int docker_unpause(const struct strlist *ids, struct error *e); /* of those that are paused */

/*
 * Removes the containers IDS, running ones too, and their unnamed volumes. An unnamed volume that holds data is kept, with a
 * warning.
 */
int docker_remove(const struct strlist *ids, struct error *e);

/*
 * Disconnects the container ID, running or not, from NETWORK; connects it, with the names ALIASES. It is no error if that
 * is so already.
 */
int docker_leave(const char *id, const char *network, struct error *e);
int docker_join(const char *id, const char *network, const struct strlist *aliases, struct error *e);

/* Removes the networks of the Compose project PROJECT, whose containers are gone. */
int docker_remove_networks(const char *project, struct error *e);

/* Adds the last COUNT lines of the log of container ID, both its outputs. */
int docker_log_tail(const char *id, int count, struct strlist *lines, struct error *e);

/* The folder on the host that holds images and containers; NULL on failure. The caller frees it. */
char *docker_data(struct error *e);

/* Adds to ARGV the words that run COMMAND in the running container ID, with our stdin. */
void docker_exec_words(const char *id, const struct strlist *command, struct strlist *argv);

/* Runs COMMAND there, without input and output; a status other than 0 is an error. */
int docker_exec(const char *id, const struct strlist *command, struct error *e);

/*
 * Runs COMMAND there with our stdin, stdout, stderr and, if it is one, terminal. Its exit status goes to
 * *STATUS, 128 + n where a signal ended the client.
 */
int docker_exec_foreground(const char *id, const struct strlist *command, int *status,
			   struct error *e);

#endif
