/* SPDX-License-Identifier: MIT */
#include "flow/start.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapter/git.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "flow/dump.h"
#include "flow/health.h"
#include "flow/look.h"
#include "flow/mounted.h"
#include "flow/recover.h"
#include "flow/retrieve.h"
#include "flow/volumes.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/signals.h"

enum {
	POLL_MS = 100,         /* between two tries to connect */
	HEALTH_MS = 200,       /* between two looks at the containers; each costs the processor 15 ms */
	INITDB_MS = 10 * 60000,
	MIGRATE_MS = 6 * 3600000,
	PENDING_MS = 5 * 60000
};

/* Waits a moment, or until a signal comes. */
static int pause_for(long ms, struct error *e)
{
	struct pollfd p = {.fd = signals_fd(), .events = POLLIN};

	poll(&p, 1, (int)ms);
	return signals_pending() ? signals_error(e) : 0;
}

/* --- before anything runs --------------------------------------------------------------------------------- */

static int publish_environment(void *ctx, struct error *e)
{
	struct start *s = ctx;

	return env_publish(s->root, &s->choice, e);
}

const struct start_seed start_seeds[START_SEEDS] = {
	{NAME_DATABASE, NAME_DATABASE_SEED},
	{NAME_FILES, NAME_FILES_SEED},
};

/* From our name of a volume to the seed's, beside it. */
static int link_seeds(const struct start *s, struct error *e)
{
	for (size_t i = 0; i < START_SEEDS; i++) {
		CLEANUP(mem_freep) char *name = path_root(s->root, start_seeds[i].name);

		if (!s->seed[i])
			continue;
		rmdir(name); /* ours, where it is there and empty */
		if (symlink(strrchr(start_seeds[i].seed, '/') + 1, name) != 0 && errno != EEXIST)
			return error_errno(e, 0, "cannot link '%s'", name);
	}
	return 0;
}

static int prepare(void *ctx, struct error *e)
{
	struct start *s = ctx;

	if (link_seeds(s, e) != 0)
		return -1;
	if (appliance_make_folders(&s->a, e) != 0)
		return -1;
	if (s->oneoffs && appliance_remove_oneoffs(s->root, e) != 0)
		return -1;
	if (s->secrets)
		return 0;
	/* compose was asked without them */
	return appliance_make_secrets(s->root, e) == 0 ? appliance_read(&s->a, e) : -1;
}

static int fetch(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(mem_freep) char *credentials = path_root(s->root, NAME_SECRETS_DIR "/git");

	if (!file_exists(s->a.source) &&
	    git_clone(env_text(s->choice.env, "ecs.git.source"), env_text(s->choice.env, "ecs.git.branch"),
		      credentials, s->a.source, e) != 0)
		return -1;
	if (appliance_find_revision(&s->a, e) != 0 || appliance_read(&s->a, e) != 0)
		return -1;
	return look_at_images(s, e);
}

static bool must_fetch(const void *ctx)
{
	const struct start *s = ctx;

	return s->fetch;
}

/* The context of the build is the revision as committed: what lies about in the checkout never gets in. */
static int build(void *ctx, struct error *e)
{
	struct start *s = ctx;
	struct error ignored = {0};
	int r;

	if (strlist_has(&s->unbuilt, s->a.facts.web) &&
	    git_export(s->a.source, s->a.revision, s->a.build, e) != 0)
		return -1;
	r = compose_build(&s->a.compose, &s->unbuilt, e);
	file_remove_tree(s->a.build, &ignored);
	return r;
}

static bool must_build(const void *ctx)
{
	const struct start *s = ctx;

	return s->unbuilt.count > 0 || s->fetch;
}

/* --- PostgreSQL ------------------------------------------------------------------------------------------- */

static char *cluster_path(const struct start *s, const char *suffix)
{
	return mem_format("%s%s/%s%s", s->root, NAME_DATABASE, NAME_PGDATA, suffix);
}

static int remove_unfinished_cluster(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(mem_freep) char *new = cluster_path(s, ".new");

	if (appliance_remove_oneoffs(s->root, e) != 0)
		return -1;
	return file_remove_tree(new, e);
}

