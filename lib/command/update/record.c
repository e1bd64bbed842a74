/* SPDX-License-Identifier: MIT */
#include "command/update/record.h"

#include <string.h>

#include "base/names.h"
#include "base/path.h"
#include "command/update/change.h"
#include "command/update/containers.h"
#include "sys/clock.h"
#include "sys/file.h"

static void remember_before(struct change *c)
{
	struct state *s = &c->a.state;
	char now[CLOCK_TEXT];

	clock_text(clock_now(), now);
	state_forget_before(s);
	s->before = c->before;
	c->before = (struct state_before){0};
	state_set(&s->migrated, now);
}

static void remember_revision(struct change *c)
{
	struct state *s = &c->a.state;

	if (c->back && c->migrates) {
		state_set(&s->previous, NULL);
		state_set(&s->previous_branch, NULL);
	} else if (c->exchanges) {
		state_set(&s->previous, c->from);
		state_set(&s->previous_branch, s->branch);
	}
	if (c->exchanges || c->back)
		state_set(&s->migrated, NULL);
	if (!strlist_has(&s->built, c->from))
		strlist_add(&s->built, c->from);
	if (!strlist_has(&s->built, c->to))
		strlist_add(&s->built, c->to);
	state_set(&s->revision, c->to);
	state_set(&s->branch, c->a.branch);
}

int record_version(void *ctx, struct error *e)
{
	struct change *c = ctx;
	struct state *s = &c->a.state;
	char now[CLOCK_TEXT];

	clock_text(clock_now(), now);
	remember_revision(c);
	if (c->migrates && c->back)
		state_forget_before(s);
	else if (c->migrates)
		remember_before(c);
	state_set(&s->since, now);
	state_set(&s->config, c->a.facts.digest);
	strlist_free(&s->pending);
	s->asked = !c->back;
	strlist_free(&s->heads);
	if (containers_make(c, e) != 0 || database_heads(&c->database, &s->heads, e) != 0 || containers_record(c, s, e) != 0)
		return -1;
	return state_write(c->root, s, e);
}

int record_version_before(void *ctx, struct error *e)
{
	struct change *c = ctx;
	CLEANUP(mem_freep) char *path = path_root(c->root, NAME_STATE);

	return file_write(path, c->old_state, strlen(c->old_state), 0644, e);
}
