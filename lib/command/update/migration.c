/* SPDX-License-Identifier: MIT */
#include "command/update/migration.h"
#include "appliance/containers.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "appliance/database/activity.h"
#include "sys/clock.h"

#define LOCK_TIMEOUT "10s"

enum {
	DAY_S = 86400,
	TICK_MS = 500,
	POLL_MS = 100,
	UNMOUNT_MS = 30000,
	METADATA_MAX = 95,      /* percent of a thin pool's metadata */
	LOOKS_AHEAD = 2,        /* the migration is stopped when so many more as the last would fill it */
	SPARE_PART = 10,        /* of what was free: below this part of it the migration is stopped */
	SPARE_PART_SMALL = 4    /* where that is less than spare_min */
};

/* PostgreSQL's log takes 16 MiB at a time (wal_segment_size), and a busy one takes several between two looks. */
static const long long spare_min = 48LL << 20;
static const long long spare_max = 1LL << 30;

/* --- the snapshot ----------------------------------------------------------------------------------------- */

void migration_find_snapshot(struct change *c)
{
	if (snapshot_open(c->root, MIGRATION_SNAPSHOT, VOLUME_DATABASE, true, &c->done.snapshot, &c->found.no_snapshot) != 0)
		return;
	c->done.snapshot.expires = clock_now() + MIGRATION_KEEP_DAYS * DAY_S;
	c->done.has_snapshot = true;
}

int migration_check(struct change *c, struct error *e)
{
	if (c->done.has_snapshot)
		return snapshot_check_create(&c->done.snapshot, e);
	*e = c->found.no_snapshot;
	return error_context(e, "a migration needs a snapshot");
}

/* A checkpoint, so that what it holds is ready in a moment when it is put back. */
int migration_snapshot(void *ctx, struct error *e)
{
	struct change *c = ctx;
	char now[CLOCK_TEXT];

	if (activity_checkpoint(&c->found.database, e) != 0)
		return -1;
	state_set(&c->done.before.revision, c->found.from);
	state_set(&c->done.before.branch, c->found.a.state.branch);
	state_set(&c->done.before.taken, clock_text(clock_now(), now));
	return snapshot_take(&c->done.snapshot, e);
}

int migration_unsnapshot(void *ctx, struct error *e)
{
	struct change *c = ctx;

	return snapshot_untake(&c->done.snapshot, e);
}

int migration_name(void *ctx, struct error *e)
{
	struct change *c = ctx;

	return snapshot_name(&c->done.snapshot, e);
}

int migration_unname(void *ctx, struct error *e)
{
	struct change *c = ctx;

	return snapshot_unname(&c->done.snapshot, e);
}

int migration_plan(void *ctx, struct error *e)
{
	struct change *c = ctx;

	return snapshot_plan(&c->done.snapshot, e);
}

int migration_forget(void *ctx, struct error *e)
{
	struct change *c = ctx;

	return snapshot_forget(&c->done.snapshot, e);
}

/* --- watching it ------------------------------------------------------------------------------------------ */

struct watch {
	const struct change *c;
	struct strlist blockers; /* sessions that it waited for when last seen */
	long long free;          /* bytes left for the snapshot when it began, -1: unknown */
	long long last;          /* bytes left at the last look, -1: unknown */
	char *full;              /* what is about to be full, or NULL */
};

static void watch_free(struct watch *w)
{
	strlist_free(&w->blockers);
	free(w->full);
}

/* Bytes that can still change, -1: unknown. SPACE is filled. */
static long long left_for(const struct storage_volume *v, struct storage_space *space)
{
	CLEANUP(storage_list_free) struct storage_list l = {0};
	const struct storage_snapshot *s = NULL;
	struct error no = {0};
	long long left;

	if (v->driver->list(v, &l, &no) == 0)
		s = storage_list_find(&l, MIGRATION_SNAPSHOT);
	if (v->driver->space(v, space, &no) != 0)
		return -1;
	/* a classic snapshot has its own room; what is free beside it does not help it */
	left = s && s->left >= 0 ? s->left : space->free;
	if (v->driver->unwritten)
		left -= v->driver->unwritten(v);
	return left > 0 ? left : 0;
}

/* Bytes that are to stay free, of FREE when it began; a small volume cannot spare as much as spare_min. */
static long long spare_of(long long free)
{
	long long spare = free / SPARE_PART, small = free / SPARE_PART_SMALL;

	if (small > spare_min)
		small = spare_min;
	if (spare < small)
		spare = small;
	return spare < spare_max ? spare : spare_max;
}

/* Bytes that must be left: a fast disk takes more between two looks than any fixed reserve. */
static long long wanted(const struct watch *w, long long left)
{
	long long ahead = w->last < 0 ? 0 : LOOKS_AHEAD * (w->last - left), spare = spare_of(w->free);

	return ahead > spare ? ahead : spare;
}

static bool has_space(struct watch *w)
{
	const struct storage_volume *v = &w->c->done.snapshot.volumes.item[0];
	CLEANUP(storage_space_free) struct storage_space space = {.metadata = -1};
	long long left = left_for(v, &space);

	if (left >= 0 && w->free >= 0 && left < wanted(w, left))
		w->full = mem_format("%s has %lld MiB left for its snapshot", space.of, left >> 20);
	else if (space.metadata >= METADATA_MAX)
		w->full = mem_format("the metadata of %s are %d%% full", space.of, space.metadata);
	w->last = left;
	return w->full == NULL;
}

