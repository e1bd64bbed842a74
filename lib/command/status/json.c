/* SPDX-License-Identifier: MIT */
#include "command/status/json.h"

#include "wrap/json.h"

static struct json *json_of_container(const struct docker_container *c)
{
	struct json *j = jv_object();

	jv_set_text(j, "service", c->service);
	jv_set_bool(j, "oneoff", c->oneoff);
	jv_set_text(j, "state", status_state_word(c));
	jv_set_text(j, "health", status_health_word(c));
	jv_set_text(j, "image", c->image);
	return j;
}

static struct json *json_of_volume(const struct status_volume *v)
{
	struct json *j = jv_object();

	jv_set_text(j, "name", v->name);
	jv_set_text(j, "path", v->path);
	jv_set_text(j, "state", status_volume_word(v));
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
	jv_set_text(j, "direction", status_direction(s));
	return j;
}

void status_json(const struct status *s, struct str *out)
{
	CLEANUP(jv_deletep) struct json *j = jv_object();
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
	jv_set(j, "room", s->storage_known ? snapshot_rooms_json(&s->storage) : jv_copy(NULL));
	jv_set(j, "snapshots", s->storage_known ? snapshot_entries_json(&s->storage) : jv_copy(NULL));
	jv_set(j, "left", s->leftovers_known ? leftovers_json(&s->leftovers) : jv_copy(NULL));
	jv_set(j, "trouble", json_of_list(&s->trouble));
	jv_write(j, 2, out);
	str_addc(out, '\n');
}
