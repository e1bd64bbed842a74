/* SPDX-License-Identifier: MIT */
#include "command/clone/machine.h"

#include <string.h>
#include <unistd.h>

#include "base/names.h"
#include "base/path.h"
#include "env/derive.h"
#include "env/publish.h"
#include "appliance/state.h"
#include "sys/clock.h"
#include "sys/discard.h"
#include "sys/file.h"
#include "wrap/json.h"

enum { RECORD_MAX = 65536 };

struct json *clone_record(const char *home, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(home, NAME_CLONE);
	CLEANUP(str_free) struct str text = {0};
	struct json *j = NULL;

	if (file_read(path, RECORD_MAX, &text, e) == 0)
		j = jv_parse(str_get(&text), text.len, path, e);
	if (j == NULL)
		e->code = EX_CONFIG;
	return j;
}

static char *url_of(const char *https, const char *domain)
{
	const char *colon = strrchr(https, ':');
	CLEANUP(mem_freep) char *address = colon ? mem_dupn(https, (size_t)(colon - https)) : NULL;
	const char *host = address;

	if (address == NULL || strcmp(address, "0.0.0.0") == 0 || strcmp(address, "[::]") == 0)
		host = domain;
	else if (strcmp(address, "127.0.0.1") == 0 || strcmp(address, "[::1]") == 0)
		host = "localhost";
	return mem_format("https://%s:%s/", host, colon ? colon + 1 : https);
}

/* First of all: from then on whatever is started there is a clone. */
static int write_record(const struct clone_machine *m, const struct env *env, const char *revision, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(m->home, NAME_CLONE), *dir = path_dir(path);
	CLEANUP(mem_freep) char *url = url_of(m->https, env_text(env, "appliance.domain"));
	CLEANUP(jv_deletep) struct json *j = jv_object();
	CLEANUP(str_free) struct str text = {0};

	jv_set_text(j, "name", m->name);
	jv_set_text(j, "revision", revision);
	jv_set_number(j, "created", clock_now());
	jv_set_text(j, "url", url);
	jv_write(j, 1, &text);
	str_addc(&text, '\n');
	if (file_mkdirs(m->home, 0700, e) != 0 || file_mkdirs(dir, 0755, e) != 0)
		return -1;
	return file_write(path, text.data, text.len, 0600, e);
}

/* It answers to the appliance's names, and to those it has for somebody on the machine itself. */
static char *hosts_of(const struct env *env)
{
	CLEANUP(strlist_free) struct strlist names = {0};
	struct str text = {0};

	env_list(env, "appliance.allowed_hosts", &names);
	str_add(&text, "localhost,127.0.0.1");
	for (size_t i = 0; i < names.count; i++)
		str_addf(&text, ",%s", names.item[i]);
	if (names.count == 0)
		str_addf(&text, ",%s", env_text(env, "appliance.domain"));
	return text.data;
}

/* The modified settings. Its keys are its own, whatever ecs.settings says: see appliance_variables(). */
static int write_environment(const struct clone_machine *m, const struct env *env, struct error *e)
{
	CLEANUP(mem_freep) char *hosts = hosts_of(env), *path = path_root(m->home, NAME_APP_ENV), *dir = path_dir(path);
	CLEANUP(str_free) struct str text = {0};
	const struct env_change changes[] = {
		{"ecs.userswitcher.enabled", "true"},
		{"appliance.ports.http", m->http},
		{"appliance.ports.https", m->https},
		{"appliance.allowed_hosts", hosts},
		{"appliance.ssl.letsencrypt.enabled", "false"},
		{"ecs.secret_key", NULL},
		{"ecs.recover", NULL},
		{"appliance.recover", NULL},
		{"appliance.backup", NULL},
		{"appliance.dkim", NULL},
		{"appliance.sentry", NULL},
		{"appliance.metric", NULL},
		{"appliance.update", NULL},
		{"appliance.extra", NULL},
		{"appliance.standby", NULL},
		{NULL, NULL},
	};

	if (env_derive(env, changes, &text, e) != 0 || file_mkdirs(dir, 0755, e) != 0)
		return -1;
	return file_write(path, text.data, text.len, 0600, e);
}

/* The same version; of containers, and of a way back, it knows nothing. */
static int write_state(const struct clone_machine *m, struct state *s, struct error *e)
{
	state_forget_services(s);
	state_forget_before(s);
	state_set(&s->previous, NULL);
	state_set(&s->previous_branch, NULL);
	state_set(&s->migrated, NULL);
	strlist_free(&s->built);
	return state_write(m->home, s, e);
}

static int link_to(const struct clone_machine *m, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *from = path_root(m->root, name), *to = path_root(m->home, name);

	return symlink(from, to) == 0 ? 0 : error_errno(e, EX_CANTCREAT, "cannot make the link '%s'", to);
}

static char *run_of(const struct clone_machine *m)
{
	CLEANUP(mem_freep) char *dir = path_root(m->root, NAME_CLONES_RUN);

	return path_join(dir, m->name);
}

int clone_make_run(const struct clone_machine *m, struct error *e)
{
	CLEANUP(mem_freep) char *run = run_of(m);

	return file_mkdirs(run, 0700, e);
}

static int link_run(const struct clone_machine *m, struct error *e)
{
	CLEANUP(mem_freep) char *run = run_of(m), *link = path_root(m->home, "/run");

	if (clone_make_run(m, e) != 0)
		return -1;
	return symlink(run, link) == 0 ? 0 : error_errno(e, EX_CANTCREAT, "cannot make the link '%s'", link);
}

int clone_remove_machine(const struct clone_machine *m, struct error *e)
{
	CLEANUP(mem_freep) char *run = run_of(m);

	/* whoever tried something in it may have fixed files, or made subvolumes */
	return discard_tree(run, true, e) == 0 ? discard_tree(m->home, true, e) : -1;
}

int clone_make_machine(const struct clone_machine *m, struct error *e)
{
	CLEANUP(env_deletep) struct env *env = NULL;
	CLEANUP(state_free) struct state state = {0};

	if (env_active(m->root, &env, e) != 0 || state_read(m->root, &state, e) != 0 ||
	    write_record(m, env, state.revision, e) != 0 || write_environment(m, env, e) != 0)
		return -1;
	if (link_to(m, NAME_CURRENT, e) != 0 || link_to(m, NAME_SOURCE, e) != 0 || link_run(m, e) != 0)
		return -1;
	return write_state(m, &state, e);
}
