/* SPDX-License-Identifier: MIT */
#include "cmd/tool/usage.h"

#include <string.h>

#include "base/str.h"
#include "cmd/tool/commons.h"

enum { WIDTH = 80, OPTION_WIDTH = 26 };

/* --- lines that break at WIDTH -------------------------------------------------------------------- */

struct page {
	FILE *to;
	size_t at, indent; /* columns */
};

/* Characters of UTF-8, each taken for one column. */
static size_t columns(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* A word that is not broken, behind a blank or on a new line. */
static void page_word(struct page *p, const char *word)
{
	size_t n = columns(word);

	if (p->at > p->indent && p->at + 1 + n > WIDTH) {
		fprintf(p->to, "\n%*s", (int)p->indent, "");
		p->at = p->indent;
	} else if (p->at > p->indent) {
		fputc(' ', p->to);
		p->at++;
	}
	fputs(word, p->to);
	p->at += n;
}

static void page_text(struct page *p, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, " ");
		CLEANUP(mem_freep) char *word = mem_dupn(text, n);

		page_word(p, word);
		text += n + (text[n] == ' ');
	}
	fputc('\n', p->to);
}

/* --- synopsis ------------------------------------------------------------------------------------- */

/* "--name ARG", "--name[=ARG]" */
static void add_option(struct str *out, const struct tool_option *o)
{
	str_addf(out, "--%s", o->name);
	if (o->arg && o->arg[0] == '[')
		str_addf(out, "[=%s", o->arg + 1);
	else if (o->arg)
		str_addf(out, " %s", o->arg);
}

static void page_option(struct page *p, const struct tool_option *o)
{
	CLEANUP(str_free) struct str text = {0};

	str_addc(&text, '[');
	add_option(&text, o);
	str_addc(&text, ']');
	page_word(p, text.data);
}

static char *call_of(const struct tool *tool, const struct tool_verb *v)
{
	return mem_format("%s%s%s", tool->name, v && v->name ? " " : "", v && v->name ? v->name : "");
}

/* TOOL VERB [-nqv] [--own] [--common] OPERANDS; what has a letter that all have stands in the first. */
static void print_synopsis(const struct tool *tool, const struct tool_verb *v, const char *begin, FILE *to)
{
	CLEANUP(mem_freep) char *call = call_of(tool, v);
	struct page p = {.to = to, .indent = strlen(begin) + strlen(call) + 1};

	fprintf(to, "%s%s ", begin, call);
	p.at = p.indent;
	page_word(&p, v->flags & (TOOL_LOCKS | TOOL_DRY) ? "[-nqv]" : "[-qv]");
	for (const struct tool_option *o = v->options; o && o->name; o++)
		page_option(&p, o);
	for (const struct common *c = commons; c->option.name; c++)
		if (c->option.letter == 0 && c->option.help && strcmp(c->option.name, "version") != 0 && common_fits(c, v))
			page_option(&p, &c->option);
	page_text(&p, v->operands ? v->operands : "");
}

void usage_hint(const struct tool *tool, const struct tool_verb *verb, FILE *to)
{
	CLEANUP(mem_freep) char *call = call_of(tool, verb);

	if (verb && verb->name) {
		fprintf(to, "usage: %s [OPTION…]%s%s (see '%s help %s')\n", call, verb->operands ? " " : "",
			verb->operands ? verb->operands : "", tool->name, verb->name);
		return;
	}
	fprintf(to, "usage: %s ", call);
	for (const struct tool_verb *v = tool->verbs; v->run && v->name; v++)
		fprintf(to, "%s%s", v == tool->verbs ? "" : "|", v->name);
	if (verb)
		fprintf(to, "[OPTION…]%s%s", verb->operands ? " " : "", verb->operands ? verb->operands : "");
	fprintf(to, " (see '%s --help')\n", tool->name);
}

/* --- help ----------------------------------------------------------------------------------------- */

static void help_option(const struct tool_option *o, FILE *to)
{
	CLEANUP(str_free) struct str left = {0};
	struct page p = {.to = to, .indent = 2 + OPTION_WIDTH + 2};

	if (o->letter)
		str_addf(&left, "-%c, ", o->letter);
	else
		str_add(&left, "    ");
	add_option(&left, o);
	fprintf(to, "  %-*s  ", OPTION_WIDTH, left.data);
	p.at = p.indent;
	if (left.len > OPTION_WIDTH)
		fprintf(to, "\n%*s", (int)p.indent, "");
	page_text(&p, o->help);
}

static void help_verb(const struct tool *tool, const struct tool_verb *v, FILE *to)
{
	struct page p = {.to = to};

	if (v->name) {
		CLEANUP(mem_freep) char *text = mem_format("%s %s: %s", tool->name, v->name, v->help);

		fputc('\n', to);
		page_text(&p, text);
	}
	for (const struct tool_option *o = v->options; o && o->name; o++)
		help_option(o, to);
}

void usage_help(const struct tool *tool, const struct tool_verb *verb, FILE *to)
{
	const char *begin = "usage: ";

	for (const struct tool_verb *v = tool->verbs; v->run; v++) {
		if (verb && v != verb)
			continue;
		print_synopsis(tool, v, begin, to);
		begin = "       ";
	}
	if (verb == NULL || verb->name == NULL)
		fprintf(to, "\n%s\n", tool->help);
	for (const struct tool_verb *v = tool->verbs; v->run; v++)
		if (verb == NULL || verb == v)
			help_verb(tool, v, to);
	fprintf(to, "\n");
	for (const struct common *c = commons; c->option.name; c++)
		if (c->option.help && (verb ? common_fits(c, verb) : common_fits_any(c, tool)))
			help_option(&c->option, to);
	fprintf(to, "\nSee %s(8).\n", tool->name);
}
