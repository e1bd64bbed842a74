/* SPDX-License-Identifier: MIT */
/* Options and verbs as they were written, and what the user may have meant. */
#ifndef CMD_TOOL_GUESS_H
#define CMD_TOOL_GUESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "cmd/tool/description.h"

/* One option as written: "--name", "--name=value" or one letter of "-nv". */
struct given {
	const char *name; /* long name, or NULL for a letter */
	size_t name_len;
	char letter;
	const char *value; /* behind "=", or NULL */
	const char *next;  /* the following argument, or NULL */
	bool took;         /* it was taken as the value */
};

/* Option INDEX of the argument ARG: a long one, or one letter of several. False: no more. */
bool given_read(const char *arg, size_t index, const char *next, struct given *g);

bool given_is(const struct given *g, const char *name, char letter);

/* "--name" or "-n"; the caller frees it. */
char *given_text(const struct given *g);

/* The option that VERB knows it as, its own or a common one; NULL: none. */
const struct tool_option *guess_find(const struct tool_verb *verb, const struct given *g);

/* Whether the option takes the next word, in any verb. */
bool guess_takes_next(const struct tool *tool, const struct given *g);

/*
 * Before the verb is known: *TAKES_NEXT tells whether the last option of ARG takes the next word. Misuse: no verb
 * knows it, or the verbs do not agree on it.
 */
int guess_skip(const struct tool *tool, const char *arg, bool *takes_next, struct error *e);

/* Misuse: the option is not one of VERB's. Names the verbs that have it, or the nearest option. Returns -1. */
int guess_option(const struct tool *tool, const struct tool_verb *verb, const struct given *g, struct error *e);

/* Finds the verb; misuse names the nearest one, or all. */
int guess_verb(const struct tool *tool, const char *name, const struct tool_verb **verb, struct error *e);

/* Misuse: no verb was given; the message lists them. Returns -1. */
int guess_missing(const struct tool *tool, struct error *e);

#endif
