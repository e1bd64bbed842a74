/* SPDX-License-Identifier: MIT */
#include "env/env.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "env/check.h"
#include "env/flatten.h"
#include "env/schema.h"
#include "sys/file.h"
#include "wrap/yaml.h"

/* A value that was asked for, stripped: kept so that it lives as long as the environment. */
struct value {
	const struct yv_node *node;
	char *text;
	struct value *next;
};

struct env {
	char *name; /* in messages */
	struct str source;
	struct yv_doc *doc;
	struct flat flat;
	struct strlist warnings;
	struct value *values;
};

static const char *const trees[] = {"appliance", "ecs", NULL};

/* --- making ----------------------------------------------------------------------------------- */

static int check_text(const char *name, const char *text, size_t len, struct error *e)
{
	const char *rest = text + strlen(ENV_FIRST_LINE);

	if (len > ENV_MAX)
		return error_set(e, EX_DATAERR, "%s:1:1: more than 1 MiB", name);
	if (len < strlen(ENV_FIRST_LINE) ||
	    memcmp(text, ENV_FIRST_LINE, strlen(ENV_FIRST_LINE)) != 0)
		return error_set(e, EX_DATAERR, "%s:1:1: the first line is not '%s'", name,
				 ENV_FIRST_LINE);
	while (rest < text + len && (*rest == ' ' || *rest == '\t' || *rest == '\r'))
		rest++;
	if (rest < text + len && *rest != '\n')
		return error_set(e, EX_DATAERR, "%s:1:%zu: the first line is not '%s' alone", name,
				 strlen(ENV_FIRST_LINE) + 1, ENV_FIRST_LINE);
	return 0;
}

static int make(struct env *env, const char *name, struct error *e)
{
	const struct yv_node *root;

	if (yv_parse(name, env->source.data, env->source.len, &env->doc, e) != 0)
		return -1;
	root = yv_root(env->doc);
	if (check_tree(name, root, &env->warnings, e) != 0)
		return -1;
	for (const char *const *t = trees; *t; t++)
		if (yv_get(root, *t))
			flat_add(&env->flat, *t, yv_get(root, *t));
	return flat_sort(&env->flat, name, e);
}

int env_parse(const char *name, const char *text, size_t len, struct env **out, struct error *e)
{
	struct env *env;

	*out = NULL;
	if (check_text(name, text, len, e) != 0)
		return -1;
	env = mem_alloc(sizeof *env);
	env->name = mem_dup(name);
	str_addn(&env->source, text, len);
	if (make(env, name, e) != 0) {
		env_delete(env);
		return -1;
	}
	*out = env;
	return 0;
}

void env_warn_open(const char *path)
{
	static struct stat said;
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)) == 0 ||
	    (said.st_ino == st.st_ino && said.st_dev == st.st_dev))
		return;
	said = st;
	log_warn("'%s' holds secrets, and other users may open it (mode %04o): run 'chmod 600 %s'", path,
		 st.st_mode & 07777U, path);
}

int env_load(const char *path, struct env **env, struct error *e)
{
	CLEANUP(str_free) struct str text = {0};
	const char *name = strcmp(path, "-") == 0 ? "stdin" : path;

	*env = NULL;
	if (file_read(path, ENV_MAX, &text, e) != 0)
		return e->code == EX_DATAERR
			       ? error_set(e, EX_DATAERR, "%s:1:1: more than 1 MiB", name)
			       : -1;
	env_warn_open(path);
	if (userdata_unpack(name, &text, e) != 0)
		return -1;
	return env_parse(name, str_get(&text), text.len, env, e);
}

void env_delete(struct env *env)
{
	if (env == NULL)
		return;
	while (env->values) {
		struct value *next = env->values->next;

		free(env->values->text);
		free(env->values);
		env->values = next;
	}
	flat_free(&env->flat);
	strlist_free(&env->warnings);
	yv_delete(env->doc);
	str_free(&env->source);
	free(env->name);
	free(env);
}

void env_deletep(struct env **env)
{
	env_delete(*env);
	*env = NULL;
}

const struct str *env_source(const struct env *env)
{
	return &env->source;
}

const struct strlist *env_warnings(const struct env *env)
{
	return &env->warnings;
}

const struct flat *env_flat(const struct env *env)
{
	return &env->flat;
}

void env_variables(const struct env *env, struct strlist *out)
{
	for (size_t i = 0; i < env->flat.count; i++) {
		const struct flat_variable *v = &env->flat.variable[i];

		strlist_addf(out, "%s=%s", v->name, v->value ? v->value : "");
	}
}

