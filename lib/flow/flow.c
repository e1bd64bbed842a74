/* SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "flow/record.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/journal.h"
#include "sys/signals.h"

/* The journal of the flow that walks now: flow_note() writes there. */
static int journal_fd = -1;

/* --- facts -------------------------------------------------------------------------------------- */

void flow_facts_set(struct flow_facts *f, const char *name, const char *value)
{
	for (size_t i = 0; i < f->count; i++) {
		if (strcmp(f->fact[i].name, name) == 0) {
			free(f->fact[i].value);
			f->fact[i].value = mem_dup(value);
			return;
		}
	}
	f->fact = mem_grow(f->fact, (f->count + 1) * sizeof *f->fact);
	f->fact[f->count++] = (struct flow_fact){mem_dup(name), mem_dup(value)};
}

const char *flow_facts_get(const struct flow_facts *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->fact[i].name, name) == 0)
			return f->fact[i].value;
	return NULL;
}

void flow_facts_free(struct flow_facts *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->fact[i].name);
		free(f->fact[i].value);
	}
	free(f->fact);
	*f = (struct flow_facts){0};
}

int flow_note(const char *name, const char *value, struct error *e)
{
	return record_put_fact(journal_fd, name, value, e);
}

/* --- walking ------------------------------------------------------------------------------------ */

static bool wanted(const struct flow_step *step, const void *ctx)
{
	return step->when == NULL || step->when(ctx);
}

static int take_back(const struct flow_step *step, void *ctx, struct error *e)
{
	if (record_put(journal_fd, "back", step->name, e) != 0)
		return -1;
	if (step->undo) {
		log_progress("undo '%s': %s", step->name, step->undo_name);
		if (step->undo(ctx, e) != 0)
			return error_context(e, "undo of '%s'", step->name);
	}
	return record_put(journal_fd, "undone", step->name, e);
}

static const struct flow_step *find_step(const struct flow *flow, const char *name)
{
	for (size_t i = 0; i < flow->count; i++)
		if (strcmp(flow->steps[i].name, name) == 0)
			return &flow->steps[i];
	return NULL;
}

/*
 * Walks back over the steps in BEGUN, the last one first. Signals wait. One undo that fails ends the
 * walk: those before it may lean on what it should have put right.
 */
static int walk_back(const struct flow *flow, void *ctx, const struct strlist *begun, struct error *e)
{
	int r = 0;

	signals_hold(true);
	for (size_t i = begun->count; r == 0 && i-- > 0;) {
		const struct flow_step *step = find_step(flow, begun->item[i]);

		if (step)
			r = take_back(step, ctx, e);
		else
			r = error_set(e, EXIT_HALFWAY, "this version does not know the step '%s': "
				      "use the one that began it, in " NAME_RELEASES, begun->item[i]);
	}
	signals_hold(false);
	return r;
}

/* Runs one step between its two lines. */
static int take(const struct flow_step *step, void *ctx, struct error *e)
{
	long long began = clock_ms();

	if (signals_pending())
		return signals_error(e);
	if (record_put(journal_fd, "begin", step->name, e) != 0)
		return -1;
	log_progress("%s", step->name);
	if (step->act(ctx, e) != 0)
		return error_context(e, "%s", step->name);
	log_detail("%s: done in %lld ms", step->name, clock_ms() - began);
	return record_put(journal_fd, "done", step->name, e);
}

static int close_journal(const char *path, struct error *e)
{
	file_closep(&journal_fd);
	return journal_remove(path, e);
}

/* Half-way: the journal stays, and a signal does not hide that. */
static int halfway(struct error *e)
{
	e->code = EXIT_HALFWAY;
	return -1;
}

/* Nothing is left to resolve: the error ends with CODE, or as a signal ended it. */
static int over(struct error *e, const char *path, int code)
{
	struct error second = {0};

	if (close_journal(path, &second) != 0) {
		error_append(e, "%s", second.text);
		return halfway(e);
	}
	if (e->code <= EXIT_SIGNAL)
		e->code = code;
	return -1;
}

