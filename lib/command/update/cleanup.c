/* SPDX-License-Identifier: MIT */
#include "command/update/cleanup.h"

#include <stdlib.h>
#include <string.h>

#include "adapter/docker/image.h"
#include "adapter/git/git.h"
#include "base/log.h"
#include "command/update/containers.h"
#include "command/update/migration.h"

static bool kept(const struct state *s, const char *revision)
{
	return strcmp(revision, s->revision) == 0 || (s->previous && strcmp(revision, s->previous) == 0) ||
	       (s->before.revision && strcmp(revision, s->before.revision) == 0);
}

/* The images of REVISION, named like those of the services that are built. */
static int remove_images(const struct change *c, const char *revision, struct error *e)
{
	for (size_t i = 0; i < c->found.a.facts.services; i++) {
		const struct compose_service *s = &c->found.a.facts.service[i];
		const char *colon = strrchr(s->image, ':');
		CLEANUP(mem_freep) char *name = NULL;

		if (s->group != COMPOSE_APPLICATION || !s->builds || !colon || strcmp(colon + 1, c->asked.to) != 0)
			continue;
		name = mem_format("%.*s:%s", (int)(colon - s->image), s->image, revision);
		if (docker_image_remove(name, e) != 0)
			return -1;
	}
	return 0;
}

/* N and N-1 stay, and what PRE_MIGRATE goes back to. What cannot be removed is tried again by the next update. */
static void remove_old_images(struct change *c)
{
	struct state *s = &c->found.a.state;
	struct strlist left = {0};

	for (size_t i = 0; i < s->built.count; i++) {
		struct error no = {0};

		if (!kept(s, s->built.item[i]) && remove_images(c, s->built.item[i], &no) == 0)
			continue;
		if (no.code)
			log_detail("%s", no.text);
		strlist_add(&left, s->built.item[i]);
	}
	strlist_free(&s->built);
	s->built = left;
}

/* The checkout follows what runs, for whoever looks there; a changed file is a person's own. */
static void move_checkout(struct change *c)
{
	struct error e = {0};
	int dirty = git_is_dirty(c->found.a.source, &e);

	if (dirty == 0 && git_move(c->found.a.source, c->found.a.branch, c->asked.to, &e) == 0)
		return;
	if (dirty == 1)
		log_warn("files in '%s' were changed by hand: the checkout stays as it is", c->found.a.source);
	else
		log_warn("the checkout stays as it is: %s", e.text);
}

bool cleanup_has_snapshot(const struct change *c)
{
	CLEANUP(snapshot_free) struct snapshot s = {0};
	struct error e = {0};

	return snapshot_open(c->root, MIGRATION_SNAPSHOT, VOLUME_DATABASE, false, &s, &e) == 0 ||
	       e.code != EX_NOINPUT;
}

int cleanup_run(void *ctx, struct error *e)
{
	struct change *c = ctx;

	if (c->found.env == NULL) /* the next update does it */
		return 0;
	if (c->found.a.state.before.revision && !cleanup_has_snapshot(c))
		state_forget_before(&c->found.a.state);
	remove_old_images(c);
	move_checkout(c);
	return state_write(c->root, &c->found.a.state, e);
}
