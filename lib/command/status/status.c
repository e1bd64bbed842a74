/* SPDX-License-Identifier: MIT */
#include "command/status/status.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/names.h"
#include "base/path.h"
#include "env/publish.h"
#include "appliance/appliance.h"
#include "appliance/containers.h"
#include "appliance/leftovers.h"
#include "appliance/maintenance.h"
#include "appliance/volume/list.h"
#include "appliance/volume/volumes.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/mounts.h"
#include "wrap/json.h"

/* --- looking ------------------------------------------------------------------------------------ */

static void note_trouble(struct status *s, const struct error *e)
{
	strlist_add(&s->trouble, e->text);
	if (s->code == 0)
		s->code = e->code;
}

/* The volume NAME at PATH, which is taken over. */
static void look_at_volume(struct status *s, const char *root, const char *name, char *path,
			   const struct mounts_table *mounts, const struct mounts_table *fstab)
{
	struct status_volume *v;
	struct statvfs fs;

	s->volume = mem_grow(s->volume, (s->volumes + 1) * sizeof *s->volume);
	v = &s->volume[s->volumes++];
	*v = (struct status_volume){.name = mem_dup(name), .path = path};
	v->mounted = mounts_at(mounts, v->path) != NULL;
	v->listed = mounts_at(fstab, v->path + strlen(root)) != NULL;
	v->there = file_exists(v->path);
	if (v->there && statvfs(v->path, &fs) == 0) {
		v->total = (long long)fs.f_blocks * (long long)fs.f_frsize;
		v->free = (long long)fs.f_bavail * (long long)fs.f_frsize;
	}
}

static void look_at_volumes(struct status *s, const char *root)
{
	CLEANUP(mem_freep) char *path = path_root(root, "/etc/fstab");
	CLEANUP(mounts_free) struct mounts_table mounts = {0}, fstab = {0};
	struct error e = {0};

	if (mounts_read(&mounts, &e) != 0 || mounts_read_fstab(path, &fstab, &e) != 0)
		note_trouble(s, &e);
	for (size_t i = 0; i < VOLUMES_KNOWN; i++)
		look_at_volume(s, root, volumes_known[i].name, volumes_folder(root, i), &mounts, &fstab);
	look_at_volume(s, root, "temp", path_root(root, NAME_TEMP), &mounts, &fstab);
}

static void look_at_lock(struct status *s, const char *root)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_LOCK);
	CLEANUP(str_free) struct str who = {0};
	struct error e = {0};
	int held = lock_look(path, &who, &e);

	if (held < 0)
		note_trouble(s, &e);
	else if (held)
		s->holder = mem_dup(who.data);
}

/* No environment yet, or one that is not usable, is ecs-start's to say. */
static bool is_standby(const char *root)
{
	CLEANUP(env_freep) struct env *env = NULL;
	struct error ignored = {0};

	return env_active(root, &env, &ignored) == 0 && env_bool(env, "appliance.standby");
}

static void look_at_storage(struct status *s, const char *root)
{
	struct error e = {0};

	s->storage = snapshot_list(root, NULL, &e);
	if (s->storage == NULL) {
		error_context(&e, "snapshots");
		note_trouble(s, &e);
	}
}

static void look_at_leftovers(struct status *s, const char *root)
{
	struct error e = {0};

	s->leftovers = leftovers_list(root, &e);
	if (s->leftovers == NULL)
		note_trouble(s, &e);
}

/* What counts for "running": the application's containers that are no one-offs. */
static const char *containers_word(const struct status *s)
{
	size_t run = 0, healthy = 0, all = 0;

	for (size_t i = 0; i < s->containers.count; i++) {
		const struct docker_container *c = &s->containers.item[i];

		if (c->oneoff)
			continue;
		all++;
		run += c->state != DOCKER_STOPPED && str_begins(c->service, "ecs.");
		healthy += docker_is_healthy(c);
	}
	for (size_t i = 0; i < s->state.services; i++) /* one that is gone does not run either */
		all += docker_service(&s->containers, s->state.service[i].name) == NULL;
	if (run == 0)
		return s->standby ? "standby" : s->state.revision ? "stopped" : "empty";
	return healthy == all ? "running" : "degraded";
}

static const char *find_word(const struct status *s, bool engine)
{
	const char *word = containers_word(s);

	if (s->left.flow && s->holder == NULL)
		return "unfinished";
	if (!engine)
		return "unknown";
	if (s->maintenance && strcmp(word, "running") != 0 && strcmp(word, "standby") != 0)
		return "maintenance";
	return word;
}