/* Made beside its place and renamed last: a cluster that is there is whole. */
static int make_cluster(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(mem_freep) char *new = cluster_path(s, ".new"), *place = cluster_path(s, "");
	CLEANUP(strlist_free) struct strlist words = {0};

	if (remove_unfinished_cluster(s, e) != 0)
		return -1;
	strlist_addv(&words, (const char *[]){"initdb", NAME_DATABASE "/" NAME_PGDATA ".new", NULL});
	if (compose_run(&s->a.compose, s->a.facts.postgres, &words, NULL, INITDB_MS, NULL, e) != 0)
		return -1;
	if (file_exists(place) && rmdir(place) != 0)
		return error_errno(e, 0, "'%s' is in the way", place);
	if (file_rename(new, place, e) != 0)
		return -1;
	s->cluster = true;
	return 0;
}

static bool must_make_cluster(const void *ctx)
{
	const struct start *s = ctx;

	return !s->cluster;
}

static int check_postgres(const struct start *s, struct error *e)
{
	CLEANUP(docker_list_free) struct docker_list list = {0};
	const struct docker_container *c;

	if (appliance_containers(s->root, &list, e) != 0)
		return -1;
	c = docker_service(&list, s->a.facts.postgres);
	if (c == NULL)
		return error_set(e, EXIT_FAILED, "the container of '%s' is gone", s->a.facts.postgres);
	/* pg_isready of its healthcheck says nothing that connecting does not */
	return c->health == DOCKER_UNHEALTHY ? 0 : health_check(c, e);
}

/* A recovery after a power cut takes as long as it takes: the end is the service's own start period. */
static int wait_for_postgres(struct start *s, struct error *e)
{
	const struct compose_service *service = compose_find(&s->a.facts, s->a.facts.postgres);
	long long until = clock_ms() + service->healthy_ms;
	struct error why = {0};

	for (unsigned n = 0; database_ready(&s->a.database, &why) != 0; n++) {
		if (why.code >= EXIT_SIGNAL) {
			*e = why;
			return -1;
		}
		if (n % 4 == 3 && check_postgres(s, e) != 0)
			return -1;
		if (clock_ms() > until)
			return error_set(e, EXIT_FAILED, "ecs-postgres does not answer after %ld s: %s",
					 service->healthy_ms / 1000, why.text);
		if (pause_for(POLL_MS, e) != 0)
			return -1;
	}
	return 0;
}

/* Whether it was given up, or would be at the next look: nothing but a stop makes Docker forget its restarts. */
static bool is_sick(const struct docker_container *c)
{
	return c->state == DOCKER_PAUSED || c->state == DOCKER_RESTARTING || c->health == DOCKER_UNHEALTHY ||
	       (c->restarts > 0 && !docker_is_healthy(c));
}

/*
 * Starts the services of GROUP. Containers that are as they were recorded are just started, which is much quicker
 * than asking compose; those that are sick are stopped first.
 */
static int start_group(struct start *s, enum compose_group group, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0}, ids = {0}, sick = {0};

	for (size_t i = 0; i < s->containers.count; i++) {
		const struct docker_container *c = &s->containers.item[i];

		if (c->oneoff || compose_group(c->service) != group)
			continue;
		if (c->state == DOCKER_STOPPED)
			strlist_add(&ids, c->id);
		else if (is_sick(c))
			strlist_add(&sick, c->id);
	}
	if (docker_stop(&sick, e) != 0)
		return -1;
	strlist_addv(&ids, strlist_argv(&sick));
	if (s->same)
		return docker_start(&ids, e);
	compose_names(&s->a.facts, group, &names);
	return compose_up(&s->a.compose, &names, e);
}

static int start_postgres(void *ctx, struct error *e)
{
	struct start *s = ctx;

	if (!(s->same && s->postgres_runs) && start_group(s, COMPOSE_DATABASE, e) != 0)
		return -1;
	return wait_for_postgres(s, e);
}

/* Where it answered already, and nothing changed, there is nothing to do. */
static bool must_start_postgres(const void *ctx)
{
	const struct start *s = ctx;

	return !(s->same && s->postgres_runs && s->database == DATABASE_FILLED);
}

/* Stops it again if it did not run before. */
static int stop_postgres(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(docker_list_free) struct docker_list list = {0};
	CLEANUP(strlist_free) struct strlist ids = {0};

	if (s->postgres_runs)
		return 0;
	if (appliance_containers(s->root, &list, e) != 0)
		return -1;
	appliance_pick(&list, COMPOSE_DATABASE, true, &ids);
	return docker_stop(&ids, e);
}

