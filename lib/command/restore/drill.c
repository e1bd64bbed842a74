/* SPDX-License-Identifier: MIT */
#include "command/restore/drill.h"
#include "appliance/containers.h"
#include "appliance/pending.h"
#include "appliance/secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "appliance/appliance.h"
#include "appliance/database/dump.h"
#include "command/restore/evidence.h"
#include "flow/flow.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/signals.h"

enum {
	INITDB_MS = 10 * 60000,
	CHECK_MS = 10 * 60000
};

struct drill {
	struct fetched *f;
	const struct env *env;
	char *root;          /* of the machine that is thrown away */
	struct appliance a;  /* the one there */
	bool opened;
	struct evidence evidence;
};

/* --- the machine -------------------------------------------------------------------------------- */

/* Whatever a drill leaves, this one or a killed one. */
static int clear(const char *root, struct error *e)
{
	return containers_remove_all(root, e) == 0 ? file_remove_tree(root, e) : -1;
}

static int link_app(const struct drill *d, struct error *e)
{
	CLEANUP(mem_freep) char *from = path_root(d->f->root, "/app"), *to = path_join(d->root, "app");

	if (symlink(from, to) != 0)
		return error_errno(e, EX_CANTCREAT, "cannot make the link '%s'", to);
	return 0;
}

/* The same suite, environment and revision as here; data, secrets and containers of its own. */
static int make_machine(void *ctx, struct error *e)
{
	struct drill *d = ctx;
	CLEANUP(mem_freep) char *state = path_root(d->f->root, NAME_STATE), *copy = path_root(d->root, NAME_STATE);
	CLEANUP(mem_freep) char *dir = path_dir(copy);

	if (clear(d->root, e) != 0 || file_mkdirs(dir, 0700, e) != 0 || link_app(d, e) != 0)
		return -1;
	if (file_exists(state) && file_copy(state, copy, 0600, e) != 0)
		return -1;
	if (secrets_make(d->root, e) != 0 || appliance_open(d->root, d->env, &d->a, e) != 0)
		return -1;
	d->opened = true;
	return appliance_read(&d->a, e) == 0 ? appliance_make_folders(&d->a, e) : -1;
}

static int remove_machine(void *ctx, struct error *e)
{
	const struct drill *d = ctx;

	return clear(d->root, e);
}

int drill_clear(const char *root, struct error *e)
{
	CLEANUP(mem_freep) char *machine = path_root(root, NAME_DRILL);

	if (!file_exists(machine))
		return 0;
	log_say("removing what an interrupted drill left");
	return clear(machine, e);
}

/* --- the steps ---------------------------------------------------------------------------------- */

static int choose(void *ctx, struct error *e)
{
	struct drill *d = ctx;
	CLEANUP(mem_freep) char *dir = path_join(d->root, "fetched");

	d->f->files = d->f->database = true;
	d->f->listing = NAME_DRILL_LISTING;
	if (fetch_choose(d->f, d->env, dir, e) != 0)
		return -1;
	return fetch_check_room(d->f, &(struct fetch_places){d->root, d->root}, e);
}

static int drill_fetch_files(void *ctx, struct error *e)
{
	struct drill *d = ctx;
	CLEANUP(mem_freep) char *vault = path_root(d->root, NAME_FILES);

	if (rmdir(vault) != 0) /* an empty folder of the machine: the restored one takes its place */
		return error_errno(e, EX_IOERR, "cannot replace '%s'", vault);
	return fetch_files(d->f, vault, e);
}

static int drill_fetch_dump(void *ctx, struct error *e)
{
	struct drill *d = ctx;

	return fetch_dump(d->f, e);
}