void status_look(const char *root, const struct flow_kind *kinds, struct status *s)
{
	struct error e = {0};
	bool engine = true;

	*s = (struct status){0};
	if (state_read(root, &s->state, &e) != 0)
		note_trouble(s, &e);
	look_at_lock(s, root);
	e = (struct error){0};
	if (flow_look(root, kinds, &s->left, &e) != 0)
		note_trouble(s, &e);
	s->maintenance = maintenance_is_shown(root);
	s->standby = is_standby(root);
	look_at_volumes(s, root);
	look_at_storage(s, root);
	look_at_leftovers(s, root);
	e = (struct error){0};
	if (containers_list(root, &s->containers, &e) != 0) {
		engine = false;
		note_trouble(s, &e);
	}
	s->word = find_word(s, engine);
}

void status_free(struct status *s)
{
	state_free(&s->state);
	flow_left_free(&s->left);
	docker_list_free(&s->containers);
	strlist_free(&s->trouble);
	free(s->holder);
	for (size_t i = 0; i < s->volumes; i++) {
		free(s->volume[i].name);
		free(s->volume[i].path);
	}
	free(s->volume);
	jv_free(s->storage);
	jv_free(s->leftovers);
	*s = (struct status){0};
}

/* --- telling ------------------------------------------------------------------------------------ */

static const char *state_word(const struct docker_container *c)
{
	static const char *const words[] = {
		[DOCKER_GONE] = "gone",           [DOCKER_STOPPED] = "stopped",
		[DOCKER_RESTARTING] = "restarting", [DOCKER_RUNNING] = "running",
		[DOCKER_PAUSED] = "paused",
	};

	return words[c->state];
}

static const char *health_word(const struct docker_container *c)
{
	static const char *const words[] = {
		[DOCKER_NO_CHECK] = "-",
		[DOCKER_STARTING] = "starting",
		[DOCKER_HEALTHY] = "healthy",
		[DOCKER_UNHEALTHY] = "unhealthy",
	};

	/* what was found while it still ran says nothing any more */
	return c->state == DOCKER_RUNNING ? words[c->health] : "-";
}

static const char *volume_word(const struct status_volume *v)
{
	if (v->mounted)
		return "mounted";
	if (v->listed)
		return "missing"; /* fstab has it, and it did not come up */
	return v->there ? "folder" : "none";
}

static const char *direction(const struct status *s)
{
	return s->left.onward ? "onward" : "back";
}

/* A number, or "-" where it is not known or does not apply. */
static void add_number(struct str *out, const struct json *j)
{
	long long n = jv_number(j, -1);

	if (n < 0)
		str_add(out, "\t-");
	else
		str_addf(out, "\t%lld", n);
}

static void add_time(struct str *out, const struct json *j)
{
	long long at = jv_number(j, 0);
	char text[CLOCK_TEXT] = "-";

	str_addf(out, "\t%s", at ? clock_text((time_t)at, text) : text);
}

static void storage_text(const struct json *storage, struct str *out)
{
	const struct json *pools = jv_get(storage, "volumes"), *snapshots = jv_get(storage, "snapshots");

	for (size_t i = 0; i < jv_count(pools); i++) {
		const struct json *p = jv_at(pools, i);

		if (jv_get_text(p, "driver") == NULL)
			continue;
		str_addf(out, "room\t%s\t%s", jv_get_text(p, "name"), jv_get_text(p, "driver"));
		add_number(out, jv_get(p, "free"));
		add_number(out, jv_get(p, "total"));
		add_number(out, jv_get(p, "metadata"));
		str_addc(out, '\n');
	}
	for (size_t i = 0; i < jv_count(snapshots); i++) {
		const struct json *s = jv_at(snapshots, i);

		str_addf(out, "snapshot\t%s\t%s\t%s", jv_get_text(s, "name"), jv_get_text(s, "volume"),
			 jv_get_text(s, "state"));
		add_time(out, jv_get(s, "created"));
		add_time(out, jv_get(s, "expires"));
		str_addc(out, '\n');
	}
}

