/* SPDX-License-Identifier: MIT */
/* The lines of a flow's journal, as flow.h lists them: written one by one, read back as a whole. */
#ifndef FLOW_RECORD_H
#define FLOW_RECORD_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "flow/flow.h"

/* What the lines of a journal say. */
struct record {
	char *flow; /* NULL: there is none, or it was cut off before its first line */
	struct flow_facts facts;
	struct strlist begun; /* steps begun and not taken back, in order */
	struct strlist done;  /* those of them that were done */
	bool backward;        /* it was walking back */
};

/* Reads PATH; a missing one says nothing. The caller frees R in any case. */
int record_read(const char *path, struct record *r, struct error *e);
void record_free(struct record *r);

/* Appends "WORD TEXT" to the journal FD, flushed when it returns. */
int record_put(int fd, const char *word, const char *text, struct error *e);

/* Appends the fact "is NAME VALUE". */
int record_put_fact(int fd, const char *name, const char *value, struct error *e);

#endif