/* --- asking ----------------------------------------------------------------------------------- */

/* The node at a name without [], or NULL; a null is as good as missing. */
static const struct yv_node *node_at(const struct yv_node *n, const char *name)
{
	while (n && *name) {
		size_t len = strcspn(name, ".");
		CLEANUP(mem_freep) char *key = mem_dupn(name, len);

		n = yv_get(n, key);
		name += len + (name[len] == '.');
	}
	return n && yv_is_null(n) ? NULL : n;
}

static const struct schema_key *key_of(const char *name)
{
	const struct schema_key *key = schema_find(name);

	if (key == NULL) { /* a bug of the caller's */
		log_error("no key '%s' is known to env/schema.c", name);
		exit(EX_SOFTWARE);
	}
	return key->same ? key_of(key->same) : key;
}

/* Where KEY stands in the document, at its own place or at another one for it. */
static const struct yv_node *node_of(const struct env *env, const struct schema_key *key)
{
	const struct yv_node *root = yv_root(env->doc), *n = root ? node_at(root, key->name) : NULL;

	for (const struct schema_key *k = schema_keys(); k->name && n == NULL && root; k++)
		if (k->same && strcmp(k->same, key->name) == 0)
			n = node_at(root, k->name);
	return n;
}

static const char *text_of(struct env *env, const struct yv_node *n)
{
	struct value *v;
	int truth = yv_bool(n);

	if (truth >= 0)
		return truth ? "true" : "false";
	for (v = env->values; v; v = v->next)
		if (v->node == n)
			return v->text;
	v = mem_alloc(sizeof *v);
	*v = (struct value){.node = n, .text = flat_strip(n->text, n->len), .next = env->values};
	env->values = v;
	return v->text;
}

const char *env_text(const struct env *env, const char *name)
{
	const struct schema_key *key = key_of(name);
	const struct yv_node *n = node_of(env, key);

	if (n == NULL || n->kind != YV_SCALAR)
		return key->fallback;
	return text_of((struct env *)env, n); /* it only remembers */
}

/* Where no text is expected, an empty one counts as missing. */
static const char *value_of(const struct env *env, const char *name)
{
	const char *text = env_text(env, name);

	return *text ? text : key_of(name)->fallback;
}

bool env_bool(const struct env *env, const char *name)
{
	return schema_true(value_of(env, name));
}

long env_seconds(const struct env *env, const char *name)
{
	return strtol(value_of(env, name), NULL, 10);
}

bool env_given(const struct env *env, const char *name)
{
	const struct yv_node *n = node_of(env, key_of(name));

	if (n == NULL)
		return false;
	return n->kind == YV_SCALAR ? *env_text(env, name) != '\0' : n->count > 0;
}

int env_fault(const struct env *env, const char *name, struct error *e)
{
	const struct yv_node *n = node_of(env, key_of(name));

	e->code = EX_DATAERR;
	return error_context(e, "%s:%u:%u: '%s'", env->name, n ? n->line : 1, n ? n->column : 1, name);
}

static void add_text(struct strlist *out, const struct yv_node *n)
{
	bool text = n && n->kind == YV_SCALAR && !yv_is_null(n);

	strlist_take(out, text ? flat_strip(n->text, n->len) : mem_dup(""));
}

/* "a.b[].c": the member c of each map in the list a.b. */
static void list_of_members(const struct env *env, const char *name, struct strlist *out)
{
	const char *brackets = strstr(name, "[]");
	CLEANUP(mem_freep) char *above = mem_dupn(name, (size_t)(brackets - name));
	const struct yv_node *n = yv_root(env->doc) ? node_at(yv_root(env->doc), above) : NULL;

	for (size_t i = 0; n && n->kind == YV_LIST && i < n->count; i++)
		add_text(out, node_at(n->item[i], brackets + 3));
}

void env_list(const struct env *env, const char *name, struct strlist *out)
{
	const struct schema_key *key = key_of(name);
	const struct yv_node *n;
	const char *text;
	size_t len;

	if (strstr(key->name, "[]")) {
		list_of_members(env, key->name, out);
		return;
	}
	n = node_of(env, key);
	for (size_t i = 0; n && n->kind == YV_LIST && i < n->count; i++)
		add_text(out, n->item[i]);
	if (n && n->kind == YV_LIST)
		return;
	for (text = env_text(env, name); (len = schema_word(key->type, &text)) > 0; text += len)
		strlist_take(out, mem_dupn(text, len));
}
