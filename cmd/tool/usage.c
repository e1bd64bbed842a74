/* SPDX-License-Identifier: MIT */
#include "cmd/tool/usage.h"

#include <string.h>

#include "base/str.h"

/* The options that every tool, or every tool with a flag, has. */
struct common {
	unsigned flag; /* 0: all */
	struct tool_option option;
};

static const struct common commons[] = {
	{TOOL_LOCKS | TOOL_DRY,
	 {"dry-run", 'n', NULL, "print the steps it would take, and change nothing", false}},
	{0, {"quiet", 'q', NULL, "say errors and warnings only", false}},
	{0, {"verbose", 'v', NULL, "say each step, and what it took", false}},
	{TOOL_JSON, {"json", 0, NULL, "print the data as JSON", false}},
	{0, {"root", 0, "DIR", "resolve every built-in path beneath DIR", false}},
	{TOOL_LOCKS,
	 {"wait", 0, "[SECONDS]", "wait for another command to end, for ever or so long", false}},
};

static bool has(const struct tool_verb *v, const struct common *c)
{
	return c->flag == 0 || (v->flags & c->flag);
}

static void print_option(const struct tool_option *o, FILE *to)
{
	fprintf(to, " [--%s", o->name);
	if (o->arg && o->arg[0] == '[')
		fprintf(to, "[=%.*s]", (int)strlen(o->arg) - 2, o->arg + 1);
	else if (o->arg)
		fprintf(to, " %s", o->arg);
	fputc(']', to);
}

/* TOOL VERB [-nqv] [--own] [--common] OPERANDS */
static void print_line(const struct tool *tool, const struct tool_verb *v, FILE *to)
{
	fprintf(to, "%s%s%s", tool->name, v->name ? " " : "", v->name ? v->name : "");
	fprintf(to, " [-%sqv]", v->flags & (TOOL_LOCKS | TOOL_DRY) ? "n" : "");
	for (const struct tool_option *o = v->options; o && o->name; o++)
		print_option(o, to);
	for (size_t i = 0; i < sizeof commons / sizeof *commons; i++)
		if (commons[i].option.letter == 0 && has(v, &commons[i]))
			print_option(&commons[i].option, to);
	if (v->operands)
		fprintf(to, " %s", v->operands);
	fputc('\n', to);
}

void usage_synopsis(const struct tool *tool, const struct tool_verb *verb, FILE *to)
{
	const char *begin = "usage: ";

	for (const struct tool_verb *v = tool->verbs; v->run; v++) {
		if (verb && v != verb)
			continue;
		fputs(begin, to);
		print_line(tool, v, to);
		begin = "       ";
	}
}

static void help_option(const struct tool_option *o, FILE *to)
{
	CLEANUP(str_free) struct str left = {0};

	if (o->letter)
		str_addf(&left, "-%c, --%s", o->letter, o->name);
	else
		str_addf(&left, "    --%s", o->name);
	if (o->arg && o->arg[0] == '[') /* "[SECONDS]": only behind "=" */
		str_addf(&left, "[=%s", o->arg + 1);
	else if (o->arg)
		str_addf(&left, " %s", o->arg);
	fprintf(to, "  %-26s  %s\n", left.data, o->help);
}

static void help_verb(const struct tool *tool, const struct tool_verb *v, FILE *to)
{
	if (v->name)
		fprintf(to, "\n%s %s: %s\n", tool->name, v->name, v->help);
	for (const struct tool_option *o = v->options; o && o->name; o++)
		help_option(o, to);
}

static bool any_has(const struct tool *tool, const struct common *c)
{
	for (const struct tool_verb *v = tool->verbs; v->run; v++)
		if (has(v, c))
			return true;
	return false;
}

void usage_help(const struct tool *tool, const struct tool_verb *verb, FILE *to)
{
	static const struct tool_option last[] = {
		{"help", 0, NULL, "print this", false},
		{"version", 0, NULL, "print the version", false},
	};

	usage_synopsis(tool, NULL, to);
	fprintf(to, "\n%s\n", tool->help);
	for (const struct tool_verb *v = tool->verbs; v->run; v++)
		if (verb == NULL || verb == v)
			help_verb(tool, v, to);
	fprintf(to, "\n");
	for (size_t i = 0; i < sizeof commons / sizeof *commons; i++)
		if (any_has(tool, &commons[i]))
			help_option(&commons[i].option, to);
	help_option(&last[0], to);
	help_option(&last[1], to);
	fprintf(to, "\nSee %s(8).\n", tool->name);
}

/* The options that may follow VERB, as words. */
static void words(const struct tool_verb *v, FILE *to)
{
	for (const struct tool_option *o = v->options; o && o->name; o++)
		fprintf(to, " --%s%s", o->name, o->arg && o->arg[0] == '[' ? "=" : "");
	for (size_t i = 0; i < sizeof commons / sizeof *commons; i++)
		if (has(v, &commons[i]))
			fprintf(to, " --%s", commons[i].option.name);
	fprintf(to, " --help --version");
}

void usage_completion(const struct tool *tool, FILE *to)
{
	fprintf(to, "# bash completion for %s, written by it\n_%s() {\n", tool->name, tool->name);
	fprintf(to, "\tlocal word=${COMP_WORDS[COMP_CWORD]} verb='' before='' w words\n");
	fprintf(to, "\tfor w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n");
	fprintf(to, "\t\t[[ $w == -* || $before == --root ]] || { verb=$w; break; }\n");
	fprintf(to, "\t\tbefore=$w\n\tdone\n");
	fprintf(to, "\tcase $verb in\n");
	for (const struct tool_verb *v = tool->verbs; v->run; v++) {
		fprintf(to, "\t%s) words=\"", v->name ? v->name : "*");
		words(v, to);
		fprintf(to, "\" ;;\n");
	}
	if (tool->verbs[0].name) {
		fprintf(to, "\t*) words=\"");
		for (const struct tool_verb *v = tool->verbs; v->run; v++)
			fprintf(to, " %s", v->name);
		fprintf(to, " --help --version\" ;;\n");
	}
	fprintf(to, "\tesac\n\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n}\n");
	fprintf(to, "complete -o default -F _%s %s\n", tool->name, tool->name);
}
