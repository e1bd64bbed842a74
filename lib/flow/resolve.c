/* SPDX-License-Identifier: MIT */
#include "flow/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "base/str.h"
#include "flow/journal.h"

static const struct flow_kind *find_kind(const struct flow_kind *kinds, const char *name)
{
	for (; kinds->flow; kinds++)
		if (strcmp(kinds->flow->name, name) == 0)
			return kinds;
	return NULL;
}

/* The step that was begun last, or NULL. */
static const char *last_begun(const struct journal *j)
{
	return j->begun.count ? j->begun.item[j->begun.count - 1] : NULL;
}

static size_t index_of(const struct flow *flow, const char *name)
{
	size_t i = 0;

	while (i < flow->count && strcmp(flow->steps[i].name, name) != 0)
		i++;
	return i;
}

/* Which way a flow that was cut off goes. */
struct verdict {
	enum flow_turn turn;
	size_t next; /* FLOW_ON: the step that is taken first; as many as there are: all were done */
};

/* CTX may be NULL (the facts could not be opened): each step counts as wanted then. */
static struct verdict judge(const struct flow *flow, const void *ctx, const struct journal *j)
{
	const char *last = last_begun(j);
	size_t at, next;

	/* nothing to go on with; or it was going back; or a step of another version, which the walk back names */
	if (last == NULL || j->backward || (at = index_of(flow, last)) == flow->count)
		return (struct verdict){FLOW_BACK, 0};

	/* cut off within a step: its own turn */
	if (!strlist_has(&j->done, last))
		return (struct verdict){flow->steps[at].turn, at};

	/* between two: the next one's. So a commit, which is never taken back, is done when its "done" is recorded */
	for (next = at + 1; next < flow->count; next++)
		if (flow_wants(&flow->steps[next], ctx))
			return (struct verdict){flow->steps[next].turn, next};

	/* all were done: only the journal is left to remove */
	return (struct verdict){FLOW_ON, flow->count};
}

/* --- looking ------------------------------------------------------------------------------------ */

/* Whether it will go on: as flow_resolve() decides it, or where no context can be made, as the table does. */
static bool goes_on(const struct flow_kind *kind, const char *root, const struct journal *j)
{
	struct error ignored = {0};
	void *ctx = j->begun.count ? kind->open(root, &j->facts, &ignored) : NULL;
	bool on = judge(kind->flow, ctx, j).turn != FLOW_BACK;

	if (ctx)
		kind->close(ctx);
	return on;
}

int flow_look(const char *root, const struct flow_kind *kinds, struct flow_left *left, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_JOURNAL);
	CLEANUP(journal_free) struct journal j = {0};
	const struct flow_kind *kind;

	*left = (struct flow_left){0};
	if (journal_read(path, &j, e) != 0)
		return -1;
	if (j.flow == NULL)
		return 0;
	left->flow = mem_dup(j.flow);
	left->step = j.begun.count ? mem_dup(last_begun(&j)) : NULL;
	kind = find_kind(kinds, j.flow);
	left->onward = kind && goes_on(kind, root, &j);
	return 0;
}

void flow_left_free(struct flow_left *left)
{
	free(left->flow);
	free(left->step);
	*left = (struct flow_left){0};
}

/* --- resolving ---------------------------------------------------------------------------------- */

static int resolve_with(struct flow_way *way, const struct journal *j, struct error *e)
{
	struct verdict v = judge(way->flow, way->ctx, j);
	static const char *const words[] = {
		[FLOW_BACK] = "going back", [FLOW_ON] = "continuing", [FLOW_STAND] = "left as it is",
	};

	log_say("'%s' was cut off at '%s': %s", j->flow, last_begun(j), words[v.turn]);
	switch (v.turn) {
	case FLOW_ON:
		return flow_go_on(way, v.next, e);
	case FLOW_BACK:
		return flow_go_back(way, e);
	case FLOW_STAND:
		break;
	}
	return journal_remove(way->journal, e);
}

/* With its context, made out of the facts. */
static int resolve_kind(const struct flow_kind *kind, const char *root, const char *path, struct journal *j,
			struct error *e)
{
	struct flow_way way = {.flow = kind->flow, .journal = path, .ctx = kind->open(root, &j->facts, e)};
	int r;

	if (way.ctx == NULL)
		return -1;
	for (size_t i = 0; i < j->begun.count; i++)
		strlist_add(&way.begun, j->begun.item[i]);
	r = resolve_with(&way, j, e);
	strlist_free(&way.begun);
	kind->close(way.ctx);
	return r;
}

int flow_resolve(const char *root, const struct flow_kind *kinds, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_JOURNAL);
	CLEANUP(journal_free) struct journal j = {0};
	const struct flow_kind *kind;

	if (journal_read(path, &j, e) != 0)
		return -1;
	/* none, or cut off before a step began or after the last was taken back; facts may be missing */
	if (j.flow == NULL || j.begun.count == 0)
		return journal_remove(path, e);
	kind = find_kind(kinds, j.flow);
	if (kind == NULL)
		return error_set(e, EXIT_HALFWAY,
				 "'%s' holds the flow '%s', which this version does not know: use the one "
				 "that began it, in " NAME_RELEASES, path, j.flow);
	if (resolve_kind(kind, root, path, &j, e) == 0)
		return 0;
	error_context(e, "resolving '%s'", j.flow);
	e->code = EXIT_HALFWAY;
	return -1;
}
