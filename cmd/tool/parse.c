/* SPDX-License-Identifier: MIT */
#include "cmd/tool/parse.h"

#include <string.h>

#include "cmd/tool/commons.h"
#include "cmd/tool/duration.h"
#include "cmd/tool/guess.h"
#include "cmd/tool/misuse.h"
#include "cmd/tool/shells.h"

enum { WAIT_MAX = 1000000 }; /* seconds */

/* Reads the value of an option that takes one (ARG as in struct tool_option) into *SLOT. */
static int take_value(struct given *g, const char *arg, const char **slot, struct error *e)
{
	CLEANUP(mem_freep) char *text = given_text(g);

	if (*slot)
		return tool_misuse(e, "option '%s' is given twice", text);
	if (arg == NULL && g->value)
		return tool_misuse(e, "option '%s' takes no value", text);
	if (arg == NULL || (arg[0] == '[' && g->value == NULL)) {
		*slot = "";
		return 0;
	}
	*slot = g->value;
	if (*slot == NULL && g->next) {
		*slot = g->next;
		g->took = true;
	}
	if (*slot == NULL || **slot == '\0')
		return tool_misuse(e, "option '%s' needs a value: %s", text, arg);
	return 0;
}

static int take_flag(const struct given *g, bool *flag, struct error *e)
{
	CLEANUP(mem_freep) char *text = given_text(g);

	if (g->value)
		return tool_misuse(e, "option '%s' takes no value", text);
	if (*flag)
		return tool_misuse(e, "option '%s' is given twice", text);
	*flag = true;
	return 0;
}

/* An option of the verb itself. */
static int take_own(struct parsed *p, struct given *g, struct error *e)
{
	const struct tool_option *o = p->verb ? p->verb->options : NULL;

	for (size_t i = 0; o && o[i].name && i < TOOL_OPTIONS_MAX; i++) {
		if (!given_is(g, o[i].name, o[i].letter))
			continue;
		if (take_value(g, o[i].arg, &p->value[i], e) != 0)
			return -1;
		if (o[i].mode && p->mode)
			return tool_misuse(e, "options '--%s' and '--%s' cannot be used together", p->mode,
					   o[i].name);
		if (o[i].mode)
			p->mode = o[i].name;
		return 0;
	}
	if (p->verb == NULL) { /* without a verb only help or version can be meant */
		g->took = g->next && guess_takes_next(p->tool, g);
		return 0;
	}
	return guess_option(p->tool, p->verb, g, e);
}

static int take_option(struct parsed *p, struct given *g, struct error *e)
{
	const struct {
		const char *name;
		char letter;
		bool *flag;
	} flags[] = {
		{"dry-run", 'n', &p->dry_run}, {"json", 0, &p->json},
		{"verbose", 'v', &p->verbose}, {"quiet", 'q', &p->quiet},
		{"help", 'h', &p->help},       {"version", 0, &p->version},
	};

	for (const struct common *c = commons; p->verb && c->option.name; c++)
		if (given_is(g, c->option.name, c->option.letter) && !common_fits(c, p->verb))
			return guess_option(p->tool, p->verb, g, e);
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (given_is(g, flags[i].name, flags[i].letter))
			return take_flag(g, flags[i].flag, e);
	if (given_is(g, "root", 0))
		return take_value(g, "DIR", &p->root, e);
	if (given_is(g, "wait", 0))
		return take_value(g, "[TIME]", &p->wait, e);
	if (given_is(g, "completion", 0))
		return take_value(g, SHELLS_NAMES, &p->completion, e);
	return take_own(p, g, e);
}

/* One argument that begins with a dash; *TOOK: the next one was its value. */
static int take_argument(struct parsed *p, const char *arg, const char *next, bool *took, struct error *e)
{
	struct given g;

	for (size_t i = 0; given_read(arg, i, next, &g); i++) {
		if (take_option(p, &g, e) != 0)
			return -1;
		*took = g.took;
	}
	return 0;
}

