/* SPDX-License-Identifier: MIT */
/*
 * The journal of one flow: a file of lines "WORD TEXT", appended and flushed one by one with fdatasync(2), the
 * only caller of it in the suite. A line that a power cut tore (no newline) does not count.
 *
 *	flow NAME            first
 *	is NAME VALUE        a fact that the flow needs to be resolved
 *	begin STEP           before a do
 *	done STEP            after it
 *	back STEP            before an undo
 *	undone STEP          after it
 *
 * In each text % and control characters are written as %XX.
 */
#ifndef FLOW_JOURNAL_H
#define FLOW_JOURNAL_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "flow/facts.h"

/* What the lines say. */
struct journal {
	char *flow; /* NULL: there is no journal, or it was cut off before its first line */
	struct flow_facts facts;
	struct strlist begun; /* steps begun and not taken back, in order */
	struct strlist done;  /* those of them that were done */
	bool backward;        /* it was walking back */
};

/* Reads PATH; a missing one says nothing. The caller frees J in any case. */
int journal_read(const char *path, struct journal *j, struct error *e);
void journal_free(struct journal *j);

/*
 * Opens PATH for appending; created, with its folder, where missing. A torn last line is cut off, and
 * 64 KiB are set aside, so that a disk that fills up during a flow does not stop it from being taken
 * back.
 * Returns a descriptor (close-on-exec), the caller closes it.
 */
int journal_open(const char *path, struct error *e);

/* Appends "WORD TEXT", flushed when it returns. On failure nothing of it is left. */
int journal_put(int fd, const char *word, const char *text, struct error *e);

/* Appends the fact "is NAME VALUE". */
int journal_put_fact(int fd, const char *name, const char *value, struct error *e);

/* The flow is over: removes PATH. */
int journal_remove(const char *path, struct error *e);

#endif
