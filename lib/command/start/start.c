/* SPDX-License-Identifier: MIT */
#include "command/start/start.h"
#include "appliance/containers.h"
#include "appliance/images.h"
#include "appliance/secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapter/git/git.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "command/start/questions.h"
#include "appliance/backup/fetch.h"
#include "appliance/database/migrations.h"
#include "command/start/database.h"
#include "command/start/serve.h"
#include "sys/clock.h"
#include "sys/file.h"

/* --- before anything runs --------------------------------------------------------------------------------- */

static int publish_environment(void *ctx, struct error *e)
{
	struct start *s = ctx;

	return env_publish(s->root, &s->found.choice, e);
}

/* From our name of a volume to the seed's, beside it. */
static int link_seeds(const struct start *s, struct error *e)
{
	for (size_t i = 0; i < VOLUMES_KNOWN; i++) {
		CLEANUP(mem_freep) char *name = path_root(s->root, volumes_known[i].target);

		if (!s->found.seed[i])
			continue;
		rmdir(name); /* ours, where it is there and empty */
		if (symlink(strrchr(volumes_known[i].seed, '/') + 1, name) != 0 && errno != EEXIST)
			return error_errno(e, 0, "cannot link '%s'", name);
	}
	return 0;
}

static int prepare(void *ctx, struct error *e)
{
	struct start *s = ctx;

	if (link_seeds(s, e) != 0)
		return -1;
	if (appliance_make_folders(&s->found.a, e) != 0)
		return -1;
	if ((s->found.oneoffs && containers_remove_oneoffs(s->root, e) != 0) || docker_remove(&s->found.ghosts, e) != 0)
		return -1;
	if (s->found.secrets)
		return 0;
	/* compose was asked without them */
	return secrets_make(s->root, e) == 0 ? appliance_read(&s->found.a, e) : -1;
}

static int fetch(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(mem_freep) char *credentials = path_root(s->root, NAME_SECRETS_DIR "/git");

	if (!file_exists(s->found.a.source) &&
	    git_clone(env_text(s->found.choice.env, "ecs.git.source"), env_text(s->found.choice.env, "ecs.git.branch"),
		      credentials, s->found.a.source, e) != 0)
		return -1;
	if (appliance_find_revision(&s->found.a, e) != 0 || appliance_read(&s->found.a, e) != 0)
		return -1;
	return questions_ask_images(s, e);
}

static bool must_fetch(const void *ctx)
{
	const struct start *s = ctx;

	return s->found.fetch;
}

static int build(void *ctx, struct error *e)
{
	struct start *s = ctx;

	if (images_build(&s->found.a, &s->found.unbuilt, e) != 0)
		return -1;
	if (images_check_volumes(&s->found.a, e) == 0)
		return 0;
	s->done.refused = e->code;
	return -1;
}

static bool must_build(const void *ctx)
{
	const struct start *s = ctx;

	return s->found.unbuilt.count > 0 || s->found.fetch;
}

/* --- the commit ------------------------------------------------------------------------------------------- */

static void record_services(struct start *s)
{
	state_forget_services(&s->found.a.state);
	for (size_t i = 0; i < s->found.a.facts.services; i++) {
		const struct docker_container *c =
			docker_service(&s->found.containers, s->found.a.facts.service[i].name);

		if (c)
			state_add(&s->found.a.state, c->service, c->id, c->image);
	}
}

static int record(void *ctx, struct error *e)
{
	struct start *s = ctx;
	char now[CLOCK_TEXT];

	clock_text(clock_now(), now);
	state_set(&s->found.a.state.revision, s->found.a.revision);
	state_set(&s->found.a.state.branch, s->found.a.branch);
	state_set(&s->found.a.state.config, s->found.a.facts.digest);
	state_set(&s->found.a.state.since, now);
	if (!s->found.a.state.database || s->done.made)
		state_set(&s->found.a.state.database, now);
	if (s->done.made) {
		strlist_free(&s->found.a.state.pending);
		s->found.a.state.asked = true;
	}
	record_services(s);
	strlist_free(&s->found.a.state.heads);
	if (migrations_heads(&s->found.a.database, &s->found.a.state.heads, e) != 0)
		return -1;
	return state_write(s->root, &s->found.a.state, e);
}

static bool must_record(const void *ctx)
{
	const struct start *s = ctx;

	return !s->found.healthy || s->done.made || !s->found.pending_known;
}

/* --- the flow --------------------------------------------------------------------------------------------- */