/* A step failed: what its turn says is done, and the error gets its code. */
static int turn(const struct flow *flow, void *ctx, const char *path, const struct flow_step *failed,
		const struct strlist *begun, struct error *e)
{
	struct error undo = {0};

	switch (failed->turn) {
	case FLOW_ON:
		error_append(e, "the next command goes on from here");
		return halfway(e);
	case FLOW_STAND:
		return over(e, path, EXIT_HALFWAY);
	case FLOW_BACK:
		break;
	}
	if (walk_back(flow, ctx, begun, &undo) != 0) {
		error_append(e, "and it could not be taken back: %s: the next command tries again",
			     undo.text);
		return halfway(e);
	}
	return over(e, path, EXIT_FAILED);
}

/* Takes the steps from FIRST on; BEGUN holds those begun before. */
static int walk(const struct flow *flow, void *ctx, const char *path, size_t first, struct strlist *begun,
		struct error *e)
{
	for (size_t i = first; i < flow->count; i++) {
		const struct flow_step *step = &flow->steps[i];

		if (!wanted(step, ctx))
			continue;
		if (!strlist_has(begun, step->name))
			strlist_add(begun, step->name);
		if (take(step, ctx, e) != 0)
			return turn(flow, ctx, path, step, begun, e);
	}
	return close_journal(path, e) == 0 ? 0 : halfway(e);
}

static int open_journal(const char *path, const struct flow *flow, const struct flow_facts *facts,
			struct error *e)
{
	if (file_exists(path))
		return error_set(e, EX_SOFTWARE, "'%s' was not resolved before '%s'", path, flow->name);
	journal_fd = journal_open(path, e);
	if (journal_fd < 0 || record_put(journal_fd, "flow", flow->name, e) != 0)
		return -1;
	for (size_t i = 0; facts && i < facts->count; i++)
		if (flow_note(facts->fact[i].name, facts->fact[i].value, e) != 0)
			return -1;
	return 0;
}

int flow_run(const struct flow *flow, void *ctx, const char *root, const struct flow_facts *facts,
	     struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_JOURNAL);
	CLEANUP(strlist_free) struct strlist begun = {0};
	struct error ignored = {0};
	int r;

	if (open_journal(path, flow, facts, e) != 0) {
		file_closep(&journal_fd);
		if (e->code != EX_SOFTWARE) /* nothing has begun: a half-written head is no journal */
			journal_remove(path, &ignored);
		return -1;
	}
	r = walk(flow, ctx, path, 0, &begun, e);
	file_closep(&journal_fd);
	return r;
}

void flow_print(const struct flow *flow, const void *ctx, FILE *to)
{
	for (size_t i = 0; i < flow->count; i++) {
		const struct flow_step *step = &flow->steps[i];

		if (wanted(step, ctx))
			fprintf(to, "%s\t%s\n", step->name, step->undo_name ? step->undo_name : "-");
	}
}

/* --- resolving ---------------------------------------------------------------------------------- */

static const struct flow_kind *find_kind(const struct flow_kind *kinds, const char *name)
{
	for (; kinds->flow; kinds++)
		if (strcmp(kinds->flow->name, name) == 0)
			return kinds;
	return NULL;
}

/* Where a killed walk stands: its step, and the index of the one to take if it goes on. */
struct standing {
	const struct flow_step *step; /* NULL: nothing was begun */
	size_t next;
	enum flow_turn turn;
};

/* CTX may be NULL (the facts were not opened): each step counts as wanted then. */
static struct standing stand(const struct flow *flow, const void *ctx, const struct record *r)
{
	struct standing s = {.turn = FLOW_BACK};
	const char *last = r->begun.count ? r->begun.item[r->begun.count - 1] : NULL;