/* --- the database ----------------------------------------------------------------------------------------- */

static int look_again(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(mem_freep) char *password = appliance_password(s->root, e);

	if (password == NULL || look_at_database(s, e) != 0)
		return -1;
	/* what a killed run left is no database, and nobody's */
	if (database_drop_new(&s->a.database, e) != 0)
		return -1;
	return database_role(&s->a.database, password, e);
}

/* Whether a database has to be made; while that is not known: perhaps. */
static bool must_make(const void *ctx)
{
	const struct start *s = ctx;

	return s->made || s->database != DATABASE_FILLED;
}

/* They would hold connections to the empty one. */
static int stop_application(void *ctx, struct error *e)
{
	struct start *s = ctx;

	return docker_stop(&s->application, e);
}

/* Only beside a database that runs: after a power cut nothing is started before volumes were looked at. */
static int start_application_again(void *ctx, struct error *e)
{
	struct start *s = ctx;
	struct error ignored = {0};

	return database_ready(&s->a.database, &ignored) == 0 ? docker_start(&s->application, e) : 0;
}

static bool must_stop_application(const void *ctx)
{
	const struct start *s = ctx;

	return must_make(s) && s->application.count > 0;
}

static int make_database(void *ctx, struct error *e)
{
	struct start *s = ctx;

	s->made = true;
	return database_make(&s->a.database, e);
}

/* Where ecs-postgres does not run, the next start drops it. */
static int drop_database(void *ctx, struct error *e)
{
	struct start *s = ctx;
	struct error ignored = {0};

	if (appliance_remove_oneoffs(s->root, e) != 0)
		return -1;
	return database_ready(&s->a.database, &ignored) == 0 ? database_drop_new(&s->a.database, e) : 0;
}

static bool must_recover(const void *ctx)
{
	const struct start *s = ctx;

	return must_make(s) && s->recover;
}

/* Beside the vault, which is empty; what a killed start left there is removed first. */
static int fetch_backup(void *ctx, struct error *e)
{
	struct start *s = ctx;

	s->recovery = mem_alloc(sizeof *s->recovery);
	s->recovery->root = s->root;
	if (recover_fetch(s->recovery, s->choice.env, s->a.facts.major, e) != 0)
		return -1;
	free(s->dump);
	s->dump = retrieve_dump_path(s->recovery);
	return 0;
}

static int forget_backup(void *ctx, struct error *e)
{
	return recover_forget(((struct start *)ctx)->root, e);
}

static int fill_vault(void *ctx, struct error *e)
{
	return recover_fill(((struct start *)ctx)->root, e);
}

/* An unmounted volume looks as if there were nothing to move out. */
static int empty_vault(void *ctx, struct error *e)
{
	struct start *s = ctx;

	if (s->named)
		return 0;
	return mounted_check(s->root, NULL, e) == 0 ? recover_empty(s->root, e) : -1;
}

static int restore_dump(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(mem_freep) char *name = database_new_name(&s->a.database);
	CLEANUP(docker_list_free) struct docker_list list = {0};
	const struct docker_container *c;

	if (appliance_containers(s->root, &list, e) != 0)
		return -1;
	c = docker_service(&list, s->a.facts.postgres);
	if (c == NULL)
		return error_set(e, EXIT_FAILED, "the container of '%s' is gone", s->a.facts.postgres);
	if (dump_load(&s->a.database, c->id, s->dump, name, e) != 0)
		return -1;
	return s->recovery ? retrieve_check_rows(s->recovery, &s->a.database, name, e) : 0;
}

static bool must_restore(const void *ctx)
{
	const struct start *s = ctx;

	return must_make(s) && s->dump;
}

static int migrate(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(mem_freep) char *name = database_new_name(&s->a.database);
	CLEANUP(mem_freep) char *url = appliance_database_url(&s->a, name, e);
	CLEANUP(strlist_free) struct strlist env = {0};

	if (url == NULL)
		return -1;
	strlist_addf(&env, "DATABASE_URL=%s", url);
	return compose_run(&s->a.compose, s->a.facts.web, &s->a.facts.migrate, &env, MIGRATE_MS, NULL, e);
}

static int stop_migration(void *ctx, struct error *e)
{
	struct start *s = ctx;

	return appliance_remove_oneoffs(s->root, e);
}