void status_text(const struct status *s, struct str *out)
{
	str_addf(out, "state\t%s\n", s->word);
	if (s->state.revision)
		str_addf(out, "revision\t%s\t%s\t%s\n", s->state.revision,
			 s->state.branch ? s->state.branch : "", s->state.since ? s->state.since : "");
	if (s->holder)
		str_addf(out, "lock\t%s\n", s->holder);
	if (s->left.flow)
		str_addf(out, "unfinished\t%s\t%s\t%s\n", s->left.flow,
			 s->left.step ? s->left.step : "", direction(s));
	for (size_t i = 0; i < s->state.pending.count; i++)
		str_addf(out, "pending\t%s\n", s->state.pending.item[i]);
	for (size_t i = 0; i < s->containers.count; i++) {
		const struct docker_container *c = &s->containers.item[i];

		str_addf(out, "%s\t%s\t%s\t%s\n", c->oneoff ? "oneoff" : "service", c->service,
			 state_word(c), health_word(c));
	}
	for (size_t i = 0; i < s->volumes; i++) {
		const struct status_volume *v = &s->volume[i];

		str_addf(out, "volume\t%s\t%s\t%s\t%lld\t%lld\n", v->name, v->path, volume_word(v),
			 v->free, v->total);
	}
	storage_text(s->storage, out);
	for (size_t i = 0; i < jv_count(s->leftovers); i++) {
		const struct json *j = jv_at(s->leftovers, i);
		const char *volume = jv_get_text(j, "volume");

		str_addf(out, "left\t%s\t%s\t%s", jv_get_text(j, "kind"), volume ? volume : "-", jv_get_text(j, "what"));
		add_time(out, jv_get(j, "since"));
		str_addf(out, "\t%s\n", jv_get_text(j, "why"));
	}
}

static struct json *json_of_container(const struct docker_container *c)
{
	struct json *j = jv_object();

	jv_set_text(j, "service", c->service);
	jv_set_bool(j, "oneoff", c->oneoff);
	jv_set_text(j, "state", state_word(c));
	jv_set_text(j, "health", health_word(c)[0] == '-' ? NULL : health_word(c));
	jv_set_text(j, "image", c->image);
	return j;
}

static struct json *json_of_volume(const struct status_volume *v)
{
	struct json *j = jv_object();

	jv_set_text(j, "name", v->name);
	jv_set_text(j, "path", v->path);
	jv_set_text(j, "state", volume_word(v));
	jv_set_number(j, "free", v->free);
	jv_set_number(j, "total", v->total);
	return j;
}

static struct json *json_of_list(const struct strlist *l)
{
	struct json *j = jv_array();

	for (size_t i = 0; i < l->count; i++)
		jv_add_text(j, l->item[i]);
	return j;
}

static struct json *json_of_left(const struct status *s)
{
	struct json *j = jv_object();

	jv_set_text(j, "flow", s->left.flow);
	jv_set_text(j, "step", s->left.step);
	jv_set_text(j, "direction", direction(s));
	return j;
}

void status_json(const struct status *s, struct str *out)
{
	CLEANUP(jv_freep) struct json *j = jv_object();
	struct json *services = jv_array(), *volumes = jv_array();

	jv_set_text(j, "state", s->word);
	jv_set_text(j, "revision", s->state.revision);
	jv_set_text(j, "branch", s->state.branch);
	jv_set_text(j, "since", s->state.since);
	jv_set_text(j, "lock", s->holder);
	if (s->left.flow)
		jv_set(j, "unfinished", json_of_left(s));
	else
		jv_set_text(j, "unfinished", NULL);
	jv_set_bool(j, "maintenance", s->maintenance);
	jv_set_bool(j, "standby", s->standby);
	jv_set(j, "pending", json_of_list(&s->state.pending));
	for (size_t i = 0; i < s->containers.count; i++)
		jv_add(services, json_of_container(&s->containers.item[i]));
	jv_set(j, "services", services);
	for (size_t i = 0; i < s->volumes; i++)
		jv_add(volumes, json_of_volume(&s->volume[i]));
	jv_set(j, "volumes", volumes);
	jv_set(j, "room", jv_copy(jv_get(s->storage, "volumes")));
	jv_set(j, "snapshots", jv_copy(jv_get(s->storage, "snapshots")));
	jv_set(j, "left", jv_copy(s->leftovers));
	jv_set(j, "trouble", json_of_list(&s->trouble));
	jv_write(j, 2, out);
	str_addc(out, '\n');
}

