/* SPDX-License-Identifier: MIT */
/*
 * The one shape of all tools: a description, and a run function for each verb. Parsing, --help,
 * --version, bash completion, exit codes, metrics, the audit line and the locks come from here.
 *
 * A tool's SYNOPSIS in its manual page equals what --help prints first; both follow the description.
 */
#ifndef CMD_TOOL_TOOL_H
#define CMD_TOOL_TOOL_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

struct tool_option {
	const char *name; /* long name without dashes; NULL ends a list */
	char letter;      /* short form, or 0 */
	const char *arg;  /* "REV": takes a value; "[SECONDS]": may, after "="; NULL: takes none */
	const char *help; /* one line, lower case */
	bool mode;        /* makes it another command that changes nothing (--check, --list): no audit
			     line, no lock, and a metric of its own */
};

struct tool_call;

struct tool_verb {
	const char *name;     /* NULL: the tool is named by its verb and has this one only */
	const char *operands; /* "FILE", "[NAME]", "DISK [DISK]", "-- CMD…" or NULL */
	int least, most;      /* number of operands; most -1: any; the first ends the options */
	const char *help;     /* one line, lower case */
	const struct tool_option *options; /* its own, or NULL */
	unsigned flags;       /* TOOL_… */
	int (*run)(struct tool_call *call, struct error *e); /* exit status, or -1 with the error set */
};

enum {
	TOOL_CHANGES = 1, /* an audit line in syslog */
	TOOL_LOCKS = 2,   /* takes the appliance lock, and resolves an unfinished flow first;
			     brings -n/--dry-run and --wait; a dry run takes no lock */
	TOOL_DRY = 4,     /* brings -n/--dry-run without the lock */
	TOOL_JSON = 8,    /* brings --json */
	TOOL_LATER = 32,  /* with TOOL_LOCKS: the run function takes the lock, by tool_lock() */
	TOOL_ROOT = 16    /* must be run by root (77), but for --dry-run and modes */
};

enum { TOOL_OPTIONS_MAX = 24 }; /* a verb's own */

struct tool {
	const char *name;
	const char *help; /* what it does, one line: the page's .Nd */
	const struct tool_verb *verbs; /* ends with an entry whose run is NULL */
};

/* One call of a tool, as its run function sees it. */
struct tool_call {
	const struct tool *tool;
	const struct tool_verb *verb;
	const char *root; /* "" or an absolute path without a slash at the end */
	bool dry_run, json;
	int lock_fd;               /* the appliance lock (TOOL_LOCKS), else -1 */
	const char *const *operand; /* ends with NULL */
	int operands;
	const char **value; /* tool_value() reads them */
	const char *mode;   /* name of the mode option given, or NULL */
};

/* The value of the verb's own option: NULL where it was not given, "" where it has none. */
const char *tool_value(const struct tool_call *call, const char *name);

/*
 * Takes the appliance lock into CALL->lock_fd and resolves an unfinished flow: for a run function that does
 * something else first. The run function may close it early.
 */
int tool_lock(struct tool_call *call, struct error *e);

/* What --wait says, as lock_take() wants it. */
long tool_wait(const struct tool_call *call);

/* Misuse found by a run function: code 64; the usage is printed behind the message. Returns -1. */
int tool_misuse(struct error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Whole main(): parses, checks, runs, prints the error, writes the metrics. */
int tool_main(const struct tool *tool, int argc, char **argv);

/* Writes this call's metrics now, as a success: for a run function that replaces the process. */
void tool_before_exec(const struct tool_call *call);

#endif