static int start_postgres(void *ctx, struct error *e)
{
	struct drill *d = ctx;
	CLEANUP(strlist_free) struct strlist words = {0}, services = {0};
	CLEANUP(mem_freep) char *password = secrets_password(d->root, e);
	const struct compose_job job = {.service = d->a.facts.postgres, .words = &words, .timeout_ms = INITDB_MS};

	strlist_addv(&words, (const char *[]){"initdb", NAME_DATABASE "/" NAME_PGDATA, NULL});
	strlist_add(&services, d->a.facts.postgres);
	if (password == NULL || compose_run(&d->a.compose, &job, e) != 0 ||
	    compose_up(&d->a.compose, &services, e) != 0 ||
	    containers_wait_for_database(d->a.root, &d->a.database,
					 compose_find(&d->a.facts, d->a.facts.postgres)->healthy_ms, e) != 0)
		return -1;
	return database_role(&d->a.database, password, e);
}

static int load(void *ctx, struct error *e)
{
	struct drill *d = ctx;
	CLEANUP(mem_freep) char *name = database_new_name(&d->a.database), *dump = fetch_dump_path(d->f);
	CLEANUP(mem_freep) char *container = containers_database(d->root, e);

	if (container == NULL || database_make(&d->a.database, e) != 0 ||
	    dump_load(&d->a.database, container, dump, name, e) != 0 ||
	    fetch_check_rows(d->f, &d->a.database, name, e) != 0)
		return -1;
	return database_publish(&d->a.database, e);
}

/* Django's own look at models, settings and database, and at the migrations. */
static int ask_application(void *ctx, struct error *e)
{
	struct drill *d = ctx;
	CLEANUP(strlist_free) struct strlist words = {0}, pending = {0};
	const struct compose_job job = {.service = d->a.facts.web, .words = &words, .timeout_ms = CHECK_MS};

	strlist_addv(&words, strlist_argv(&d->a.facts.manage));
	strlist_addv(&words, (const char *[]){"check", "--database", "default", NULL});
	if (compose_run(&d->a.compose, &job, e) != 0)
		return -1;
	if (pending_ask(&d->a, &pending, e) != 0)
		return -1;
	d->evidence.pending = (long)pending.count;
	return 0;
}

static const struct flow_step steps[EVIDENCE_STEPS] = {
	{.name = "make a machine beneath " NAME_DRILL, .act = make_machine, .undo = remove_machine,
	 .undo_name = "remove it"},
	{.name = "find the backup and its manifest", .act = choose},
	{.name = "fetch the files, and compare them", .act = drill_fetch_files},
	{.name = "fetch the dump", .act = drill_fetch_dump},
	{.name = "start PostgreSQL", .act = start_postgres},
	{.name = "load the dump, and count", .act = load},
	{.name = "ask the application", .act = ask_application},
};

/* It has no journal: what a kill leaves is removed by the next drill or backup. */
static const struct flow drill_flow = {"drill", steps, EVIDENCE_STEPS};

void drill_print(FILE *to)
{
	flow_print(&drill_flow, NULL, to);
}

/* For the evidence. */
static void note_time(void *ctx, const struct flow_step *step, long long ms)
{
	struct drill *d = ctx;
	struct evidence *v = &d->evidence;

	v->step[v->steps++] = (struct evidence_step){step->name, ms};
}

int drill_run(struct fetched *f, const struct env *env, struct error *e)
{
	struct drill d = {.f = f, .env = env, .root = path_root(f->root, NAME_DRILL), .evidence.f = f};
	struct evidence *v = &d.evidence;
	struct error later = {0};
	long long began = clock_ms();
	int result = flow_walk(&drill_flow, &d, note_time, e);

	v->ms = clock_ms() - began;
	v->fault = result == 0 ? NULL : e->text;
	signals_hold(true); /* what was begun is thrown away, whatever comes */
	if (evidence_write(v, &later) != 0)
		log_warn("cannot write the evidence: %s", later.text);
	if (clear(d.root, &later) != 0)
		log_warn("cannot remove the drill's machine: %s: the next drill tries again", later.text);
	signals_hold(false);
	if (result == 0)
		evidence_say(v);
	else if (e->code < EXIT_SIGNAL && e->code != EX_UNAVAILABLE && e->code != EX_CONFIG)
		e->code = EXIT_FAILED;
	if (d.opened)
		appliance_free(&d.a);
	free(d.root);
	return result;
}
