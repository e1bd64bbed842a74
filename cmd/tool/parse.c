/* SPDX-License-Identifier: MIT */
#include "cmd/tool/parse.h"

#include <string.h>

#include "cmd/tool/misuse.h"

enum { WAIT_MAX = 1000000 }; /* seconds */

/* One option as written: "--name", "--name=value" or one letter of "-nv". */
struct given {
	const char *name; /* long name, or NULL for a letter */
	size_t name_len;
	char letter;
	const char *value; /* behind "=", or NULL */
	const char *next;  /* the following argument, or NULL */
	bool took;         /* it was taken as the value */
};

static bool matches(const struct given *g, const char *name, char letter)
{
	if (g->name)
		return strlen(name) == g->name_len && strncmp(name, g->name, g->name_len) == 0;
	return letter && g->letter == letter;
}

static char *given_text(const struct given *g)
{
	return g->name ? mem_format("--%.*s", (int)g->name_len, g->name) : mem_format("-%c", g->letter);
}

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
	CLEANUP(mem_freep) char *text = given_text(g);
	const struct tool_option *o = p->verb ? p->verb->options : NULL;

	for (size_t i = 0; o && o[i].name && i < TOOL_OPTIONS_MAX; i++) {
		if (!matches(g, o[i].name, o[i].letter))
			continue;
		if (take_value(g, o[i].arg, &p->value[i], e) != 0)
			return -1;
		if (o[i].mode && p->mode)
			return tool_misuse(e, "options '--%s' and '--%s' exclude each other", p->mode,
					   o[i].name);
		if (o[i].mode)
			p->mode = o[i].name;
		return 0;
	}
	return tool_misuse(e, "unknown option '%s'", text);
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
		{"help", 0, &p->help},         {"version", 0, &p->version},
		{"completion", 0, &p->completion},
	};

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (matches(g, flags[i].name, flags[i].letter))
			return take_flag(g, flags[i].flag, e);
	if (matches(g, "root", 0))
		return take_value(g, "DIR", &p->root, e);
	if (matches(g, "wait", 0))
		return take_value(g, "[SECONDS]", &p->wait, e);
	return take_own(p, g, e);
}

/* One argument that begins with a dash; *TOOK: the next one was its value. */
static int take_argument(struct parsed *p, const char *arg, const char *next, bool *took,
			 struct error *e)
{
	struct given g = {.next = next};

	if (arg[1] == '-') {
		g.name = arg + 2;
		g.name_len = strcspn(g.name, "=");
		g.value = g.name[g.name_len] ? g.name + g.name_len + 1 : NULL;
		if (take_option(p, &g, e) != 0)
			return -1;
		*took = g.took;
		return 0;
	}
	for (const char *letter = arg + 1; *letter; letter++) {
		g = (struct given){.letter = *letter, .next = letter[1] ? NULL : next};
		if (take_option(p, &g, e) != 0)
			return -1;
	}
	*took = g.took;
	return 0;
}

static int find_verb(struct parsed *p, const char *name, struct error *e)
{
	for (const struct tool_verb *v = p->tool->verbs; v->run; v++) {
		if (strcmp(v->name, name) == 0) {
			p->verb = v;
			return 0;
		}
	}
	return tool_misuse(e, "unknown verb '%s'", name);
}

/*
 * A verb comes first of the words; an option of its own cannot stand before it. A word that is given
 * on to another program (most < 0) ends the options.
 */
static int take_all(struct parsed *p, char **argv, struct error *e)
{
	bool options = true;

	for (char **arg = argv + 1; *arg; arg++) {
		bool took = false;

		if (options && strcmp(*arg, "--") == 0) {
			options = false;
		} else if (options && (*arg)[0] == '-' && (*arg)[1]) {
			if (take_argument(p, *arg, arg[1], &took, e) != 0)
				return -1;
			arg += took;
		} else if (p->verb == NULL) {
			if (find_verb(p, *arg, e) != 0)
				return -1;
		} else {
			strlist_add(&p->operands, *arg);
			options = options && p->verb->most >= 0;
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
	unsigned flags;
	unsigned long long seconds;

	if (p->verb == NULL)
		return tool_misuse(e, "a verb is missing");
	flags = p->verb->flags;
	if (p->quiet && p->verbose)
		return tool_misuse(e, "options '-q' and '-v' exclude each other");
	if (p->dry_run && !(flags & (TOOL_LOCKS | TOOL_DRY)))
		return tool_misuse(e, "unknown option '--dry-run'");
	if (p->json && !(flags & TOOL_JSON))
		return tool_misuse(e, "unknown option '--json'");
	if (p->wait && !(flags & TOOL_LOCKS))
		return tool_misuse(e, "unknown option '--wait'");
	if (p->wait && *p->wait && !str_number(p->wait, WAIT_MAX, &seconds))
		return tool_misuse(e, "'--wait=%s' is no number of seconds", p->wait);
	return check_operands(p, e);
}

int parse_arguments(const struct tool *tool, char **argv, struct parsed *p, struct error *e)
{
	*p = (struct parsed){.tool = tool};
	if (tool->verbs[0].name == NULL)
		p->verb = tool->verbs;
	if (take_all(p, argv, e) != 0)
		return -1;
	return p->help || p->version || p->completion ? 0 : check(p, e);
}

void parse_free(struct parsed *p)
{
	strlist_free(&p->operands);
}

long parse_wait(const struct parsed *p)
{
	unsigned long long seconds = 0;

	if (p->wait == NULL)
		return 0;
	if (*p->wait == '\0')
		return -1;
	str_number(p->wait, WAIT_MAX, &seconds);
	return (long)seconds;
}