/* "help [VERB]" */
static bool is_help(const struct tool *tool, const char *word)
{
	return strcmp(word, "help") == 0 && (tool->verbs[0].name || tool->verbs[0].most == 0);
}

static int take_word(struct parsed *p, const char *word, bool *options, struct error *e)
{
	bool first = p->verb == NULL || p->verb->name == NULL;

	if (first && is_help(p->tool, word) && !p->help && p->operands.count == 0) {
		p->help = true;
		return 0;
	}
	if (p->verb == NULL)
		return guess_verb(p->tool, word, &p->verb, e);
	strlist_add(&p->operands, word);
	*options = *options && p->verb->most >= 0;
	return 0;
}

/*
 * VERB_AT is where the verb stands, which is known already. A word that is given on to another program (most < 0)
 * ends the options.
 */
static int take_all(struct parsed *p, char **argv, char **verb_at, struct error *e)
{
	bool options = true;

	for (char **arg = argv + 1; *arg; arg++) {
		bool took = false;

		if (options && strcmp(*arg, "--") == 0)
			options = false;
		else if (options && (*arg)[0] == '-' && (*arg)[1]) {
			if (take_argument(p, *arg, arg[1], &took, e) != 0)
				return -1;
			arg += took;
		} else if (arg != verb_at && take_word(p, *arg, &options, e) != 0)
			return -1;
	}
	return 0;
}

/* Finds the verb: the first word that is not an option or an option's value. */
static int find_verb(struct parsed *p, char **argv, char ***verb_at, struct error *e)
{
	bool options = true;

	for (char **arg = argv + 1; *arg; arg++) {
		bool took = false;

		if (options && strcmp(*arg, "--") == 0) {
			options = false;
		} else if (options && (*arg)[0] == '-' && (*arg)[1]) {
			if (guess_skip(p->tool, *arg, &took, e) != 0)
				return -1;
			if (took && arg[1])
				arg++;
		} else {
			*verb_at = is_help(p->tool, *arg) ? NULL : arg;
			return *verb_at ? guess_verb(p->tool, *arg, &p->verb, e) : 0;
		}
	}
	return 0;
}

static int check_operands(const struct parsed *p, struct error *e)
{
	const struct tool_verb *v = p->verb;
	int n = (int)p->operands.count;

	if (n < v->least)
		return tool_misuse(e, "an operand is missing: %s", v->operands);
	if (v->most >= 0 && n > v->most)
		return tool_misuse(e, "one operand too many: '%s'", p->operands.item[v->most]);
	return 0;
}

static int check(const struct parsed *p, struct error *e)
{
	long long seconds;

	if (p->verb == NULL)
		return guess_missing(p->tool, e);
	if (p->quiet && p->verbose)
		return tool_misuse(e, "options '-q' and '-v' cannot be used together");
	if (p->wait && *p->wait && !duration_read(p->wait, WAIT_MAX, &seconds))
		return tool_misuse(e, "'--wait=%s' is not a valid time: " DURATION_FORM, p->wait);
	return check_operands(p, e);
}

bool parse_is_about(const struct parsed *p)
{
	return p->help || p->version || p->completion;
}

int parse_arguments(const struct tool *tool, char **argv, struct parsed *p, struct error *e)
{
	char **verb_at = NULL;

	*p = (struct parsed){.tool = tool};
	if (tool->verbs[0].name == NULL)
		p->verb = tool->verbs;
	else if (find_verb(p, argv, &verb_at, e) != 0)
		return -1;
	if (take_all(p, argv, verb_at, e) != 0)
		return -1;
	if (p->completion && !shells_known(p->completion))
		return tool_misuse(e, "'--completion %s' is not a known shell: use " SHELLS_NAMES, p->completion);
	return parse_is_about(p) ? 0 : check(p, e);
}

void parse_free(struct parsed *p)
{
	strlist_free(&p->operands);
}

long parse_wait(const struct parsed *p)
{
	long long seconds = 0;

	if (p->wait == NULL)
		return 0;
	if (*p->wait == '\0')
		return -1;
	duration_read(p->wait, WAIT_MAX, &seconds);
	return (long)seconds;
}
