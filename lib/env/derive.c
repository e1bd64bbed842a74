/* SPDX-License-Identifier: MIT */
#include "env/derive.h"

#include <string.h>

#include "wrap/json.h"
#include "wrap/yaml.h"

static const char *const trees[] = {"appliance", "ecs", NULL};

/* --- what is taken over ----------------------------------------------------------------------- */

static struct json *convert(const struct yv_node *n);

/* Into an object as KEY, or where that is NULL into an array. */
static void put(struct json *into, const char *key, struct json *value)
{
	if (key)
		jv_set(into, key, value);
	else
		jv_add(into, value);
}

static void put_node(struct json *into, const char *key, const struct yv_node *n)
{
	int truth = yv_bool(n);

	if (n->kind != YV_SCALAR)
		put(into, key, convert(n));
	else if (yv_is_null(n))
		put(into, key, jv_copy(NULL));
	else if (key)
		jv_set_text(into, key, truth < 0 ? n->text : truth ? "true" : "false");
	else
		jv_add_text(into, truth < 0 ? n->text : truth ? "true" : "false");
}

static struct json *convert(const struct yv_node *n)
{
	struct json *j = n->kind == YV_LIST ? jv_array() : jv_object();

	if (n->kind == YV_LIST)
		for (size_t i = 0; i < n->count; i++)
			put_node(j, NULL, n->item[i]);
	else
		for (size_t i = 0; i < n->count; i += 2)
			put_node(j, n->item[i]->text, n->item[i + 1]);
	return j;
}

/* --- with changes ----------------------------------------------------------------------------- */

/* The part of KEY behind "ABOVE.", or NULL: it is not beneath that. */
static const char *beneath(const char *key, const char *above)
{
	size_t n = strlen(above);

	return strncmp(key, above, n) == 0 && key[n] == '.' ? key + n + 1 : NULL;
}

static bool touches(const struct env_change *changes, const char *name)
{
	for (; changes->key; changes++)
		if (strcmp(changes->key, name) == 0 || beneath(changes->key, name))
			return true;
	return false;
}

static struct json *change(const char *name, const struct yv_node *map, const struct env_change *changes);

/* KEY of the map NAME, which a change concerns: its value, a map with changes of its own, or nothing. */
static void put_changed(struct json *into, const char *key, const char *name, const struct yv_node *was,
			const struct env_change *changes)
{
	for (const struct env_change *c = changes; c->key; c++) {
		if (strcmp(c->key, name) != 0)
			continue;
		if (c->value)
			jv_set_text(into, key, c->value);
		return;
	}
	jv_set(into, key, change(name, was, changes));
}

/* MAP, called NAME, with the changes beneath it; something else than a map is as good as none. */
static struct json *change(const char *name, const struct yv_node *map, const struct env_change *changes)
{
	struct json *j = jv_object();
	bool is_map = map && map->kind == YV_MAP;

	for (size_t i = 0; is_map && i < map->count; i += 2) {
		CLEANUP(mem_freep) char *full = mem_format("%s.%s", name, map->item[i]->text);

		if (!touches(changes, full))
			put_node(j, map->item[i]->text, map->item[i + 1]);
	}
	for (const struct env_change *c = changes; c->key; c++) {
		const char *rest = beneath(c->key, name);
		CLEANUP(mem_freep) char *key = rest ? mem_dupn(rest, strcspn(rest, ".")) : NULL;
		CLEANUP(mem_freep) char *full = key ? mem_format("%s.%s", name, key) : NULL;

		if (key && jv_get(j, key) == NULL)
			put_changed(j, key, full, is_map ? yv_get(map, key) : NULL, changes);
	}
	return j;
}

int env_derive(const struct env *env, const struct env_change *changes, struct str *out, struct error *e)
{
	const struct str *source = env_source(env);
	CLEANUP(yv_deletep) struct yv_doc *doc = NULL;
	CLEANUP(jv_deletep) struct json *all = jv_object();

	if (yv_parse("env.yml", source->data, source->len, &doc, e) != 0)
		return -1;
	for (const char *const *t = trees; *t; t++)
		jv_set(all, *t, change(*t, yv_get(yv_root(doc), *t), changes));
	str_add(out, ENV_FIRST_LINE "\n");
	jv_write(all, 1, out);
	str_addc(out, '\n');
	return 0;
}