static void head(struct str *out, const char *name, const char *help)
{
	str_addf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void service_metrics(const struct status *s, struct str *out)
{
	head(out, "ecs_service_healthy", "Whether the service runs and is healthy.");
	for (size_t i = 0; i < s->containers.count; i++) {
		const struct docker_container *c = &s->containers.item[i];

		if (!c->oneoff)
			str_addf(out, "ecs_service_healthy{service=\"%s\",container=\"%.12s\"} %d\n",
				 c->service, c->id, docker_is_healthy(c));
	}
}

static void volume_metrics(const struct status *s, struct str *out)
{
	head(out, "ecs_volume_free_bytes", "Free space of the file system that the volume lies in.");
	for (size_t i = 0; i < s->volumes; i++)
		if (s->volume[i].total)
			str_addf(out, "ecs_volume_free_bytes{volume=\"%s\"} %lld\n", s->volume[i].name,
				 s->volume[i].free);
	head(out, "ecs_volume_size_bytes", "Size of the file system that the volume lies in.");
	for (size_t i = 0; i < s->volumes; i++)
		if (s->volume[i].total)
			str_addf(out, "ecs_volume_size_bytes{volume=\"%s\"} %lld\n", s->volume[i].name,
				 s->volume[i].total);
}

/* One series, of what is known of each volume's room: NAME{volume,driver}. */
static void room_metric(const struct json *rooms, const char *name, const char *help, const char *key,
			struct str *out)
{
	head(out, name, help);
	for (size_t i = 0; i < jv_count(rooms); i++) {
		const struct json *room = jv_at(rooms, i);
		long long value = jv_number(jv_get(room, key), -1);

		if (value >= 0)
			str_addf(out, "%s{volume=\"%s\",driver=\"%s\"} %lld\n", name, jv_get_text(room, "name"),
				 jv_get_text(room, "driver"), value);
	}
}

static void snapshot_metric(const struct json *snapshots, const char *name, const char *help,
			    long long (*value)(const struct json *snapshot), struct str *out)
{
	head(out, name, help);
	for (size_t i = 0; i < jv_count(snapshots); i++) {
		const struct json *s = jv_at(snapshots, i);

		if (value(s) >= 0)
			str_addf(out, "%s{volume=\"%s\",snapshot=\"%s\"} %lld\n", name, jv_get_text(s, "volume"),
				 jv_get_text(s, "name"), value(s));
	}
}

static long long created_of(const struct json *snapshot)
{
	return jv_number(jv_get(snapshot, "created"), -1);
}

static long long expires_of(const struct json *snapshot)
{
	return jv_number(jv_get(snapshot, "expires"), -1);
}

static long long lost_of(const struct json *snapshot)
{
	return strcmp(jv_get_text(snapshot, "state"), "lost") == 0;
}

static void storage_metrics(const struct json *storage, struct str *out)
{
	const struct json *rooms = jv_get(storage, "volumes"), *snapshots = jv_get(storage, "snapshots");

	room_metric(rooms, "ecs_room_free_bytes", "Free space for snapshots and their growth.", "free", out);
	room_metric(rooms, "ecs_room_size_bytes", "Size of what snapshots are taken from.", "total", out);
	room_metric(rooms, "ecs_room_metadata_percent", "Metadata in use of the thin pool.", "metadata", out);
	snapshot_metric(snapshots, "ecs_snapshot_created_seconds",
			"When the snapshot was taken, seconds since 1970.", created_of, out);
	snapshot_metric(snapshots, "ecs_snapshot_expires_seconds",
			"When the snapshot is to be removed, seconds since 1970.", expires_of, out);
	snapshot_metric(snapshots, "ecs_snapshot_lost", "Whether the snapshot was full and lost its content.",
			lost_of, out);
}

void status_metrics(const struct status *s, struct str *out)
{
	head(out, "ecs_running", "Whether all containers of the appliance run and are healthy.");
	str_addf(out, "ecs_running %d\n", strcmp(s->word, "running") == 0);
	head(out, "ecs_state_info", "How the appliance stands, and the revision that runs.");
	str_addf(out, "ecs_state_info{state=\"%s\",revision=\"%s\"} 1\n", s->word,
		 s->state.revision ? s->state.revision : "");
	head(out, "ecs_unfinished", "Whether a flow was cut off and waits to be resolved.");
	str_addf(out, "ecs_unfinished %d\n", s->left.flow && s->holder == NULL);
	head(out, "ecs_maintenance", "Whether the site shows its maintenance page.");
	str_addf(out, "ecs_maintenance %d\n", s->maintenance);
	head(out, "ecs_pending_migrations", "Migrations of the running revision that are not applied.");
	str_addf(out, "ecs_pending_migrations %zu\n", s->state.pending.count);
	service_metrics(s, out);
	volume_metrics(s, out);
	storage_metrics(s->storage, out);
	head(out, "ecs_left_behind", "Things that a finished command could not remove, and that later ones try again.");
	str_addf(out, "ecs_left_behind %zu\n", jv_count(s->leftovers));
}