	for (size_t i = 0; last && i < flow->count; i++) {
		if (strcmp(flow->steps[i].name, last) != 0)
			continue;
		s.step = &flow->steps[i];
		s.next = i + strlist_has(&r->done, last);
		while (s.next > i && s.next < flow->count && ctx && !wanted(&flow->steps[s.next], ctx))
			s.next++;
		/* between two steps the next one decides: a commit that is done is not taken back */
		s.turn = flow->steps[s.next < flow->count ? s.next : i].turn;
		if (s.next == flow->count && s.turn == FLOW_BACK)
			s.turn = FLOW_STAND;
	}
	if (r->backward)
		s.turn = FLOW_BACK;
	return s;
}

/* Whether it will go on: as flow_resolve() decides it, or where no context can be made, as the table does. */
static bool goes_on(const struct flow_kind *kind, const char *root, const struct record *r)
{
	struct error ignored = {0};
	void *ctx = r->begun.count ? kind->open(root, &r->facts, &ignored) : NULL;
	bool on = stand(kind->flow, ctx, r).turn != FLOW_BACK;

	if (ctx)
		kind->close(ctx);
	return on;
}

int flow_look(const char *root, const struct flow_kind *kinds, struct flow_left *left, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_JOURNAL);
	CLEANUP(record_free) struct record r = {0};
	const struct flow_kind *kind;

	*left = (struct flow_left){0};
	if (record_read(path, &r, e) != 0)
		return -1;
	if (r.flow == NULL)
		return 0;
	left->flow = mem_dup(r.flow);
	left->step = r.begun.count ? mem_dup(r.begun.item[r.begun.count - 1]) : NULL;
	kind = find_kind(kinds, r.flow);
	left->onward = kind && goes_on(kind, root, &r);
	return 0;
}

void flow_left_free(struct flow_left *left)
{
	free(left->flow);
	free(left->step);
	*left = (struct flow_left){0};
}

static int resolve_with(const struct flow_kind *kind, const char *path, void *ctx, struct record *r,
			struct error *e)
{
	struct standing s = stand(kind->flow, ctx, r);
	const char *step = s.step ? s.step->name : "begin";

	journal_fd = journal_open(path, e);
	if (journal_fd < 0)
		return -1;
	if (s.turn == FLOW_ON) {
		log_say("'%s' was cut off at '%s': going on", r->flow, step);
		return walk(kind->flow, ctx, path, s.next, &r->begun, e);
	}
	if (s.turn == FLOW_BACK) {
		log_say("'%s' was cut off at '%s': walking back", r->flow, step);
		if (walk_back(kind->flow, ctx, &r->begun, e) != 0)
			return -1;
	} else {
		log_say("'%s' was cut off at '%s': left as it stands", r->flow, step);
	}
	return close_journal(path, e);
}

/* With its context, made out of the facts. */
static int resolve_kind(const struct flow_kind *kind, const char *root, const char *path, struct record *r,
			struct error *e)
{
	void *ctx = kind->open(root, &r->facts, e);
	int result;

	if (ctx == NULL)
		return -1;
	result = resolve_with(kind, path, ctx, r, e);
	file_closep(&journal_fd);
	kind->close(ctx);
	return result;
}

int flow_resolve(const char *root, const struct flow_kind *kinds, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_JOURNAL);
	CLEANUP(record_free) struct record r = {0};
	const struct flow_kind *kind;

	if (record_read(path, &r, e) != 0)
		return -1;
	/* none, or cut off before a step began or after the last was taken back; facts may be missing */
	if (r.flow == NULL || r.begun.count == 0)
		return journal_remove(path, e);
	kind = find_kind(kinds, r.flow);
	if (kind == NULL)
		return error_set(e, EXIT_HALFWAY,
				 "'%s' holds the flow '%s', which this version does not know: use the one "
				 "that began it, in " NAME_RELEASES, path, r.flow);
	if (resolve_kind(kind, root, path, &r, e) == 0)
		return 0;
	error_context(e, "resolving '%s'", r.flow);
	return halfway(e);
}
