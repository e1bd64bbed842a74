/* SPDX-License-Identifier: MIT */
#include "wrap/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* jansson's json_t under our name: the cast is in these two functions only. */
static json_t *in(const struct json *j)
{
	return (json_t *)(void *)(size_t)j;
}

static struct json *out_of(json_t *j)
{
	return (struct json *)(void *)j;
}

struct json *jv_parse(const char *text, size_t len, const char *name, struct error *e)
{
	json_error_t where;
	json_t *j = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);

	if (j == NULL)
		error_set(e, EX_DATAERR, "%s:%d:%d: %s", name, where.line, where.column, where.text);
	return out_of(j);
}

void jv_delete(struct json *j)
{
	json_decref(in(j));
}

void jv_deletep(struct json **j)
{
	jv_delete(*j);
	*j = NULL;
}

const struct json *jv_get(const struct json *object, const char *key)
{
	return out_of(json_object_get(in(object), key));
}

const struct json *jv_path(const struct json *object, const char *dotted)
{
	while (object && *dotted) {
		size_t n = strcspn(dotted, ".");
		CLEANUP(mem_freep) char *key = mem_dupn(dotted, n);

		object = jv_get(object, key);
		dotted += n + (dotted[n] == '.');
	}
	return object;
}

const struct json *jv_at(const struct json *array, size_t index)
{
	return out_of(json_array_get(in(array), index));
}

size_t jv_count(const struct json *j)
{
	return jv_is_array(j) ? json_array_size(in(j)) : json_object_size(in(j));
}

const char *jv_text(const struct json *j)
{
	return json_string_value(in(j));
}

const char *jv_get_text(const struct json *object, const char *key)
{
	return jv_text(jv_get(object, key));
}

long long jv_number(const struct json *j, long long otherwise)
{
	const char *text = jv_text(j);
	char *end = NULL;
	long long value;

	if (j && json_is_integer(in(j)))
		return json_integer_value(in(j));
	if (text == NULL || *text == '\0')
		return otherwise;
	value = strtoll(text, &end, 10);
	return *end ? otherwise : value;
}

bool jv_true(const struct json *j)
{
	return j && json_is_true(in(j));
}

bool jv_is_array(const struct json *j)
{
	return j && json_typeof(in(j)) == JSON_ARRAY;
}

bool jv_is_object(const struct json *j)
{
	return j && json_typeof(in(j)) == JSON_OBJECT;
}

int jv_each(const struct json *object, int (*fn)(void *arg, const char *key, const struct json *value),
	      void *arg)
{
	const char *key;
	json_t *value;
	int r = 0;

	json_object_foreach(in(object), key, value) {
		r = fn(arg, key, out_of(value));
		if (r)
			break;
	}
	return r;
}

/* jansson fails only without memory or on text that is not UTF-8. */
static json_t *need(json_t *j)
{
	if (j == NULL)
		abort();
	return j;
}

struct json *jv_object(void)
{
	return out_of(need(json_object()));
}

struct json *jv_array(void)
{
	return out_of(need(json_array()));
}

struct json *jv_copy(const struct json *j)
{
	return out_of(need(j ? json_deep_copy(in(j)) : json_null()));
}

static void put(struct json *object, const char *key, json_t *value)
{
	if (json_object_set_new(in(object), key, need(value)))
		abort();
}

void jv_set_text(struct json *object, const char *key, const char *value)
{
	put(object, key, value ? json_string(value) : json_null());
}

void jv_set_number(struct json *object, const char *key, long long value)
{
	put(object, key, json_integer(value));
}

void jv_set_known(struct json *object, const char *key, long long value, bool known)
{
	if (known)
		jv_set_number(object, key, value);
	else
		jv_set_text(object, key, NULL);
}

void jv_set_bool(struct json *object, const char *key, bool value)
{
	put(object, key, json_boolean(value));
}

void jv_set(struct json *object, const char *key, struct json *value)
{
	put(object, key, in(value));
}

void jv_add(struct json *array, struct json *value)
{
	if (json_array_append_new(in(array), need(in(value))))
		abort();
}

void jv_add_text(struct json *array, const char *value)
{
	jv_add(array, out_of(json_string(value)));
}

static int take(const char *bytes, size_t n, void *arg)
{
	str_addn(arg, bytes, n);
	return 0;
}

void jv_write(const struct json *j, int indent, struct str *out)
{
	if (json_dump_callback(in(j), take, out, JSON_ENCODE_ANY | (size_t)JSON_INDENT(indent)))
		abort();
}
