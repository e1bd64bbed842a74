/* SPDX-License-Identifier: MIT */
/*
 * How the appliance stands: what runs, what is unfinished, what is pending, what expires, how full the volumes are.
 * Looking changes nothing, takes no lock, and needs no environment.
 */
#ifndef COMMAND_STATUS_STATUS_H
#define COMMAND_STATUS_STATUS_H

#include <stdbool.h>
#include <stddef.h>

#include "adapter/docker/docker.h"
#include "base/error.h"
#include "flow/resolve.h"
#include "appliance/leftovers.h"
#include "appliance/state.h"
#include "appliance/volume/list.h"

struct json;

struct status_volume {
	char *name;    /* "ecs-files" */
	char *path;    /* its mount point, the root included */
	bool listed;   /* fstab has it */
	bool mounted;  /* something is mounted just there */
	bool there;    /* the folder exists */
	long long total, free; /* bytes of the file system it lies in; 0: not there */
};

struct status {
	const char *word; /* running degraded stopped standby maintenance unfinished empty unknown */
	struct state state;
	struct flow_left left;
	char *holder;     /* the command that holds the appliance lock: "ecs-start (pid 12, since …)", or NULL */
	bool maintenance; /* the site shows its maintenance page */
	bool standby;     /* the active environment says that nothing is to be started */
	struct docker_list containers;
	struct strlist trouble; /* what could not be found out, one message each */
	int code;               /* exit status that the trouble asks for, 0 without any */
	struct status_volume *volume;
	size_t volumes;
	struct snapshot_listing storage;
	bool storage_known; /* else it could not be found out */
	struct leftovers leftovers;
	bool leftovers_known;
};

/*
 * Looks at the appliance of ROOT; KINDS are all flows that its journal may hold. What cannot be found out becomes
 * trouble, never a failure.
 */
void status_look(const char *root, const struct flow_kind *kinds, struct status *s);
void status_free(struct status *s); /* for CLEANUP too */

/* "running", "stopped", …; what the container's own healthcheck says, or NULL. */
const char *status_state_word(const struct docker_container *c);
const char *status_health_word(const struct docker_container *c);

/* "mounted", "missing", "folder" or "none" */
const char *status_volume_word(const struct status_volume *v);

/* Where the next command takes the unfinished flow: "onward" or "back". */
const char *status_direction(const struct status *s);

#endif
