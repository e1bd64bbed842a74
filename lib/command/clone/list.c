/* SPDX-License-Identifier: MIT */
#include "command/clone/list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "appliance/appliance.h"
#include "appliance/containers.h"
#include "appliance/volume/snapshot.h"
#include "command/clone/machine.h"
#include "wrap/json.h"

/* How many snapshots it has, one that was full not counted, and when the first of them ends. */
static int count_snapshots(const struct volumes *vs, const char *name, size_t *whole, time_t *due, struct error *e)
{
	for (size_t i = 0; i < vs->count; i++) {
		CLEANUP(storage_list_free) struct storage_list l = {0};
		const struct storage_snapshot *s;

		if (vs->item[i].driver && vs->item[i].driver->list(&vs->item[i], &l, e) != 0)
			return -1;
		s = storage_list_find(&l, name);
		*whole += s && !s->broken;
	}
	return snapshot_due(vs, name, due, e);
}

/* Sets containers and healthy; the word for it. */
static const char *count_containers(struct clone_entry *c)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(state_free) struct state state = {0};
	long long running = 0;
	struct error e = {0};

	if (containers_list(c->root, &list, &e) != 0 || state_read(c->root, &state, &e) != 0) {
		log_detail("%s", e.text);
		c->containers = c->healthy = -1;
		return "unknown";
	}
	for (size_t i = 0; i < list.count; i++) {
		const struct docker_container *d = &list.item[i];

		c->containers += !d->oneoff;
		running += !d->oneoff && d->state != DOCKER_STOPPED;
		c->healthy += !d->oneoff && docker_is_healthy(d);
	}
	for (size_t i = 0; i < state.services; i++) /* one that is gone does not run either */
		c->containers += docker_service(&list, state.service[i].name) == NULL;
	return running == 0 ? "stopped" : c->healthy == c->containers ? "serves" : "failing";
}

static int list_one(const char *root, const char *name, const struct volumes *vs, struct clone_entry *c, struct error *e)
{
	struct error no = {0};
	size_t whole = 0;
	const char *state;

	c->name = mem_dup(name);
	c->root = appliance_clone_root(root, name);
	CLEANUP(jv_deletep) struct json *record = clone_record(c->root, &no);
	if (record == NULL)
		log_detail("%s", no.text);
	c->revision = mem_dup(jv_get_text(record, "revision"));
	c->url = mem_dup(jv_get_text(record, "url"));
	c->created = (time_t)jv_number(jv_get(record, "created"), 0);
	if (count_snapshots(vs, name, &whole, &c->expires, e) != 0)
		return -1;
	state = count_containers(c);
	c->state = record == NULL ? "unknown" : whole < 2 ? "lost" : state;
	return 0;
}

int clone_names(const char *root, struct strlist *names, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_root(root, NAME_CLONES_DIR);
	struct dirent **entry = NULL;
	int n = scandir(dir, &entry, NULL, alphasort);

	if (n < 0)
		return errno == ENOENT ? 0 : error_errno(e, EX_IOERR, "cannot read '%s'", dir);
	for (int i = 0; i < n; i++) {
		if (path_is_name(entry[i]->d_name))
			strlist_add(names, entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	return 0;
}

int clone_list(const char *root, struct clone_listing *l, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};
	CLEANUP(volumes_free) struct volumes vs = {0};

	*l = (struct clone_listing){0};
	if (clone_names(root, &names, e) != 0 || (names.count && volumes_find(root, NULL, &vs, e) != 0))
		return -1;
	l->item = mem_alloc((names.count + 1) * sizeof *l->item);
	while (l->count < names.count) {
		struct clone_entry *c = &l->item[l->count++];

		if (list_one(root, names.item[l->count - 1], &vs, c, e) != 0)
			return -1;
	}
	return 0;
}

void clone_listing_free(struct clone_listing *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->item[i].name);
		free(l->item[i].root);
		free(l->item[i].revision);
		free(l->item[i].url);
	}
	free(l->item);
	*l = (struct clone_listing){0};
}