/* A database that does not answer in between is no reason to stop: the migration itself will tell. */
static bool tick(void *arg)
{
	struct watch *w = arg;
	struct strlist seen = {0};
	struct error no = {0};

	if (activity_blockers(&w->c->found.database, &seen, &no) == 0 && seen.count) {
		strlist_free(&w->blockers);
		w->blockers = seen;
	} else {
		strlist_free(&seen);
	}
	return has_space(w);
}

static void explain(struct watch *w, struct error *e)
{
	if (w->full) {
		error_set(e, EXIT_FAILED, "stopped before '%s' was full: %s", VOLUME_DATABASE, w->full);
		return;
	}
	if (!has_space(w)) { /* it took more than two looks foresaw */
		error_append(e, "'%s' is full: %s", VOLUME_DATABASE, w->full);
		return;
	}
	if (strstr(e->text, "lock timeout") == NULL)
		return;
	for (size_t i = 0; i < w->blockers.count; i++)
		error_append(e, "it waited for %s", w->blockers.item[i]);
}

/* --- the migration ---------------------------------------------------------------------------------------- */

int migration_run(void *ctx, struct error *e)
{
	struct change *c = ctx;
	CLEANUP(watch_free) struct watch w = {.c = c, .free = -1, .last = -1};
	CLEANUP(storage_space_free) struct storage_space space = {0};
	CLEANUP(strlist_free) struct strlist env = {0};
	const struct compose_job job = {
		.service = c->found.a.facts.web,
		.words = &c->found.a.facts.migrate,
		.env = &env,
		.timeout_ms = (c->asked.limit_s ? c->asked.limit_s : MIGRATION_LIMIT_S) * 1000,
		.tick_ms = TICK_MS,
		.tick = tick,
		.tick_arg = &w,
	};

	strlist_add(&env, "PGOPTIONS=-c lock_timeout=" LOCK_TIMEOUT);
	w.free = w.last = left_for(&c->done.snapshot.volumes.item[0], &space);
	if (compose_run(&c->found.a.compose, &job, e) != 0) {
		explain(&w, e);
		return -1;
	}
	return activity_count(&c->found.database, &c->done.before, e);
}

/* Somebody who looks about in the volume is soon gone again: an undo does not fail because of that. */
static int unmount(struct change *c, struct error *e)
{
	long long until = clock_ms() + UNMOUNT_MS;

	while (snapshot_unmount(&c->done.snapshot, e) != 0) {
		if (clock_ms() > until)
			return -1;
		poll(NULL, 0, POLL_MS * 5);
	}
	e->code = 0;
	return 0;
}

/*
 * A snapshot that was merged (LVM classic) is gone, and the volume is what it held. One that was full after all holds
 * nothing: whether the database may stay as it is, is not for us to say.
 */
static int put_back(struct change *c, struct error *e)
{
	const struct storage_volume *v = &c->done.snapshot.volumes.item[0];
	CLEANUP(storage_list_free) struct storage_list l = {0};
	const struct storage_snapshot *s;

	if (v->driver->list(v, &l, e) != 0)
		return -1;
	s = storage_list_find(&l, MIGRATION_SNAPSHOT);
	if (s == NULL)
		return snapshot_mount(&c->done.snapshot, e);
	if (s->broken) {
		v->driver->revert_check(v, MIGRATION_SNAPSHOT, e);
		return error_append(e, "until then the application stays stopped; afterwards the previous version runs with "
				       "the database as the migration left it; ecs-restore(8) can bring back a backup");
	}
	c->done.snapshot.keep = false; /* nobody wants the failed one back */
	if (unmount(c, e) != 0 || snapshot_swap(&c->done.snapshot, e) != 0 || snapshot_mount(&c->done.snapshot, e) != 0)
		return -1;
	return snapshot_settle(&c->done.snapshot, e);
}

static int stop_postgres(const struct change *c, int (*stop)(const struct strlist *, struct error *), struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (containers_list(c->root, &list, e) != 0)
		return -1;
	containers_pick(&list, COMPOSE_DATABASE, true, &ids);
	return stop(&ids, e);
}

/* What PostgreSQL would still write is thrown away with the rest: nobody waits for that. */
int migration_put_back(void *ctx, struct error *e)
{
	struct change *c = ctx;

	if (containers_remove_oneoffs(c->root, e) != 0 || stop_postgres(c, docker_end, e) != 0 || put_back(c, e) != 0)
		return -1;
	return migration_start_postgres(c, e);
}

/* --- PostgreSQL ------------------------------------------------------------------------------------------- */

int migration_stop_postgres(void *ctx, struct error *e)
{
	return stop_postgres(ctx, docker_stop, e);
}

int migration_start_postgres(void *ctx, struct error *e)
{
	struct change *c = ctx;

	return containers_wake_database(c->root, &c->found.database, e);
}

/* --- for a revert ----------------------------------------------------------------------------------------- */

int migration_swap(void *ctx, struct error *e)
{
	struct change *c = ctx;

	if (unmount(c, e) != 0 || snapshot_swap(&c->done.snapshot, e) != 0)
		return -1;
	return snapshot_mount(&c->done.snapshot, e);
}

int migration_unswap(void *ctx, struct error *e)
{
	struct change *c = ctx;

	if (unmount(c, e) != 0 || snapshot_unswap(&c->done.snapshot, e) != 0)
		return -1;
	return snapshot_mount(&c->done.snapshot, e);
}
