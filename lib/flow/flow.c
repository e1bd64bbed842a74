/* SPDX-License-Identifier: MIT */
#include "flow/flow.h"

#include <string.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "flow/journal.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/signals.h"

/* The journal of the flow that walks now: flow_note() writes there. -1: it keeps none. */
static int journal_fd = -1;

int flow_note(const char *name, const char *value, struct error *e)
{
	if (journal_fd < 0)
		return error_set(e, EX_SOFTWARE, "internal error: no journal is open for '%s'; please report it", name);
	return journal_put_fact(journal_fd, name, value, e);
}

static int note_step(const struct flow_way *way, const char *word, const struct flow_step *step, struct error *e)
{
	return way->journal ? journal_put(journal_fd, word, step->name, e) : 0;
}

/* --- back --------------------------------------------------------------------------------------- */

static int take_back(const struct flow_way *way, const struct flow_step *step, struct error *e)
{
	if (note_step(way, "back", step, e) != 0)
		return -1;
	if (step->undo) {
		log_progress("undo '%s': %s", step->name, step->undo_name);
		if (step->undo(way->ctx, e) != 0)
			return error_context(e, "undo of '%s'", step->name);
	}
	return note_step(way, "undone", step, e);
}

static const struct flow_step *find_step(const struct flow *flow, const char *name)
{
	for (size_t i = 0; i < flow->count; i++)
		if (strcmp(flow->steps[i].name, name) == 0)
			return &flow->steps[i];
	return NULL;
}

/*
 * Walks back over the steps that were begun, the last one first. Signals wait. One undo that fails ends the
 * walk: those before it may lean on what it should have put right.
 */
static int walk_back(const struct flow_way *way, struct error *e)
{
	int r = 0;

	signals_hold(true);
	for (size_t i = way->begun.count; r == 0 && i-- > 0;) {
		const struct flow_step *step = find_step(way->flow, way->begun.item[i]);

		if (step)
			r = take_back(way, step, e);
		else
			r = error_set(e, EXIT_HALFWAY, "this version does not know the step '%s': "
				      "use the one that began it, in " NAME_RELEASES, way->begun.item[i]);
	}
	signals_hold(false);
	return r;
}

/* --- the end ------------------------------------------------------------------------------------ */

/* Nothing is left to resolve. */
static int close_journal(const struct flow_way *way, struct error *e)
{
	file_closep(&journal_fd);
	return way->journal ? journal_remove(way->journal, e) : 0;
}

/* Half-way: the journal stays, and a signal does not hide that. */
static int halfway(struct error *e)
{
	e->code = EXIT_HALFWAY;
	return -1;
}

/* It failed, and nothing is left to resolve: the error ends with CODE, or as a signal ended it. */
static int over(const struct flow_way *way, int code, struct error *e)
{
	struct error second = {0};

	if (close_journal(way, &second) != 0) {
		error_append(e, "%s", second.text);
		return halfway(e);
	}
	if (e->code <= EXIT_SIGNAL)
		e->code = code;
	return -1;
}

/* A step failed: what its turn says is done, and the error gets its code. */
static int turn(const struct flow_way *way, const struct flow_step *failed, struct error *e)
{
	struct error undo = {0};

	switch (failed->turn) {
	case FLOW_ON:
		error_append(e, "the next command continues from here");
		return halfway(e);
	case FLOW_STAND:
		return over(way, EXIT_HALFWAY, e);
	case FLOW_BACK:
		break;
	}
	if (walk_back(way, &undo) != 0) {
		error_append(e, "and it could not be undone: %s%s", undo.text,
			     way->journal ? ": the next command tries again" : "");
		return halfway(e);
	}
	return over(way, way->journal ? EXIT_FAILED : e->code, e);
}

/* --- forward ------------------------------------------------------------------------------------ */

bool flow_wants(const struct flow_step *step, const void *ctx)
{
	return step->when == NULL || ctx == NULL || step->when(ctx);
}

/* Runs one step between its two lines. */
static int take(const struct flow_way *way, const struct flow_step *step, struct error *e)
{
	long long began = clock_ms();

	if (signals_pending())
		return signals_error(e);
	if (note_step(way, "begin", step, e) != 0)
		return -1;
	log_progress("%s", step->name);
	if (step->act(way->ctx, e) != 0)
		return error_context(e, "%s", step->name);
	log_detail("%s: done in %lld ms", step->name, clock_ms() - began);
	if (way->took)
		way->took(way->ctx, step, clock_ms() - began);
	return note_step(way, "done", step, e);
}

static int walk(struct flow_way *way, size_t first, struct error *e)
{
	for (size_t i = first; i < way->flow->count; i++) {
		const struct flow_step *step = &way->flow->steps[i];

		if (!flow_wants(step, way->ctx))
			continue;
		if (!strlist_has(&way->begun, step->name))
			strlist_add(&way->begun, step->name);
		if (take(way, step, e) != 0)
			return turn(way, step, e);
	}
	return close_journal(way, e) == 0 ? 0 : halfway(e);
}

static int begin_journal(const struct flow_way *way, const struct flow_facts *facts, struct error *e)
{
	if (file_exists(way->journal))
		return error_set(e, EX_SOFTWARE, "internal error: '%s' was not resolved before '%s'; please report it", way->journal, way->flow->name);
	journal_fd = journal_open(way->journal, e);
	if (journal_fd < 0 || journal_put(journal_fd, "flow", way->flow->name, e) != 0)
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
	struct flow_way way = {.flow = flow, .ctx = ctx, .journal = path};
	struct error ignored = {0};
	int r;

	if (begin_journal(&way, facts, e) != 0) {
		file_closep(&journal_fd);
		if (e->code != EX_SOFTWARE) /* nothing has begun: a half-written head is no journal */
			journal_remove(path, &ignored);
		return -1;
	}
	r = walk(&way, 0, e);
	file_closep(&journal_fd);
	strlist_free(&way.begun);
	return r;
}

int flow_walk(const struct flow *flow, void *ctx, flow_took *took, struct error *e)
{
	struct flow_way way = {.flow = flow, .ctx = ctx, .took = took};
	int r = walk(&way, 0, e);

	strlist_free(&way.begun);
	return r;
}

int flow_go_on(struct flow_way *way, size_t first, struct error *e)
{
	int r;

	journal_fd = journal_open(way->journal, e);
	if (journal_fd < 0)
		return -1;
	r = walk(way, first, e);
	file_closep(&journal_fd);
	return r;
}

int flow_go_back(struct flow_way *way, struct error *e)
{
	int r;

	journal_fd = journal_open(way->journal, e);
	if (journal_fd < 0)
		return -1;
	r = walk_back(way, e) == 0 ? close_journal(way, e) : -1;
	file_closep(&journal_fd);
	return r;
}

void flow_print(const struct flow *flow, const void *ctx, FILE *to)
{
	for (size_t i = 0; i < flow->count; i++) {
		const struct flow_step *step = &flow->steps[i];

		if (flow_wants(step, ctx))
			fprintf(to, "%s\t%s\n", step->name, step->undo_name ? step->undo_name : "-");
	}
}