static const struct flow_step steps[] = {
	{.name = "publish the environment", .act = publish_environment},
	{.name = "make folders and secrets", .act = prepare},
	{.name = "clone the application", .act = fetch, .when = must_fetch},
	{.name = "build the images", .act = build, .when = must_build},
	{.name = "make a new cluster", .act = start_make_cluster, .undo = start_remove_unfinished_cluster,
	 .undo_name = "remove it if it is not whole", .when = start_must_make_cluster},
	{.name = "start ecs-postgres", .act = start_postgres, .undo = start_stop_postgres,
	 .undo_name = "stop it if it did not run", .when = start_must_start_postgres},
	{.name = "look at the database", .act = start_ask_database, .when = start_must_start_postgres},
	{.name = "stop the application", .act = start_stop_application, .undo = start_application_again,
	 .undo_name = "start it again", .when = start_must_stop_application},
	{.name = "fetch the backup", .act = start_fetch_backup, .undo = start_forget_backup, .undo_name = "remove it",
	 .when = start_must_recover},
	{.name = "make a database", .act = start_make_database, .undo = start_drop_database, .undo_name = "drop it",
	 .when = start_must_make},
	{.name = "restore the dump", .act = start_restore_dump, .when = start_must_restore},
	{.name = "migrate the new database", .act = start_migrate, .undo = start_stop_migration,
	 .undo_name = "end the migration", .when = start_must_make},
	{.name = "fill the vault", .act = start_fill_vault, .undo = start_empty_vault, .undo_name = "empty it",
	 .when = start_must_recover},
	{.name = "give the database its name", .act = start_name_database, .undo = start_ask_whether_named,
	 .undo_name = "keep what is recovered if it has it", .when = start_must_make},
	{.name = "tidy up after the recovery", .act = start_tidy_recovery, .when = start_must_tidy, .turn = FLOW_STAND},
	{.name = "ask for pending migrations", .act = start_report_pending, .when = start_must_ask_pending,
	 .turn = FLOW_STAND},
	{.name = "install the certificates", .act = start_install_certificates, .when = start_must_install,
	 .turn = FLOW_STAND},
	{.name = "start the support containers", .act = start_support, .when = start_must_start, .turn = FLOW_STAND},
	{.name = "start the application", .act = start_application, .when = start_must_start, .turn = FLOW_STAND},
	{.name = "wait until all is healthy", .act = start_wait_for_health, .when = start_must_wait, .turn = FLOW_STAND},
	{.name = "end the maintenance page", .act = start_end_maintenance, .when = start_must_end_maintenance,
	 .turn = FLOW_STAND},
	{.name = "record what runs", .act = record, .when = must_record, .turn = FLOW_STAND},
};

const struct flow start_flow = {"start", steps, sizeof steps / sizeof *steps};

/* What the undos have to know after a power cut. */
static void set_facts(const struct start *s, struct flow_facts *facts)
{
	flow_facts_set(facts, "database", s->found.a.database.name);
	flow_facts_set(facts, "postgres", s->found.postgres_runs ? "runs" : "stopped");
	flow_facts_set_list(facts, "application", &s->found.application);
	flow_facts_set(facts, "recover", s->found.recover ? "yes" : "no");
}

int start_run(struct start *s, struct error *e)
{
	CLEANUP(flow_facts_free) struct flow_facts facts = {0};

	if (s->found.standby) {
		log_say("appliance.standby is set: nothing is started");
		return env_publish(s->root, &s->found.choice, e);
	}
	set_facts(s, &facts);
	if (flow_run(&start_flow, s, s->root, &facts, e) == 0)
		return 0;
	/* walked back whole: a refusal is told as one that came before anything began */
	if (e->code == EXIT_FAILED && s->done.refused)
		e->code = s->done.refused;
	return -1;
}

/* --- after a power cut ------------------------------------------------------------------------------------ */

static bool is_yes(const struct flow_facts *facts, const char *name)
{
	const char *value = flow_facts_get(facts, name); /* an older version recorded none */

	return value && strcmp(value, "yes") == 0;
}

void *start_resume(const char *root, const struct flow_facts *facts, struct error *e)
{
	const char *database = flow_facts_get(facts, "database");
	const char *postgres = flow_facts_get(facts, "postgres");
	const char *application = flow_facts_get(facts, "application");
	struct start *s;

	if (!database || !postgres || !application) {
		error_set(e, EX_SOFTWARE, "internal error: the journal is incomplete; please report it");
		return NULL;
	}
	s = mem_alloc(sizeof *s);
	s->root = root;
	s->found.postgres_runs = strcmp(postgres, "runs") == 0;
	s->found.recover = is_yes(facts, "recover");
	s->done.named = is_yes(facts, "named");
	strlist_lines(&s->found.application, application);
	appliance_database(root, database, &s->found.a.database);
	return s;
}

void start_delete(void *ctx)
{
	start_free(ctx);
	free(ctx);
}
