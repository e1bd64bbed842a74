/* SPDX-License-Identifier: MIT */
/*
 * An environment: the checked content of one env.yml, and what stands in it.
 *
 * The names of keys are those of the table in env/schema.h ("appliance.ssl.key"); asking for
 * another is a bug and ends the process (70). A key that is missing or null has the default of the
 * table.
 */
#ifndef ENV_ENV_H
#define ENV_ENV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"
#include "env/userdata.h"

struct env; /* opaque; owned by the caller, who frees it with env_delete() */
struct flat;

/*
 * Checks the LEN bytes of TEXT and makes an environment out of them. NAME stands in messages. What
 * is wrong sets 65 and "NAME:LINE:COLUMN: what" (lines and columns from 1, columns in characters).
 */
int env_parse(const char *name, const char *text, size_t len, struct env **env, struct error *e);

/*
 * The same from the file PATH ("-": stdin), which may be packed as user-data is (env/userdata.h).
 * Missing: 66; not readable: 77; all that is wrong in it: 65.
 */
int env_load(const char *path, struct env **env, struct error *e);

/*
 * Warns where other users than the owner may read or write the regular file PATH, which holds an environment; once a
 * file. env_load() does so.
 */
void env_warn_open(const char *path);

void env_delete(struct env *env);
void env_deletep(struct env **env); /* for CLEANUP */

/* The text that was checked, beginning with "#cloud-config". */
const struct str *env_source(const struct env *env);

/*
 * "NAME:LINE:COLUMN: what" of each thing that is odd but no error: unknown keys, keys not applied.
 */
const struct strlist *env_warnings(const struct env *env);

/*
 * The value of a text, number or boolean, without white space at both ends; its default where it is
 * missing or null; "" where it has none. Never NULL. Lives as long as ENV.
 */
const char *env_text(const struct env *env, const char *key);

/* The value of a boolean. */
bool env_bool(const struct env *env, const char *key);

/* The value of a number of seconds. */
long env_seconds(const struct env *env, const char *key);

/* Whether KEY stands there with a value: not null, not an empty text, list or map. */
bool env_given(const struct env *env, const char *key);

/*
 * The members of a list, in order. Of a list written as one text ("a.example b.example"): its
 * words. "appliance.extra.files[].path" gives that member of each map, "" where it is missing or
 * null.
 */
void env_list(const struct env *env, const char *key, struct strlist *out);

/* Puts "FILE:LINE:COLUMN: 'KEY': " in front of an error that lies in the value of KEY, which is given. 65; returns -1. */
int env_fault(const struct env *env, const char *key, struct error *e);

/* The variables of 'appliance' and 'ecs', sorted by name (env/flatten.h). */
const struct flat *env_flat(const struct env *env);

/*
 * Adds them as NAME=value, as a program's environment has them (a null and an empty text are the
 * same).
 */
void env_variables(const struct env *env, struct strlist *out);

#endif
