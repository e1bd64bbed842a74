/* SPDX-License-Identifier: MIT */
#include "appliance/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/names.h"
#include "base/path.h"
#include "sys/file.h"
#include "wrap/json.h"

enum { STATE_MAX = 1 << 20 };

/* The texts of a state, by their names in the file. */
struct field {
	const char *key;
	size_t at;
};

#define FIELD(name) {#name, offsetof(struct state, name)}
static const struct field fields[] = {FIELD(revision), FIELD(branch), FIELD(since), FIELD(config),
				      FIELD(database), FIELD(previous), FIELD(previous_branch),
				      FIELD(migrated)};
#undef FIELD

enum { FIELDS = sizeof fields / sizeof *fields };

static char **field_of(struct state *s, size_t i)
{
	return (char **)(void *)((char *)s + fields[i].at);
}

static const char *text_of(const struct state *s, size_t i)
{
	return *(char *const *)(const void *)((const char *)s + fields[i].at);
}

static int read_service(void *arg, const char *name, const struct json *j)
{
	const char *container = jv_get_text(j, "container"), *image = jv_get_text(j, "image");

	state_add(arg, name, container ? container : "", image ? image : "");
	return 0;
}

static void read_list(const struct json *array, struct strlist *out)
{
	for (size_t i = 0; i < jv_count(array); i++)
		if (jv_text(jv_at(array, i)))
			strlist_add(out, jv_text(jv_at(array, i)));
}

static void read_before(const struct json *j, struct state_before *b)
{
	state_set(&b->revision, jv_get_text(j, "revision"));
	state_set(&b->branch, jv_get_text(j, "branch"));
	state_set(&b->taken, jv_get_text(j, "taken"));
	state_set(&b->counted, jv_get_text(j, "counted"));
	read_list(jv_get(j, "writes"), &b->writes);
}

int state_read(const char *root, struct state *s, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_STATE);
	CLEANUP(str_free) struct str text = {0};
	CLEANUP(jv_deletep) struct json *j = NULL;

	*s = (struct state){0};
	/* only what is surely missing is none: a machine that forgot its database would make an empty one */
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return 0;
	if (file_read(path, STATE_MAX, &text, e) != 0)
		return -1;
	j = jv_parse(str_get(&text), text.len, path, e);
	if (j == NULL) {
		e->code = EX_CONFIG;
		return -1;
	}
	if (!jv_is_object(j))
		return error_set(e, EX_CONFIG, "'%s' is damaged: it is not a JSON object; restore it from a copy", path);
	for (size_t i = 0; i < FIELDS; i++)
		state_set(field_of(s, i), jv_get_text(j, fields[i].key));
	jv_each(jv_get(j, "services"), read_service, s);
	read_list(jv_get(j, "heads"), &s->heads);
	s->asked = jv_is_array(jv_get(j, "pending"));
	read_list(jv_get(j, "pending"), &s->pending);
	read_list(jv_get(j, "built"), &s->built);
	read_before(jv_get(j, "before"), &s->before);
	return 0;
}

static struct json *list_json(const struct strlist *l)
{
	struct json *array = jv_array();

	for (size_t i = 0; i < l->count; i++)
		jv_add_text(array, l->item[i]);
	return array;
}

static struct json *services_json(const struct state *s)
{
	struct json *services = jv_object();

	for (size_t i = 0; i < s->services; i++) {
		struct json *one = jv_object();

		jv_set_text(one, "container", s->service[i].container);
		jv_set_text(one, "image", s->service[i].image);
		jv_set(services, s->service[i].name, one);
	}
	return services;
}

static struct json *before_json(const struct state_before *b)
{
	struct json *j = jv_object();

	jv_set_text(j, "revision", b->revision);
	jv_set_text(j, "branch", b->branch);
	jv_set_text(j, "taken", b->taken);
	jv_set_text(j, "counted", b->counted);
	jv_set(j, "writes", list_json(&b->writes));
	return j;
}

int state_write(const char *root, const struct state *s, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_STATE), *dir = path_root(root, NAME_STATE_DIR);
	CLEANUP(jv_deletep) struct json *j = jv_object();
	CLEANUP(str_free) struct str text = {0};

	for (size_t i = 0; i < FIELDS; i++)
		if (text_of(s, i))
			jv_set_text(j, fields[i].key, text_of(s, i));
	jv_set(j, "services", services_json(s));
	jv_set(j, "heads", list_json(&s->heads));
	if (s->asked)
		jv_set(j, "pending", list_json(&s->pending));
	if (s->built.count)
		jv_set(j, "built", list_json(&s->built));
	if (s->before.revision)
		jv_set(j, "before", before_json(&s->before));
	jv_write(j, 1, &text);
	str_addc(&text, '\n');
	if (file_mkdirs(dir, 0755, e) != 0)
		return -1;
	return file_write(path, text.data, text.len, 0644, e);
}

void state_free(struct state *s)
{
	for (size_t i = 0; i < FIELDS; i++)
		free(*field_of(s, i));
	state_forget_services(s);
	strlist_free(&s->heads);
	strlist_free(&s->pending);
	strlist_free(&s->built);
	state_forget_before(s);
	*s = (struct state){0};
}

void state_set(char **field, const char *value)
{
	char *copy = mem_dup(value);

	free(*field);
	*field = copy;
}

const struct state_service *state_find(const struct state *s, const char *name)
{
	for (size_t i = 0; i < s->services; i++)
		if (strcmp(s->service[i].name, name) == 0)
			return &s->service[i];
	return NULL;
}

void state_add(struct state *s, const char *name, const char *container, const char *image)
{
	s->service = mem_grow(s->service, (s->services + 1) * sizeof *s->service);
	s->service[s->services++] =
		(struct state_service){mem_dup(name), mem_dup(container), mem_dup(image)};
}

void state_replace(struct state *s, const char *name, const char *container, const char *image)
{
	for (size_t i = 0; i < s->services; i++) {
		if (strcmp(s->service[i].name, name) != 0)
			continue;
		state_set(&s->service[i].container, container);
		state_set(&s->service[i].image, image);
		return;
	}
	state_add(s, name, container, image);
}

void state_forget_before(struct state *s)
{
	free(s->before.revision);
	free(s->before.branch);
	free(s->before.taken);
	free(s->before.counted);
	strlist_free(&s->before.writes);
	s->before = (struct state_before){0};
}

void state_forget_services(struct state *s)
{
	for (size_t i = 0; i < s->services; i++) {
		free(s->service[i].name);
		free(s->service[i].container);
		free(s->service[i].image);
	}
	free(s->service);
	s->service = NULL;
	s->services = 0;
}
