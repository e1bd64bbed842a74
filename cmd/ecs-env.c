/* SPDX-License-Identifier: MIT */
/* ecs-env: finds, checks, shows and makes the environment of an appliance. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/tool/table.h"
#include "cmd/tool/tool.h"
#include "env/create.h"
#include "env/credentials.h"
#include "env/env.h"
#include "env/find.h"
#include "env/flatten.h"
#include "env/publish.h"
#include "env/schema.h"
#include "appliance/appliance.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/run.h"
#include "wrap/json.h"

static void put(const struct str *text)
{
	fwrite(str_get(text), 1, text->len, stdout);
}

/* --- find ------------------------------------------------------------------------------------- */

static void find_json(const struct metadata *m)
{
	CLEANUP(jv_deletep) struct json *answer = jv_object();
	struct json *tried = jv_array();

	jv_set_text(answer, "source", m->source);
	jv_set_text(answer, "where", m->where);
	for (size_t i = 0; i < m->tried.count; i++)
		jv_add_text(tried, m->tried.item[i]);
	jv_set(answer, "tried", tried);
	table_json(answer);
}

static int verb_find(struct tool_call *call, struct error *e)
{
	CLEANUP(metadata_free) struct metadata m = {0};
	int rc = find_userdata(call->root, &m, e);

	for (size_t i = 0; i < m.tried.count; i++)
		log_say("skipped %s", m.tried.item[i]);
	if (rc != 0)
		return -1;
	log_say("%s: found in '%s'", m.source, m.where);
	if (call->json)
		find_json(&m);
	else
		puts(m.source);
	return 0;
}

/* --- check, export ---------------------------------------------------------------------------- */

static int verb_check(struct tool_call *call, struct error *e)
{
	CLEANUP(env_deletep) struct env *env = NULL;
	CLEANUP(strlist_free) struct strlist warnings = {0};

	if (env_load(call->operand[0], &env, e) != 0)
		return -1;
	strlist_addv(&warnings, strlist_argv(env_warnings(env)));
	credentials_ends(env, clock_now(), &warnings);
	for (size_t i = 0; i < warnings.count; i++)
		log_warn("%s", warnings.item[i]);
	return credentials_check(env, e);
}

static int verb_export(struct tool_call *call, struct error *e)
{
	CLEANUP(env_deletep) struct env *env = NULL;
	CLEANUP(str_free) struct str out = {0};

	if (env_load(call->operand[0], &env, e) != 0)
		return -1;
	for (size_t i = 0; i < env_flat(env)->count; i++)
		flat_print(&env_flat(env)->variable[i], &out);
	put(&out);
	return 0;
}

/* --- show ------------------------------------------------------------------------------------- */

static const char hidden[] = "(hidden)";

/* Of an address without its user and password: "https://(hidden)@host/"; the caller frees it. */
static char *without_user(const char *value)
{
	const char *host = strstr(value, "://");
	const char *sign = host ? memrchr(host + 3, '@', strcspn(host + 3, "/")) : NULL; /* a password may hold one */

	if (sign == NULL)
		return mem_dup(value);
	return mem_format("%.*s%s%s", (int)(host + 3 - value), value, hidden, sign);
}

/* The value as it may be shown: secrets and unknown keys are hidden. The caller frees it. */
static char *shown(const struct flat_variable *v)
{
	bool len;
	const struct schema_key *key = schema_of_variable(v->name, &len);
	bool open = len || (key && !(key->flags & SCHEMA_SECRET));

	if (v->value == NULL || *v->value == '\0')
		return mem_dup(v->value);
	return open ? without_user(v->value) : mem_dup(hidden);
}

static int verb_show(struct tool_call *call, struct error *e)
{
	CLEANUP(env_deletep) struct env *env = NULL;
	CLEANUP(jv_deletep) struct json *object = call->json ? jv_object() : NULL;
	CLEANUP(str_free) struct str out = {0};

	if ((call->operands ? env_load(call->operand[0], &env, e)
			    : env_active(call->root, &env, e)) != 0)
		return -1;
	for (size_t i = 0; i < env_flat(env)->count; i++) {
		struct flat_variable v = env_flat(env)->variable[i];
		CLEANUP(mem_freep) char *value = shown(&v);

		v.value = value;
		if (object)
			jv_set_text(object, v.name, v.value);
		else
			flat_print(&v, &out);
	}
	if (object)
		table_json(object);
	else
		table_text(&out);
	return 0;
}

/* --- exec ------------------------------------------------------------------------------------- */

/* Adds NAME=value, or puts it in the place of an earlier one of that name. */
static void variable_set(struct strlist *variables, const char *variable)
{
	size_t n = strcspn(variable, "=") + 1;

	for (size_t i = 0; i < variables->count; i++)
		if (strncmp(variables->item[i], variable, n) == 0) {
			free(variables->item[i]);
			variables->item[i] = mem_dup(variable);
			return;
		}
	strlist_add(variables, variable);
}