static int name_database(void *ctx, struct error *e)
{
	struct start *s = ctx;

	if (database_publish(&s->a.database, e) != 0)
		return -1;
	s->database = DATABASE_FILLED;
	return 0;
}

/*
 * Cut off within the renaming, nobody but the server knows whether it was done. Then vault and database are what the
 * backup holds, and the next start goes on from there: taken back, the vault would be empty beside a full database.
 */
static int look_whether_named(void *ctx, struct error *e)
{
	struct start *s = ctx;

	if (!s->recover)
		return 0;
	if (mounted_check(s->root, NULL, e) != 0 || appliance_wake_database(s->root, &s->a.database, e) != 0 ||
	    database_published(&s->a.database, &s->named, e) != 0)
		return -1;
	return s->named ? flow_note("named", "yes", e) : 0;
}

static int tidy_recovery(void *ctx, struct error *e)
{
	struct start *s = ctx;

	if (recover_forget(s->root, e) != 0)
		return -1;
	if (s->recovery)
		restore_say(s->recovery);
	return 0;
}

static bool must_tidy(const void *ctx)
{
	const struct start *s = ctx;

	return s->recovered || must_recover(ctx);
}

/* --- what runs -------------------------------------------------------------------------------------------- */

/* The database can be put back to what it is before a migration. */
static bool has_way_back(const struct start *s)
{
	CLEANUP(volumes_free) struct volumes v = {0};
	struct error no = {0};

	return volumes_find(s->root, VOLUME_DATABASE, &v, &no) == 0 && volumes_check(&v, VOLUME_DATABASE, &no) == 0;
}

static int report_pending(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(str_free) struct str out = {0};

	strlist_free(&s->a.state.pending);
	s->a.state.asked = false;
	if (compose_run(&s->a.compose, s->a.facts.web, &s->a.facts.pending, NULL, PENDING_MS, &out, e) != 0)
		return -1;
	strlist_lines(&s->a.state.pending, str_get(&out));
	s->a.state.asked = true;
	s->migrates = s->may_migrate && !s->healthy && s->a.state.pending.count > 0 &&
		      env_bool(s->choice.env, "ecs.migrate.auto") && has_way_back(s);
	for (size_t i = 0; !s->migrates && i < s->a.state.pending.count; i++)
		log_warn("migration '%s' is pending: run 'ecs-migrate'", s->a.state.pending.item[i]);
	return 0;
}

static bool must_ask_pending(const void *ctx)
{
	const struct start *s = ctx;

	return !s->made && !s->pending_known;
}

static int install_certificates(void *ctx, struct error *e)
{
	struct start *s = ctx;
	const struct docker_container *nginx;

	if (tls_publish(&s->a, &s->tls, e) != 0)
		return -1;
	nginx = s->a.facts.reload ? docker_service(&s->containers, s->a.facts.reload) : NULL;
	if (nginx == NULL || nginx->state != DOCKER_RUNNING)
		return 0;
	return docker_exec(nginx->id, &s->a.facts.reload_command, e);
}

static bool must_install(const void *ctx)
{
	const struct start *s = ctx;

	return !s->tls.published;
}

static int start_support(void *ctx, struct error *e)
{
	return start_group(ctx, COMPOSE_SUPPORT, e);
}

static int start_application(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(strlist_free) struct strlist names = {0};

	if (!s->migrates)
		return start_group(ctx, COMPOSE_APPLICATION, e);
	compose_names(&s->a.facts, COMPOSE_APPLICATION, &names);
	return s->same ? 0 : compose_create(&s->a.compose, &names, e);
}

static bool must_start(const void *ctx)
{
	const struct start *s = ctx;

	return !s->healthy;
}

static bool must_wait(const void *ctx)
{
	const struct start *s = ctx;

	return must_start(ctx) && !s->migrates;
}

/* --- health ----------------------------------------------------------------------------------------------- */

static long longest_wait(const struct compose_facts *f)
{
	long ms = 0;

	for (size_t i = 0; i < f->services; i++)
		if (f->service[i].group != COMPOSE_DATABASE && f->service[i].healthy_ms > ms)
			ms = f->service[i].healthy_ms;
	return ms;
}

