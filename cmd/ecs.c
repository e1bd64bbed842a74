/* SPDX-License-Identifier: MIT */
/* "ecs TOOL …" is "ecs-TOOL …", of the same folder; it lists the tools and runs them, and does nothing else. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/spelling.h"
#include "base/str.h"
#include "cmd/tool/shells.h"

#define SELF "/proc/self/exe"

struct entry {
	const char *name, *help;
};

/* The first line of each tool's --help; the Makefile makes it from the tools it has built. */
static const struct entry tools[] = {
#include "obj/tools.h"
	{NULL, NULL},
};

static int print_help(void)
{
	printf("usage: ecs TOOL [ARG…]\n"
	       "       ecs help [TOOL [VERB]]\n"
	       "       ecs [--help] [--version]\n"
	       "\nrun a tool of the suite: 'ecs start' is 'ecs-start'\n\n");
	for (const struct entry *t = tools; t->name; t++)
		printf("  %-10s %s\n", t->name, t->help);
	printf("\nSee ecs(8), and ecs(7) for what the tools have in common.\n");
	return EX_OK;
}

static int print_version(void)
{
	printf("ecs %s\n", ECS_VERSION);
	return EX_OK;
}

/* stdout is data: one that could not be written is a failure. */
static int end_output(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	log_error("cannot write to stdout: %s", strerror(errno));
	return EX_IOERR;
}

static int refuse_tool(const char *word)
{
	struct spelling near;
	CLEANUP(str_free) struct str shown = {0};

	spelling_begin(&near, word, strlen(word));
	spelling_try(&near, "help", strlen("help"));
	for (const struct entry *t = tools; t->name; t++)
		spelling_try(&near, t->name, strlen(t->name));
	str_add_printable(&shown, word);
	if (near.found)
		log_error("unknown tool '%s': did you mean '%s'?", str_get(&shown), near.found);
	else
		log_error("unknown tool '%s': 'ecs help' lists all", str_get(&shown));
	return EX_USAGE;
}

/* Becomes the tool; ARGV follows its name. Returns, with an exit status, only if that fails. */
static int become(const char *word, char **argv)
{
	char self[PATH_MAX];
	ssize_t n = readlink(SELF, self, sizeof self - 1);
	CLEANUP(mem_freep) char *dir = NULL;
	CLEANUP(mem_freep) char *name = mem_format("ecs-%s", word);
	CLEANUP(mem_freep) char *path = NULL;
	CLEANUP(strlist_free) struct strlist words = {0};
	const struct entry *t = tools;

	while (t->name && strcmp(t->name, word) != 0)
		t++;
	if (t->name == NULL)
		return refuse_tool(word);
	if (n < 0) {
		log_error("cannot read '" SELF "': %s", strerror(errno));
		return EX_OSERR;
	}
	self[n] = '\0';
	dir = path_dir(self);
	path = path_join(dir, name);
	strlist_add(&words, name);
	strlist_addv(&words, (const char *const *)argv);
	execv(path, words.item);
	log_error("cannot run '%s': %s", path, strerror(errno));
	return EX_UNAVAILABLE;
}

/* "help TOOL" asks the tool for all that it says, "help TOOL VERB" for what it says of the verb. */
static int help(char **argv)
{
	char *all[] = {(char[]){"--help"}, NULL};
	char *verb[] = {(char[]){"help"}, NULL, NULL};

	if (argv[0] == NULL)
		return end_output(print_help());
	if (argv[1] == NULL)
		return become(argv[0], all);
	if (argv[2]) {
		log_error("one operand too many: '%s'", argv[2]);
		return EX_USAGE;
	}
	verb[1] = argv[1];
	return become(argv[0], verb);
}

/* --- completion --------------------------------------------------------------------------------------- */

static const struct entry own[] = {
	{"help", "what a tool does"}, {"--help", "list the tools"}, {"--version", "print the version"}, {NULL, NULL},
};

static void offer(const struct entry *entries, const char *typed)
{
	for (const struct entry *t = entries; t->name; t++)
		if (str_begins(t->name, typed) && (t->name[0] != '-' || *typed == '-'))
			printf("%s\t%s\n", t->name, t->help);
}

/* A tool completes its own words: "snapshot …" as ecs-snapshot would, "help snapshot …" its verbs. */
static int complete(char **words)
{
	bool helps = words[0] && strcmp(words[0], "help") == 0;
	char **tool = words + helps;
	CLEANUP(strlist_free) struct strlist asked = {0};

	if (tool[0] == NULL || tool[1] == NULL) {
		offer(tools, tool[0] ? tool[0] : "");
		if (!helps)
			offer(own, tool[0] ? tool[0] : "");
		return end_output(EX_OK);
	}
	strlist_add(&asked, SHELLS_ASK);
	if (helps)
		strlist_add(&asked, "help");
	strlist_addv(&asked, (const char *const *)tool + 1);
	return become(tool[0], asked.item);
}

static int print_completion(const char *shell)
{
	if (shell == NULL || !shells_known(shell)) {
		log_error("'--completion' needs the name of a shell: " SHELLS_NAMES);
		return EX_USAGE;
	}
	shells_print(shell, "ecs", stdout);
	return end_output(EX_OK);
}

/* --- the whole ---------------------------------------------------------------------------------------- */

static bool is(const char *word, const char *one, const char *other)
{
	return strcmp(word, one) == 0 || strcmp(word, other) == 0;
}

int main(int argc, char **argv)
{
	log_init("ecs", LOG_NORMAL);
	if (argc < 2)
		return end_output(print_help());
	if (strcmp(argv[1], SHELLS_ASK) == 0)
		return complete(argv + 2);
	if (strcmp(argv[1], "--completion") == 0)
		return print_completion(argv[2]);
	if (is(argv[1], "--help", "-h") || strcmp(argv[1], "--version") == 0) {
		if (argv[2]) {
			log_error("'%s' takes no operand: '%s'", argv[1], argv[2]);
			return EX_USAGE;
		}
		return end_output(strcmp(argv[1], "--version") == 0 ? print_version() : print_help());
	}
	if (strcmp(argv[1], "help") == 0)
		return help(argv + 2);
	if (argv[1][0] == '-') {
		log_error("unknown option '%s': put options after the tool, as in 'ecs status %s'", argv[1], argv[1]);
		return EX_USAGE;
	}
	return become(argv[1], argv + 2);
}
