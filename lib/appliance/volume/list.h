/* SPDX-License-Identifier: MIT */
/* What there is: the volumes with their room for snapshots, and the snapshots themselves. */
#ifndef APPLIANCE_VOLUME_LIST_H
#define APPLIANCE_VOLUME_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/error.h"

struct json;

/* A volume, and what its snapshots are taken from and grow in. */
struct snapshot_room {
	char *name, *target;
	const char *driver;    /* NULL: it takes no snapshots, and what follows is unknown */
	bool mounted;
	long long total, free; /* bytes; -1: unknown */
	int metadata;          /* percent of a thin pool's metadata in use; -1: there is none */
};

struct snapshot_entry {
	char *volume, *name;
	const char *driver;
	time_t created;
	long long age;            /* seconds */
	time_t expires;           /* 0: never */
	bool writable;
	bool lost;                /* it was full and holds nothing any more */
	bool partial;             /* of what lies in the volume now something is not in it */
	long long diverged, left; /* bytes, as struct storage_snapshot has them; -1: unknown */
	char *mounted;            /* where, or NULL */
};

struct snapshot_listing {
	struct snapshot_room *room;
	size_t rooms;
	struct snapshot_entry *snapshot;
	size_t snapshots;
};

/*
 * Of VOLUME, or of all volumes where it is NULL. The caller frees L in any case. A word that is no volume: 64;
 * else as the volumes' drivers fail.
 */
int snapshot_list(const char *root, const char *volume, struct snapshot_listing *l, struct error *e);
void snapshot_listing_free(struct snapshot_listing *l); /* for CLEANUP too */

/* "whole", "partial" or "lost" */
const char *snapshot_word(const struct snapshot_entry *s);

/*
 * Arrays of objects, for --json: {name, target, driver, mounted, total, free, metadata} and {volume, name, driver, created,
 * age, expires, writable, state, diverged, left, mounted}; null is what is unknown or does not apply. The caller frees them.
 */
struct json *snapshot_rooms_json(const struct snapshot_listing *l);
struct json *snapshot_entries_json(const struct snapshot_listing *l);

#endif