/* Sets *WAITING to a container that is not healthy yet, or NULL; fails where one never will be. */
static int check_all(const struct start *s, const struct docker_container **waiting, struct error *e)
{
	*waiting = NULL;
	for (size_t i = 0; i < s->a.facts.services; i++) {
		const char *name = s->a.facts.service[i].name;
		const struct docker_container *c = docker_service(&s->containers, name);

		if (c == NULL)
			return error_set(e, EXIT_HALFWAY, "'%s' has no container", name);
		if (health_check(c, e) != 0)
			return -1;
		if (!docker_is_healthy(c))
			*waiting = c;
	}
	return 0;
}

/* Looks at the containers in S->containers anew: only at those, which is one question less. */
static int look_at_health(struct start *s, struct error *e)
{
	CLEANUP(strlist_free) struct strlist ids = {0};

	for (size_t i = 0; i < s->containers.count; i++)
		strlist_add(&ids, s->containers.item[i].id);
	docker_list_free(&s->containers);
	return docker_inspect(&ids, &s->containers, e);
}

static int wait_for_health(void *ctx, struct error *e)
{
	struct start *s = ctx;
	long ms = longest_wait(&s->a.facts);
	long long until = clock_ms() + ms;
	const struct docker_container *waiting;

	docker_list_free(&s->containers);
	if (appliance_containers(s->root, &s->containers, e) != 0)
		return -1;
	while (check_all(s, &waiting, e) == 0) {
		if (waiting == NULL)
			return 0;
		if (clock_ms() > until) {
			error_set(e, EXIT_HALFWAY, "'%s' is not healthy after %ld s", waiting->service,
				  ms / 1000);
			health_show_log(waiting);
			return -1;
		}
		if (pause_for(HEALTH_MS, e) != 0 || look_at_health(s, e) != 0)
			return -1;
	}
	return -1;
}

static int end_maintenance(void *ctx, struct error *e)
{
	struct start *s = ctx;
	CLEANUP(mem_freep) char *flag = path_root(s->root, NAME_MAINTENANCE);

	return file_remove(flag, e);
}

static bool must_end_maintenance(const void *ctx)
{
	const struct start *s = ctx;

	return s->maintenance && !s->migrates;
}

/* --- the commit ------------------------------------------------------------------------------------------- */

static void record_services(struct start *s)
{
	state_forget_services(&s->a.state);
	for (size_t i = 0; i < s->a.facts.services; i++) {
		const struct docker_container *c =
			docker_service(&s->containers, s->a.facts.service[i].name);

		if (c)
			state_add(&s->a.state, c->service, c->id, c->image);
	}
}

static int record(void *ctx, struct error *e)
{
	struct start *s = ctx;
	char now[CLOCK_TEXT];

	clock_text(clock_now(), now);
	state_set(&s->a.state.revision, s->a.revision);
	state_set(&s->a.state.branch, s->a.branch);
	state_set(&s->a.state.config, s->a.facts.digest);
	state_set(&s->a.state.since, now);
	if (!s->a.state.database || s->made)
		state_set(&s->a.state.database, now);
	if (s->made) {
		strlist_free(&s->a.state.pending);
		s->a.state.asked = true;
	}
	record_services(s);
	strlist_free(&s->a.state.heads);
	if (database_heads(&s->a.database, &s->a.state.heads, e) != 0)
		return -1;
	return state_write(s->root, &s->a.state, e);
}

static bool must_record(const void *ctx)
{
	const struct start *s = ctx;

	return !s->healthy || s->made || !s->pending_known;
}

/* --- the flow --------------------------------------------------------------------------------------------- */