/* The environment of the program: this one's, and over it what `docker compose` gets from the tools. */
static int exec_variables(const struct tool_call *call, struct strlist *out, struct error *e)
{
	CLEANUP(env_deletep) struct env *env = NULL;
	CLEANUP(appliance_free) struct appliance a = {0};

	if (env_active(call->root, &env, e) != 0 || appliance_open(call->root, env, &a, e) != 0 ||
	    appliance_by_hand(&a, e) != 0)
		return -1;
	for (char **v = environ; *v; v++)
		variable_set(out, *v);
	for (size_t i = 0; i < a.compose.env.count; i++)
		variable_set(out, a.compose.env.item[i]);
	return 0;
}

static int verb_exec(struct tool_call *call, struct error *e)
{
	CLEANUP(strlist_free) struct strlist variables = {0};

	if (exec_variables(call, &variables, e) != 0)
		return -1;
	return run_exec(call->operand, strlist_argv(&variables), e);
}

/* --- create, package -------------------------------------------------------------------------- */

/* The shell creates the file behind '>', and the umask decides who may read it. */
static void warn_of_output(void)
{
	struct stat st;

	if (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)))
		log_warn("the output holds secrets, and other users may open the file that it goes to (mode %04o): run 'chmod 600' on that file",
			 st.st_mode & 07777U);
}

static const struct tool_option create_options[] = {
	{.name = "output", .letter = 'o', .arg = "FILE", .help = "write to FILE (mode 0600), not to standard output"},
	{.name = "replace", .help = "with --output: replace FILE if it exists"},
	{.name = "show-secrets", .help = "print it even to a terminal"},
	{0},
};

/* Before keys are made, which takes a second. */
static int check_output(const struct tool_call *call, const char *file, struct error *e)
{
	struct stat st;

	if (file && tool_value(call, "show-secrets"))
		return tool_misuse(e, "options '--output' and '--show-secrets' cannot be used together");
	if (file == NULL && tool_value(call, "replace"))
		return tool_misuse(e, "option '--replace' needs '--output'");
	if (file == NULL && isatty(STDOUT_FILENO) && !tool_value(call, "show-secrets"))
		return tool_misuse(e, "refusing to print secret keys to a terminal: give '--output FILE' or '--show-secrets'");
	if (file && !tool_value(call, "replace") && lstat(file, &st) == 0)
		return error_set(e, EX_CANTCREAT, "'%s' exists, and may be the only copy of its keys: give another "
						  "name, or '--replace'", file);
	return 0;
}

static int verb_create(struct tool_call *call, struct error *e)
{
	const char *domain = call->operand[0];
	const char *file = tool_value(call, "output");
	CLEANUP(str_free) struct str out = {0};

	if (file && strcmp(file, "-") == 0)
		file = NULL;
	if (*domain == '\0' || !schema_value_ok(SCHEMA_DOMAIN, domain))
		return tool_misuse(e, "'%s' is not a valid host name", domain);
	if (check_output(call, file, e) != 0)
		return -1;
	log_progress("making keys");
	if (env_create(domain, &out, e) != 0)
		return -1;
	if (file)
		return (tool_value(call, "replace") ? file_write : file_write_new)(file, str_get(&out), out.len, 0600, e);
	warn_of_output();
	put(&out);
	return 0;
}

static int verb_package(struct tool_call *call, struct error *e)
{
	CLEANUP(env_deletep) struct env *env = NULL;
	CLEANUP(str_free) struct str out = {0};

	if (isatty(STDOUT_FILENO))
		return tool_misuse(e, "refusing to write an image to a terminal: use '> seed.iso'");
	if (env_load(call->operand[0], &env, e) != 0 || env_package(env, clock_now(), &out, e) != 0)
		return -1;
	warn_of_output();
	put(&out);
	return 0;
}

static const struct tool_verb verbs[] = {
	{.name = "find", .help = "name the metadata source that is used, and why", .flags = TOOL_JSON,
	 .run = verb_find},
	{.name = "check", .operands = "FILE", .least = 1, .most = 1,
	 .help = "say what is wrong with an env.yml", .run = verb_check},
	{.name = "show", .operands = "[FILE]", .most = 1,
	 .help = "print the active environment without its secrets", .flags = TOOL_JSON, .run = verb_show},
	{.name = "export", .operands = "FILE", .least = 1, .most = 1,
	 .help = "print an env.yml as variables, for sh to source", .run = verb_export},
	{.name = "exec", .operands = "-- CMD…", .least = 1, .most = -1,
	 .help = "run a program with the active environment", .run = verb_exec},
	{.name = "create", .operands = "DOMAIN", .least = 1, .most = 1,
	 .help = "print a new env.yml with fresh secrets", .options = create_options, .run = verb_create},
	{.name = "package", .operands = "FILE", .least = 1, .most = 1,
	 .help = "write the seed ISO of an env.yml to standard output", .run = verb_package},
	{0},
};

static const struct tool tool = {
	"ecs-env",
	"find, check, show and make the environment of an appliance",
	verbs,
};

int main(int argc, char **argv)
{
	return tool_main(&tool, argc, argv);
}
