/* SPDX-License-Identifier: MIT */
/*
 * The one table of all keys of env.yml that this suite knows: the check, the defaults, what is
 * secret, the hint at a slip (env/nearest.h) and ecs-env.5 (compared by tests/unit/test_schema.c) come from it.
 *
 * The older appliance's names and types: it was lenient, so are we ("true" for true, a number or a
 * boolean for a text, one text for a list of words).
 */
#ifndef ENV_SCHEMA_H
#define ENV_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

enum schema_type {
	SCHEMA_TEXT, /* any text, number or boolean */
	SCHEMA_WORD, /* a text without white space that does not begin with a dash */
	SCHEMA_BOOL, /* a boolean, or a text or number that says so: yes on 1, no off 0 */
	SCHEMA_DOMAIN, /* a host name */
	SCHEMA_NAME,   /* letters, digits, "_" and "-" */
	SCHEMA_PORT,   /* a port to listen at: 80, 127.0.0.1:8080 or [::1]:8080 */
	SCHEMA_SECONDS, /* a whole number of them, at least 1 */
	SCHEMA_MEGABYTES, /* a whole number of them (2^20 bytes), at least 1 */
	SCHEMA_HOSTS, /* a list of host names, or one text of them; "*" and a leading dot count */
	SCHEMA_PATHS, /* a list of absolute paths, or one text of them */
	SCHEMA_WORDS, /* a list of words, or one text of them */
	SCHEMA_LINES  /* a list of texts, or one text of lines */
};

enum {
	SCHEMA_SECRET = 1,  /* never shown */
	SCHEMA_PENDING = 2, /* known, but nothing of this version applies it */
};

struct schema_key {
	const char *name; /* "appliance.extra.files[].path": [] stands for the members of a list */
	enum schema_type type;
	unsigned flags;       /* SCHEMA_… */
	const char *fallback; /* the value where the key is missing or null; "" for none */
	const char *doc;      /* one line */
	const char *same;     /* the key that this one is another place for, or NULL */
};

/* All keys, in the order of the page; ends with an entry whose name is NULL. */
const struct schema_key *schema_keys(void);

/* The key of that name, or NULL. */
const struct schema_key *schema_find(const char *name);

/* What NAME is: a key, the map or the list of maps that holds known keys, or unknown. */
enum schema_place { SCHEMA_UNKNOWN, SCHEMA_KEY, SCHEMA_MAP, SCHEMA_LIST };
enum schema_place schema_place(const char *name, const struct schema_key **key);

/* "text", "boolean", …: what is expected, for messages and the page. */
const char *schema_type_name(enum schema_type type);

/* Whether TEXT (stripped) is a value of TYPE; a list's type judges one member. */
bool schema_value_ok(enum schema_type type, const char *text);

/* Whether TEXT, a value of SCHEMA_BOOL, says yes. */
bool schema_true(const char *text);

/*
 * A member of a list, where the list is written as one text: its length; *TEXT moves to its begin.
 * 0: no more.
 */
size_t schema_word(enum schema_type type, const char **text);

/*
 * The key that a flattened variable (APPLIANCE_EXTRA_FILES_0_PATH) comes from, or NULL; *LEN tells
 * whether it is the number of members (…_LEN).
 */
const struct schema_key *schema_of_variable(const char *variable, bool *len);

#endif
