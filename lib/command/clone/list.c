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
static const char *count_containers(const char *home, struct json *j)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(state_free) struct state state = {0};
	size_t healthy = 0, running = 0, all = 0;
	struct error e = {0};

	if (containers_list(home, &list, &e) != 0 || state_read(home, &state, &e) != 0) {
		log_detail("%s", e.text);
		jv_set_text(j, "containers", NULL);
		jv_set_text(j, "healthy", NULL);
		return "unknown";
	}
	for (size_t i = 0; i < list.count; i++) {
		const struct docker_container *c = &list.item[i];

		all += !c->oneoff;
		running += !c->oneoff && c->state != DOCKER_STOPPED;
		healthy += !c->oneoff && docker_is_healthy(c);
	}
	for (size_t i = 0; i < state.services; i++) /* one that is gone does not run either */
		all += docker_service(&list, state.service[i].name) == NULL;
	jv_set_number(j, "containers", (long long)all);
	jv_set_number(j, "healthy", (long long)healthy);
	return running == 0 ? "stopped" : healthy == all ? "serves" : "failing";
}

static int list_one(const char *root, const char *name, const struct volumes *vs, struct json *to, struct error *e)
{
	CLEANUP(mem_freep) char *home = appliance_clone_root(root, name);
	struct error no = {0};
	CLEANUP(jv_freep) struct json *record = clone_record(home, &no);
	struct json *j = jv_object();
	size_t whole = 0;
	time_t due = 0;
	const char *state;

	jv_add(to, j);
	if (record == NULL)
		log_detail("%s", no.text);
	if (count_snapshots(vs, name, &whole, &due, e) != 0)
		return -1;
	jv_set_text(j, "name", name);
	jv_set_text(j, "revision", jv_get_text(record, "revision"));
	jv_set(j, "created", jv_copy(jv_get(record, "created")));
	if (due)
		jv_set_number(j, "expires", due);
	else
		jv_set_text(j, "expires", NULL);
	jv_set_text(j, "url", jv_get_text(record, "url"));
	jv_set_text(j, "root", home);
	state = count_containers(home, j);
	jv_set_text(j, "state", record == NULL ? "unknown" : whole < 2 ? "lost" : state);
	return 0;
}

static int names_of(const char *root, struct strlist *names, struct error *e)
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

struct json *clone_list(const char *root, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};
	CLEANUP(volumes_free) struct volumes vs = {0};
	struct json *all = jv_array();
	int r = names_of(root, &names, e);

	if (r == 0 && names.count)
		r = volumes_find(root, NULL, &vs, e);
	for (size_t i = 0; r == 0 && i < names.count; i++)
		r = list_one(root, names.item[i], &vs, all, e);
	if (r == 0)
		return all;
	jv_free(all);
	return NULL;
}