static const struct flow_step steps[] = {
	{.name = "publish the environment", .act = publish_environment},
	{.name = "make folders and secrets", .act = prepare},
	{.name = "clone the application", .act = fetch, .when = must_fetch},
	{.name = "build the images", .act = build, .when = must_build},
	{.name = "make a new cluster", .act = make_cluster, .undo = remove_unfinished_cluster,
	 .undo_name = "remove it if it is not whole", .when = must_make_cluster},
	{.name = "start ecs-postgres", .act = start_postgres, .undo = stop_postgres,
	 .undo_name = "stop it if it did not run", .when = must_start_postgres},
	{.name = "look at the database", .act = look_again, .when = must_start_postgres},
	{.name = "stop the application", .act = stop_application, .undo = start_application_again,
	 .undo_name = "start it again", .when = must_stop_application},
	{.name = "fetch the backup", .act = fetch_backup, .undo = forget_backup, .undo_name = "remove it",
	 .when = must_recover},
	{.name = "make a database", .act = make_database, .undo = drop_database, .undo_name = "drop it",
	 .when = must_make},
	{.name = "restore the dump", .act = restore_dump, .when = must_restore},
	{.name = "migrate the new database", .act = migrate, .undo = stop_migration,
	 .undo_name = "end the migration", .when = must_make},
	{.name = "fill the vault", .act = fill_vault, .undo = empty_vault, .undo_name = "empty it",
	 .when = must_recover},
	{.name = "give the database its name", .act = name_database, .undo = look_whether_named,
	 .undo_name = "keep what is recovered if it has it", .when = must_make},
	{.name = "tidy up after the recovery", .act = tidy_recovery, .when = must_tidy, .turn = FLOW_STAND},
	{.name = "ask for pending migrations", .act = report_pending, .when = must_ask_pending,
	 .turn = FLOW_STAND},
	{.name = "install the certificates", .act = install_certificates, .when = must_install,
	 .turn = FLOW_STAND},
	{.name = "start the support containers", .act = start_support, .when = must_start, .turn = FLOW_STAND},
	{.name = "start the application", .act = start_application, .when = must_start, .turn = FLOW_STAND},
	{.name = "wait until all is healthy", .act = wait_for_health, .when = must_wait, .turn = FLOW_STAND},
	{.name = "end the maintenance page", .act = end_maintenance, .when = must_end_maintenance,
	 .turn = FLOW_STAND},
	{.name = "record what runs", .act = record, .when = must_record, .turn = FLOW_STAND},
};

const struct flow start_flow = {"start", steps, sizeof steps / sizeof *steps};

/* What the undos have to know after a power cut. */
static void set_facts(const struct start *s, struct flow_facts *facts)
{
	CLEANUP(str_free) struct str ids = {0};

	for (size_t i = 0; i < s->application.count; i++)
		str_addf(&ids, "%s\n", s->application.item[i]);
	flow_facts_set(facts, "database", s->a.database.name);
	flow_facts_set(facts, "postgres", s->postgres_runs ? "runs" : "stopped");
	flow_facts_set(facts, "application", str_get(&ids));
	flow_facts_set(facts, "recover", s->recover ? "yes" : "no");
}

int start_run(struct start *s, struct error *e)
{
	CLEANUP(flow_facts_free) struct flow_facts facts = {0};

	if (s->standby) {
		log_say("standby is set in the environment: nothing is started");
		return env_publish(s->root, &s->choice, e);
	}
	set_facts(s, &facts);
	if (flow_run(&start_flow, s, s->root, &facts, e) == 0)
		return 0;
	/* walked back whole: a refusal is told as one that came before anything began */
	if (e->code == EXIT_FAILED && s->refused)
		e->code = s->refused;
	return -1;
}

void start_free(struct start *s)
{
	for (size_t i = 0; i < s->rows; i++) {
		free(s->row[i].question);
		free(s->row[i].found);
		free(s->row[i].action);
	}
	free(s->row);
	if (s->recovery)
		restore_free(s->recovery);
	free(s->recovery);
	appliance_close(&s->a);
	env_choice_free(&s->choice);
	docker_list_free(&s->containers);
	strlist_free(&s->images);
	strlist_free(&s->unbuilt);
	strlist_free(&s->application);
	free(s->dump);
	tls_free(&s->tls);
	*s = (struct start){0};
}

/* --- after a power cut ------------------------------------------------------------------------------------ */

static bool is_yes(const struct flow_facts *facts, const char *name)
{
	const char *value = flow_facts_get(facts, name); /* an older version recorded none */

	return value && strcmp(value, "yes") == 0;
}

void *start_open(const char *root, const struct flow_facts *facts, struct error *e)
{
	const char *database = flow_facts_get(facts, "database");
	const char *postgres = flow_facts_get(facts, "postgres");
	const char *application = flow_facts_get(facts, "application");
	struct start *s;

	if (!database || !postgres || !application) {
		error_set(e, EX_SOFTWARE, "the journal lacks a fact");
		return NULL;
	}
	s = mem_alloc(sizeof *s);
	s->root = root;
	s->postgres_runs = strcmp(postgres, "runs") == 0;
	s->recover = is_yes(facts, "recover");
	s->named = is_yes(facts, "named");
	strlist_lines(&s->application, application);
	appliance_database(root, database, &s->a.database);
	return s;
}

void start_close(void *ctx)
{
	start_free(ctx);
	free(ctx);
}
