/* SPDX-License-Identifier: MIT */
#include "command/update/record.h"
#include "appliance/database/migrations.h"

#include <string.h>

#include "base/names.h"
#include "base/path.h"
#include "command/update/change.h"
#include "command/update/containers.h"
#include "sys/clock.h"
#include "sys/file.h"

static void remember_before(struct change *c)
{
	struct state *s = &c->found.a.state;
	char now[CLOCK_TEXT];

	clock_text(clock_now(), now);
	state_forget_before(s);
	s->before = c->done.before;
	c->done.before = (struct state_before){0};
	state_set(&s->migrated, now);
}

static void remember_revision(struct change *c)
{
	struct state *s = &c->found.a.state;

	if (c->asked.back && c->done.migrates) {
		state_set(&s->previous, NULL);
		state_set(&s->previous_branch, NULL);
	} else if (c->done.exchanges) {
		state_set(&s->previous, c->found.from);
		state_set(&s->previous_branch, s->branch);
	}
	if (c->done.exchanges || c->asked.back)
		state_set(&s->migrated, NULL);
	if (!strlist_has(&s->built, c->found.from))
		strlist_add(&s->built, c->found.from);
	if (!strlist_has(&s->built, c->asked.to))
		strlist_add(&s->built, c->asked.to);
	state_set(&s->revision, c->asked.to);
	state_set(&s->branch, c->found.a.branch);
}

int record_version(void *ctx, struct error *e)
{
	struct change *c = ctx;
	struct state *s = &c->found.a.state;
	char now[CLOCK_TEXT];

	clock_text(clock_now(), now);
	remember_revision(c);
	if (c->done.migrates && c->asked.back)
		state_forget_before(s);
	else if (c->done.migrates)
		remember_before(c);
	state_set(&s->since, now);
	state_set(&s->config, c->found.a.facts.digest);
	strlist_free(&s->pending);
	s->asked = !c->asked.back;
	strlist_free(&s->heads);
	if (containers_make(c, e) != 0 || migrations_heads(&c->found.database, &s->heads, e) != 0 ||
	    containers_record(c, s, e) != 0)
		return -1;
	return state_write(c->root, s, e);
}

int record_version_before(void *ctx, struct error *e)
{
	struct change *c = ctx;
	CLEANUP(mem_freep) char *path = path_root(c->root, NAME_STATE);

	return file_write(path, c->found.old_state, strlen(c->found.old_state), 0644, e);
}
