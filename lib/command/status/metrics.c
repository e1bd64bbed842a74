/* SPDX-License-Identifier: MIT */
#include "command/status/metrics.h"

#include <string.h>

#include "base/exposition.h"

static void service_metrics(const struct status *s, struct str *out)
{
	exposition_head(out, "ecs_service_healthy", "Whether the service runs and is healthy.");
	for (size_t i = 0; i < s->containers.count; i++) {
		const struct docker_container *c = &s->containers.item[i];

		if (!c->oneoff)
			str_addf(out, "ecs_service_healthy{service=\"%s\",container=\"%.12s\"} %d\n",
				 c->service, c->id, docker_is_healthy(c));
	}
}

static void volume_metrics(const struct status *s, struct str *out)
{
	exposition_head(out, "ecs_volume_free_bytes", "Free space of the file system that the volume lies in.");
	for (size_t i = 0; i < s->volumes; i++)
		if (s->volume[i].total)
			str_addf(out, "ecs_volume_free_bytes{volume=\"%s\"} %lld\n", s->volume[i].name,
				 s->volume[i].free);
	exposition_head(out, "ecs_volume_size_bytes", "Size of the file system that the volume lies in.");
	for (size_t i = 0; i < s->volumes; i++)
		if (s->volume[i].total)
			str_addf(out, "ecs_volume_size_bytes{volume=\"%s\"} %lld\n", s->volume[i].name,
				 s->volume[i].total);
}

/* One series, of what is known of each volume's room: NAME{volume,driver}. */
static void room_metric(const struct snapshot_listing *l, const char *name, const char *help,
			long long (*value)(const struct snapshot_room *r), struct str *out)
{
	exposition_head(out, name, help);
	for (size_t i = 0; i < l->rooms; i++) {
		const struct snapshot_room *r = &l->room[i];

		if (r->driver && value(r) >= 0)
			str_addf(out, "%s{volume=\"%s\",driver=\"%s\"} %lld\n", name, r->name, r->driver, value(r));
	}
}

static void snapshot_metric(const struct snapshot_listing *l, const char *name, const char *help,
			    long long (*value)(const struct snapshot_entry *s), struct str *out)
{
	exposition_head(out, name, help);
	for (size_t i = 0; i < l->snapshots; i++) {
		const struct snapshot_entry *s = &l->snapshot[i];

		if (value(s) >= 0)
			str_addf(out, "%s{volume=\"%s\",snapshot=\"%s\"} %lld\n", name, s->volume, s->name, value(s));
	}
}

static long long free_of(const struct snapshot_room *r)
{
	return r->free;
}

static long long total_of(const struct snapshot_room *r)
{
	return r->total;
}

static long long metadata_of(const struct snapshot_room *r)
{
	return r->metadata;
}

static long long created_of(const struct snapshot_entry *s)
{
	return s->created;
}

static long long expires_of(const struct snapshot_entry *s)
{
	return s->expires ? s->expires : -1;
}

static long long lost_of(const struct snapshot_entry *s)
{
	return s->lost;
}

static void storage_metrics(const struct snapshot_listing *l, struct str *out)
{
	room_metric(l, "ecs_room_free_bytes", "Free space for snapshots and their growth.", free_of, out);
	room_metric(l, "ecs_room_size_bytes", "Size of what snapshots are taken from.", total_of, out);
	room_metric(l, "ecs_room_metadata_percent", "How full the metadata of the thin pool is.", metadata_of, out);
	snapshot_metric(l, "ecs_snapshot_created_seconds", "When the snapshot was taken, seconds since 1970.", created_of,
			out);
	snapshot_metric(l, "ecs_snapshot_expires_seconds", "When the snapshot is to be removed, seconds since 1970.",
			expires_of, out);
	snapshot_metric(l, "ecs_snapshot_lost", "Whether the snapshot was full and lost its content.", lost_of, out);
}

void status_metrics(const struct status *s, struct str *out)
{
	exposition_head(out, "ecs_running", "Whether all containers of the appliance run and are healthy.");
	str_addf(out, "ecs_running %d\n", strcmp(s->word, "running") == 0);
	exposition_head(out, "ecs_state_info", "The state of the appliance, and the revision that runs.");
	str_addf(out, "ecs_state_info{state=\"%s\",revision=\"%s\"} 1\n", s->word,
		 s->state.revision ? s->state.revision : "");
	exposition_head(out, "ecs_unfinished", "Whether a flow was cut off and waits to be resolved.");
	str_addf(out, "ecs_unfinished %d\n", s->left.flow && s->holder == NULL);
	exposition_head(out, "ecs_maintenance", "Whether the site shows its maintenance page.");
	str_addf(out, "ecs_maintenance %d\n", s->maintenance);
	exposition_head(out, "ecs_pending_migrations", "Migrations of the running revision that are not applied.");
	str_addf(out, "ecs_pending_migrations %zu\n", s->state.pending.count);
	service_metrics(s, out);
	volume_metrics(s, out);
	storage_metrics(&s->storage, out);
	exposition_head(out, "ecs_left_behind", "Things that a finished command could not remove, and that later ones try again.");
	str_addf(out, "ecs_left_behind %zu\n", s->leftovers.count);
}
