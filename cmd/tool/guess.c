/* SPDX-License-Identifier: MIT */
#include "cmd/tool/guess.h"

#include <string.h>

#include "base/spelling.h"
#include "base/str.h"
#include "cmd/tool/commons.h"
#include "cmd/tool/misuse.h"

/* --- an option as written ------------------------------------------------------------------------- */

bool given_read(const char *arg, size_t index, const char *next, struct given *g)
{
	*g = (struct given){.next = next};
	if (arg[1] == '-') {
		g->name = arg + 2;
		g->name_len = strcspn(g->name, "=");
		g->value = g->name[g->name_len] ? g->name + g->name_len + 1 : NULL;
		return index == 0;
	}
	g->letter = arg[1 + index];
	if (g->letter && arg[2 + index])
		g->next = NULL;
	return g->letter != '\0';
}

bool given_is(const struct given *g, const char *name, char letter)
{
	if (g->name)
		return strlen(name) == g->name_len && strncmp(name, g->name, g->name_len) == 0;
	return letter && g->letter == letter;
}

char *given_text(const struct given *g)
{
	return g->name ? mem_format("--%.*s", (int)g->name_len, g->name) : mem_format("-%c", g->letter);
}

/* --- what a verb knows ---------------------------------------------------------------------------- */

/* Calls FN for each option that fits VERB until it returns true. */
static bool each_option(const struct tool_verb *v, bool (*fn)(const struct tool_option *o, void *arg), void *arg)
{
	for (const struct tool_option *o = v->options; o && o->name; o++)
		if (fn(o, arg))
			return true;
	for (const struct common *c = commons; c->option.name; c++)
		if (common_fits(c, v) && fn(&c->option, arg))
			return true;
	return false;
}

struct wanted {
	const struct given *given;
	const struct tool_option *found;
};

static bool is_wanted(const struct tool_option *o, void *arg)
{
	struct wanted *w = arg;

	if (!given_is(w->given, o->name, o->letter))
		return false;
	w->found = o;
	return true;
}

const struct tool_option *guess_find(const struct tool_verb *v, const struct given *g)
{
	struct wanted w = {.given = g};

	each_option(v, is_wanted, &w);
	return w.found;
}

static bool takes_next(const struct tool_option *o, const struct given *g)
{
	return o->arg && o->arg[0] != '[' && g->value == NULL;
}

bool guess_takes_next(const struct tool *tool, const struct given *g)
{
	for (const struct tool_verb *v = tool->verbs; v->run; v++) {
		const struct tool_option *o = guess_find(v, g);

		if (o)
			return takes_next(o, g);
	}
	return false;
}

/* --- misuse --------------------------------------------------------------------------------------- */

static bool try_option(const struct tool_option *o, void *near)
{
	if (o->help)
		spelling_try(near, o->name, strlen(o->name));
	return false;
}

/* VERB NULL: of all verbs. */
static int unknown_option(const struct tool *tool, const struct tool_verb *verb, const struct given *g, struct error *e)
{
	CLEANUP(mem_freep) char *text = given_text(g);
	struct spelling near;

	spelling_begin(&near, g->name ? g->name : "", g->name ? g->name_len : 0);
	for (const struct tool_verb *v = tool->verbs; g->name && v->run; v++)
		if (verb == NULL || v == verb)
			each_option(v, try_option, &near);
	if (near.found == NULL)
		return tool_misuse(e, "unknown option '%s'", text);
	return tool_misuse(e, "unknown option '%s': did you mean '--%s'?", text, near.found);
}

int guess_option(const struct tool *tool, const struct tool_verb *verb, const struct given *g, struct error *e)
{
	CLEANUP(mem_freep) char *text = given_text(g);
	CLEANUP(str_free) struct str verbs = {0};

	for (const struct tool_verb *v = tool->verbs; v->run; v++)
		if (v != verb && guess_find(v, g))
			str_addf(&verbs, "%s'%s'", verbs.len ? ", " : "", v->name);
	if (verbs.len == 0)
		return unknown_option(tool, verb, g, e);
	return tool_misuse(e, "option '%s' cannot be used with '%s', only with %s", text, verb->name, verbs.data);
}

int guess_skip(const struct tool *tool, const char *arg, bool *next, struct error *e)
{
	struct given g;

	for (size_t i = 0; given_read(arg, i, NULL, &g); i++) {
		CLEANUP(mem_freep) char *text = given_text(&g);
		const struct tool_option *first = NULL;

		for (const struct tool_verb *v = tool->verbs; v->run; v++) {
			const struct tool_option *o = guess_find(v, &g);

			if (o && first && (strcmp(o->name, first->name) != 0 || takes_next(o, &g) != takes_next(first, &g)))
				return tool_misuse(e, "option '%s' means different things to different verbs: put it after the verb",
						   text);
			first = first ? first : o;
		}
		if (first == NULL)
			return unknown_option(tool, NULL, &g, e);
		*next = takes_next(first, &g);
	}
	return 0;
}

static void add_verbs(const struct tool *tool, struct str *out)
{
	for (const struct tool_verb *v = tool->verbs; v->run; v++)
		str_addf(out, "%s%s", v == tool->verbs ? "" : ", ", v->name);
}

int guess_verb(const struct tool *tool, const char *name, const struct tool_verb **verb, struct error *e)
{
	CLEANUP(str_free) struct str verbs = {0};
	struct spelling near;

	spelling_begin(&near, name, strlen(name));
	for (const struct tool_verb *v = tool->verbs; v->run; v++) {
		spelling_try(&near, v->name, strlen(v->name));
		if (strcmp(v->name, name) == 0) {
			*verb = v;
			return 0;
		}
	}
	if (near.found)
		return tool_misuse(e, "unknown verb '%s': did you mean '%s'?", name, near.found);
	add_verbs(tool, &verbs);
	return tool_misuse(e, "unknown verb '%s': use one of %s", name, verbs.data);
}

int guess_missing(const struct tool *tool, struct error *e)
{
	CLEANUP(str_free) struct str verbs = {0};

	add_verbs(tool, &verbs);
	return tool_misuse(e, "a verb is missing: %s", verbs.data);
}
