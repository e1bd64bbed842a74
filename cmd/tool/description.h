/* SPDX-License-Identifier: MIT */
/* What a tool says of itself: its verbs, their options and operands, and how a run function sees a call. */
#ifndef CMD_TOOL_DESCRIPTION_H
#define CMD_TOOL_DESCRIPTION_H

#include <stdbool.h>

#include "base/error.h"

enum { TOOL_MODE = true, TOOL_JOB = 2 };

/* What a value or an operand names, for completion; TOOL_ANY: nothing that could be listed. */
enum tool_values { TOOL_ANY, TOOL_CLONES, TOOL_SNAPSHOTS, TOOL_VOLUMES, TOOL_REVISIONS, TOOL_PARTS };

struct tool_option {
	const char *name; /* long name without dashes; NULL ends a list */
	char letter;      /* short form, or 0 */
	const char *arg;  /* "REV": takes a value; "[SECONDS]": may, after "="; NULL: takes none */
	const char *help; /* one line, lower case */
	unsigned mode;    /* not 0: makes it another command that changes nothing (--check, --list): no audit
			     line, no lock; TOOL_JOB: a job calls it, and it leaves metrics of its own */
	enum tool_values values; /* of what kind the value is */
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
	enum tool_values values; /* of what kind the operands are */
};

enum {
	TOOL_CHANGES = 1, /* an audit line in syslog, and metrics; what only reads leaves none */
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

#endif
