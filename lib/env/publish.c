/* SPDX-License-Identifier: MIT */
#include "env/publish.h"

#include <stdlib.h>
#include <string.h>

#include "adapter/metadata/metadata.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "env/credentials.h"
#include "env/find.h"
#include "env/flatten.h"
#include "sys/file.h"

/* --- choosing --------------------------------------------------------------------------------- */

static int choose_new(const char *root, struct env_choice *choice, struct error *e)
{
	CLEANUP(metadata_free) struct metadata m = {0};

	int rc = find_userdata(root, &m, e);

	for (size_t i = 0; i < m.tried.count; i++)
		log_detail("skipped %s", m.tried.item[i]);
	if (rc != 0)
		return -1;
	if (env_parse(m.where, m.data.data, m.data.len, &choice->env, e) != 0 ||
	    credentials_check_site(choice->env, e) != 0) {
		env_deletep(&choice->env);
		return error_context(e, "source '%s'", m.source);
	}
	choice->source = m.source;
	choice->where = m.where;
	m.where = NULL;
	return 0;
}

static int choose_good(const char *root, const struct error *fault, struct env_choice *choice)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_ENV_GOOD);
	struct error e = {0};

	if (!file_exists(path))
		return -1;
	if (env_load(path, &choice->env, &e) != 0) {
		log_warn("the last good environment is unusable too: %s", e.text);
		return -1;
	}
	choice->source = "good";
	choice->where = mem_dup(path);
	choice->fault = mem_dup(fault->text);
	return 0;
}

int env_choose(const char *root, struct env_choice *choice, struct error *e)
{
	*choice = (struct env_choice){0};
	if (choose_new(root, choice, e) == 0 || choose_good(root, e, choice) == 0)
		return 0;
	if (e->code == EX_DATAERR) /* wrong in what is to become active, not in an operand */
		e->code = EX_CONFIG;
	return -1;
}

void env_choice_free(struct env_choice *choice)
{
	env_delete(choice->env);
	free(choice->where);
	free(choice->fault);
	*choice = (struct env_choice){0};
}

/* --- publishing ------------------------------------------------------------------------------- */

static int publish(const char *root, const char *name, const struct str *text, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, name);
	CLEANUP(mem_freep) char *dir = path_dir(path);

	if (file_mkdirs(dir, 0755, e) != 0)
		return -1;
	return file_write(path, str_get(text), text->len, 0600, e);
}

int env_publish(const char *root, const struct env_choice *choice, struct error *e)
{
	const struct flat *flat = env_flat(choice->env);
	const struct str *source = env_source(choice->env);
	CLEANUP(str_free) struct str lines = {0};

	for (size_t i = 0; i < flat->count; i++)
		flat_print(&flat->variable[i], &lines);
	if (publish(root, NAME_RUN_ENV, &lines, e) != 0)
		return -1;
	return publish(root, NAME_RUN_ENV_YML, source, e); /* last: it is what env_active() reads */
}

/* Whether the file NAME holds exactly TEXT, once it is unpacked. */
static bool holds(const char *root, const char *name, const struct str *text)
{
	CLEANUP(mem_freep) char *path = path_root(root, name);
	CLEANUP(str_free) struct str there = {0};
	struct error no = {0};

	return file_exists(path) && file_read(path, ENV_MAX, &there, &no) == 0 &&
	       userdata_unpack(path, &there, &no) == 0 && there.len == text->len &&
	       memcmp(str_get(&there), str_get(text), text->len) == 0;
}

int env_record_good(const char *root, const struct env_choice *choice, struct error *e)
{
	const struct str *source = env_source(choice->env);

	/* a machine in standby starts nothing: with such an environment nothing was ever seen healthy */
	if (choice->fault || env_bool(choice->env, "appliance.standby") || holds(root, NAME_ENV_GOOD, source))
		return 0;
	return publish(root, NAME_ENV_GOOD, source, e);
}

/* The file that people edit: an edit is not lost, but nobody has taken it yet. */
static void warn_of_edit(const char *root, const struct env *active)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_APP_ENV);

	env_warn_open(path);
	if (file_exists(path) && !holds(root, NAME_APP_ENV, env_source(active)))
		log_warn("'%s' has changed, and the change is not active yet: run 'ecs-start'", path);
}

int env_active(const char *root, struct env **env, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_RUN_ENV_YML);

	*env = NULL;
	if (!file_exists(path))
		return error_set(e, EX_CONFIG,
				 "no environment is active ('%s' is missing): run 'ecs-start'",
				 path);
	if (env_load(path, env, e) == 0) {
		warn_of_edit(root, *env);
		return 0;
	}
	if (e->code == EX_DATAERR)
		e->code = EX_CONFIG;
	return error_context(e, "the active environment");
}
