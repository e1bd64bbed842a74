/* SPDX-License-Identifier: MIT */
#include "cmd/tool/complete.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/tool/commons.h"
#include "cmd/tool/guess.h"
#include "cmd/tool/shells.h"
#include "cmd/tool/values.h"

/* What the words before the last one have said. */
struct line {
	const struct tool *tool;
	const struct tool_verb *verb;    /* NULL: not yet */
	const struct tool_option *wants; /* the next word is its value */
	const char *root;
	bool help;                       /* the first word is "help" */
	bool ended;                      /* no option may follow */
	int operands;
	struct strlist given;            /* names of options */
	FILE *to;
};

/* --- the words before ------------------------------------------------------------------------------- */

static const struct tool_option *find_option(const struct line *l, const struct given *g)
{
	const struct tool_option *o = l->verb ? guess_find(l->verb, g) : NULL;

	for (const struct tool_verb *v = l->tool->verbs; l->verb == NULL && o == NULL && v->run; v++)
		o = guess_find(v, g);
	return o;
}

static void take_value(struct line *l, const struct tool_option *o, const char *value)
{
	if (strcmp(o->name, "root") == 0)
		l->root = value;
}

static void take_option(struct line *l, const char *word)
{
	struct given g;

	for (size_t i = 0; given_read(word, i, NULL, &g); i++) {
		const struct tool_option *o = find_option(l, &g);

		if (o == NULL)
			continue;
		strlist_add(&l->given, o->name);
		if (g.value)
			take_value(l, o, g.value);
		else if (o->arg && o->arg[0] != '[')
			l->wants = o;
	}
}

static void take_operand(struct line *l, const char *word)
{
	if (l->verb) {
		l->operands++;
		l->ended = l->ended || l->verb->most < 0;
		return;
	}
	l->help = l->help || strcmp(word, "help") == 0;
	for (const struct tool_verb *v = l->tool->verbs; v->run; v++)
		if (strcmp(v->name, word) == 0)
			l->verb = v;
}

static void take_word(struct line *l, const char *word)
{
	if (l->wants) {
		take_value(l, l->wants, word);
		l->wants = NULL;
	} else if (!l->ended && strcmp(word, "--") == 0) {
		l->ended = true;
	} else if (!l->ended && word[0] == '-' && word[1]) {
		take_option(l, word);
	} else {
		take_operand(l, word);
	}
}

/* --- the last word ---------------------------------------------------------------------------------- */

/* BEFORE stands before WORD in what was typed already. */
static void offer(const struct line *l, const char *typed, const char *before, const char *word, const char *help)
{
	if (str_begins(word, typed))
		fprintf(l->to, "%s%s%s%s\n", before, word, help ? "\t" : "", help ? help : "");
}

static void offer_values(const struct line *l, enum tool_values kind, const char *arg, const char *before,
			 const char *typed)
{
	CLEANUP(strlist_free) struct strlist names = {0};

	if (arg && (strstr(arg, "FILE") || strstr(arg, "DIR") || strstr(arg, "CMD")))
		fprintf(l->to, SHELLS_FILES "\n");
	values_add(kind, l->root, &names);
	for (size_t i = 0; i < names.count; i++)
		offer(l, typed, before, names.item[i], NULL);
}

static void offer_option(const struct line *l, const char *typed, const struct tool_option *o)
{
	CLEANUP(mem_freep) char *word = mem_format("--%s", o->name);

	if (o->help && !strlist_has(&l->given, o->name))
		offer(l, typed, "", word, o->help);
}

static void offer_options(const struct line *l, const char *typed)
{
	if (l->ended)
		return;
	for (const struct tool_option *o = l->verb ? l->verb->options : NULL; o && o->name; o++)
		offer_option(l, typed, o);
	for (const struct common *c = commons; c->option.name; c++)
		if (l->verb ? common_fits(c, l->verb) : common_fits_any(c, l->tool))
			offer_option(l, typed, &c->option);
}

static void offer_verbs(const struct line *l, const char *typed)
{
	for (const struct tool_verb *v = l->tool->verbs; v->run; v++)
		offer(l, typed, "", v->name, v->help);
	if (!l->help)
		offer(l, typed, "", "help", "what the tool and its verbs do");
}

static void offer_operands(const struct line *l, const char *typed)
{
	bool may = l->verb->most < 0 || l->operands < l->verb->most;

	if (l->help)
		return;
	if (may)
		offer_values(l, l->verb->values, l->verb->operands, "", typed);
	if (!may || (l->verb->values == TOOL_ANY && l->verb->least == 0))
		offer_options(l, typed);
}

/* PARTED: what is before the '=' is a word of its own for the shell. */
static void offer_last(const struct line *l, const char *word, bool parted)
{
	struct given g = {0};

	if (l->wants) {
		offer_values(l, l->wants->values, l->wants->arg, "", word);
	} else if (!l->ended && str_begins(word, "--") && strchr(word, '=')) {
		const struct tool_option *o = given_read(word, 0, NULL, &g) ? find_option(l, &g) : NULL;
		CLEANUP(mem_freep) char *before = parted ? mem_dup("") : mem_dupn(word, (size_t)(g.value - word));

		if (o)
			offer_values(l, o->values, o->arg, before, g.value);
	} else if (!l->ended && word[0] == '-') {
		offer_options(l, word);
	} else if (l->verb == NULL) {
		offer_verbs(l, word);
	} else {
		offer_operands(l, word);
	}
}

/* --- the whole -------------------------------------------------------------------------------------- */

/* "--name", "=", "value" is "--name=value"; true where the last word was so. */
static bool join_words(char **words, struct strlist *out)
{
	bool parted = false;

	for (char **w = words; *w; w++) {
		char *last = out->count ? out->item[out->count - 1] : NULL;

		parted = last && str_begins(last, "--") && (strcmp(*w, "=") == 0 || (w > words && strcmp(w[-1], "=") == 0));
		if (parted) {
			out->item[out->count - 1] = mem_format("%s%s", last, *w);
			mem_freep(&last);
		} else {
			strlist_add(out, *w);
		}
	}
	return parted;
}

static bool silence(void)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	return nowhere >= 0 && dup2(nowhere, STDERR_FILENO) >= 0;
}

void complete_print(const struct tool *tool, char **words, FILE *to)
{
	CLEANUP(strlist_free) struct strlist all = {0};
	struct line l = {.tool = tool, .to = to, .verb = tool->verbs[0].name ? NULL : tool->verbs};
	bool parted = join_words(words, &all);

	if (!silence())
		return;
	if (all.count == 0)
		strlist_add(&all, "");
	for (size_t i = 0; i + 1 < all.count; i++)
		take_word(&l, all.item[i]);
	offer_last(&l, all.item[all.count - 1], parted);
	strlist_free(&l.given);
}
