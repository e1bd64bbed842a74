/* SPDX-License-Identifier: MIT */
#include "command/start/questions.h"
#include "adapter/docker/image.h"
#include "appliance/containers.h"
#include "appliance/images.h"
#include "appliance/maintenance.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "appliance/backup/chain.h"
#include "appliance/volume/volumes.h"
#include "command/start/recover.h"
#include "appliance/volume/vault.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "wrap/json.h"

/* --- the table -------------------------------------------------------------------------------------------- */

/* Adds a row; FOUND is formatted. */
static void row(struct start *s, const char *question, const char *action, const char *found, ...)
	__attribute__((format(printf, 4, 5)));

static void row(struct start *s, const char *question, const char *action, const char *found, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, found);
	if (vasprintf(&text, found, ap) < 0)
		text = NULL;
	va_end(ap);
	s->row = mem_grow(s->row, (s->rows + 1) * sizeof *s->row);
	s->row[s->rows++] = (struct start_row){mem_dup(question), text ? text : mem_dup(""), mem_dup(action)};
}

/* A row whose answer ends the start. */
static int refuse(struct start *s, const char *question, struct error *e)
{
	row(s, question, "refuse", "%s", e->text);
	return -1;
}

void questions_print(const struct start *s, bool json, FILE *to)
{
	CLEANUP(jv_freep) struct json *all = jv_array();
	CLEANUP(str_free) struct str text = {0};

	for (size_t i = 0; i < s->rows; i++) {
		const struct start_row *r = &s->row[i];
		struct json *one = jv_object();

		jv_set_text(one, "question", r->question);
		jv_set_text(one, "found", r->found);
		jv_set_text(one, "action", r->action);
		jv_add(all, one);
		if (!json)
			fprintf(to, "%s\t%s\t%s\n", r->question, r->found, r->action);
	}
	if (json) {
		jv_write(all, 2, &text);
		fprintf(to, "%s\n", text.data);
	}
}

/* --- environment ------------------------------------------------------------------------------------------ */

static int look_at_environment(struct start *s, struct error *e)
{
	if (env_choose(s->root, &s->choice, e) != 0)
		return refuse(s, "environment", e);
	row(s, "environment", s->choice.fault ? "start with the last good one" : "publish it", "%s %s%s%s",
	    s->choice.source, s->choice.where ? s->choice.where : "", s->choice.fault ? ": " : "",
	    s->choice.fault ? s->choice.fault : "");
	s->standby = env_bool(s->choice.env, "appliance.standby");
	row(s, "standby", s->standby ? "start nothing" : "go on", "%s", s->standby ? "yes" : "no");
	return 0;
}

/* --- volumes ---------------------------------------------------------------------------------------------- */

/* A volume that is mounted under its older name only is used there. */
static void look_at_seeds(struct start *s)
{
	for (size_t i = 0; i < VOLUMES_KNOWN; i++) {
		CLEANUP(mem_freep) char *name = path_root(s->root, volumes_known[i].target);
		CLEANUP(mem_freep) char *seed = path_root(s->root, volumes_known[i].seed);
		struct error ignored = {0};

		/* an empty folder of ours is no reason to overlook what stands there */
		s->seed[i] = file_exists(name)
				     ? file_dir_empty(name, &ignored) == 1 && file_dir_empty(seed, &ignored) == 0
				     : file_exists(seed);
		if (s->seed[i])
			row(s, "volumes", "link it", "'%s' instead of '%s'", volumes_known[i].seed,
			    volumes_known[i].target);
	}
}

/* A volume that takes no snapshots is told at every start; one that cannot be looked at keeps nothing from running. */
static void look_at_snapshots(struct start *s)
{
	CLEANUP(volumes_free) struct volumes vs = {0};
	struct error e = {0};

	if (volumes_find(s->root, NULL, &vs, &e) != 0) {
		row(s, "volumes", "go on", "%s", e.text);
		log_warn("whether the volumes take snapshots is unknown: %s", e.text);
		return;
	}
	for (size_t i = 0; !vs.clone && i < VOLUMES_KNOWN; i++) {
		const struct storage_volume *v = volumes_get(&vs, volumes_known[i].name);
		const char *what = v && v->source ? "a file system without snapshots" : "a plain folder";

		if (v && v->driver)
			continue;
		row(s, "volumes", "go on without snapshots", "'%s' is on %s", volumes_known[i].name, what);
		log_warn("'%s' is on %s: no snapshots, so no way back from a migration: see VOLUMES in ecs-snapshot(8)",
			 volumes_known[i].name, what);
	}
}

static int look_at_volumes(struct start *s, struct error *e)
{
	size_t count = 0;

	if (volumes_check_mounted(s->root, &count, e) != 0)
		return refuse(s, "volumes", e);
	row(s, "volumes", "go on", "%zu in fstab, all mounted", count);
	look_at_snapshots(s);
	look_at_seeds(s);
	return 0;
}

/* --- application and images --------------------------------------------------------------------------------- */

static int look_at_application(struct start *s, struct error *e)
{
	if (appliance_open(s->root, s->choice.env, &s->a, e) != 0)
		return refuse(s, "application", e);
	s->fetch = *s->a.revision == '\0';
	if (s->fetch)
		row(s, "application", "clone it", "no checkout in '%s'", s->a.source);
	else
		row(s, "application", "go on", "revision %.12s (%s)", s->a.revision,
		    s->a.state.revision ? "it ran last" : "checked out");
	if (strcmp(s->a.database.name, "postgres") == 0 || str_begins(s->a.database.name, "template")) {
		error_set(e, EX_CONFIG, "ecs.database: '%s' is reserved by PostgreSQL", s->a.database.name);
		return refuse(s, "application", e);
	}
	return 0;
}

/* Lists what has to be built; an image that is not ours to build is pulled by compose. */
int questions_ask_images(struct start *s, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};
	CLEANUP(str_free) struct str missing = {0};
	const struct compose_facts *f = &s->a.facts;

	strlist_free(&s->unbuilt);
	strlist_free(&s->images);
	for (size_t i = 0; i < f->services; i++)
		strlist_add(&names, f->service[i].image);
	if (docker_image_ids(&names, &s->images, e) != 0)
		return refuse(s, "images", e);
	for (size_t i = 0; i < f->services; i++) {
		if (*s->images.item[i] || !f->service[i].builds)
			continue;
		strlist_add(&s->unbuilt, f->service[i].name);
		str_addf(&missing, "%s%s", missing.len ? " " : "", f->service[i].image);
	}
	if (s->unbuilt.count)
		row(s, "images", "build what is missing", "missing: %s", missing.data);
	else
		row(s, "images", "go on", "all there");
	/* what is built is built out of the checkout */
	if (strlist_has(&s->unbuilt, f->web) && !file_exists(s->a.source))
		s->fetch = true;
	return 0;
}

/* --- containers ------------------------------------------------------------------------------------------- */

/* Whether the container of service I is the one recorded, of the image that its name means today. */
static bool is_recorded(const struct start *s, size_t i)
{
	const char *name = s->a.facts.service[i].name;
	const struct docker_container *c = docker_service(&s->containers, name);
	const struct state_service *was = state_find(&s->a.state, name);

	return c && was && strcmp(c->id, was->container) == 0 && strcmp(c->image, was->image) == 0 &&
	       strcmp(c->image, s->images.item[i]) == 0;
}

static void look_at_containers(struct start *s)
{
	const struct compose_facts *f = &s->a.facts;
	size_t healthy = 0;

	s->same = s->a.state.config && strcmp(s->a.state.config, f->digest) == 0;
	for (size_t i = 0; i < f->services; i++) {
		const struct docker_container *c = docker_service(&s->containers, f->service[i].name);

		s->same = s->same && is_recorded(s, i);
		healthy += c && docker_is_healthy(c);
	}
	s->healthy = s->same && healthy == f->services;
	containers_pick(&s->containers, COMPOSE_APPLICATION, true, &s->application);
	row(s, "containers", s->healthy ? "nothing" : s->same ? "start what does not run" : "create and start",
	    "%zu of %zu healthy, %s", healthy, f->services,
	    s->same ? "unchanged" : "changed since they were recorded, or never recorded");
}

/* Those that are there: what is built later is looked at then. Unchanged ones were looked at before they were recorded. */
static int check_images(struct start *s, struct error *e)
{
	if (s->same || images_check_volumes(&s->a, e) == 0)
		return 0;
	return refuse(s, "images", e);
}

/* The container that was recorded for SERVICE, if it is there. */
static const struct docker_container *recorded(const struct start *s, const char *service)
{
	const struct state_service *was = state_find(&s->a.state, service);

	for (size_t i = 0; was && i < s->containers.count; i++)
		if (strcmp(s->containers.item[i].id, was->container) == 0)
			return &s->containers.item[i];
	return NULL;
}

/*
 * An engine does not flush what it removes: after a power cut the containers of the version before may be there again.
 * Beside the one that was recorded of a service every other is such a ghost.
 */
static void find_ghosts(struct start *s)
{
	for (size_t i = s->containers.count; i-- > 0;) {
		const struct docker_container *c = &s->containers.item[i], *own = recorded(s, c->service);

		if (c->oneoff || own == NULL || own == c)
			continue;
		strlist_add(&s->ghosts, c->id);
		docker_list_remove(&s->containers, i);
	}
	if (s->ghosts.count)
		row(s, "containers of before", "remove them", "%zu, back after a power cut", s->ghosts.count);
}

static int look_at_engine(struct start *s, struct error *e)
{
	if (containers_list(s->root, &s->containers, e) != 0)
		return refuse(s, "engine", e);
	row(s, "engine", "go on", "answers");
	find_ghosts(s);
	for (size_t i = 0; i < s->containers.count; i++)
		s->oneoffs = s->oneoffs || s->containers.item[i].oneoff;
	s->secrets = appliance_has_secrets(s->root);
	if (appliance_read(&s->a, e) != 0)
		return refuse(s, "compose file", e);
	return 0;
}

/* --- database --------------------------------------------------------------------------------------------- */

static char *data_folder(const struct start *s)
{
	const struct volumes_known *volume = &volumes_known[VOLUMES_DATABASE];

	return mem_format("%s%s/%s", s->root, s->seed[VOLUMES_DATABASE] ? volume->seed : volume->target, NAME_PGDATA);
}

/* What lies in the volume beside our own folder: the older appliance's data stood right in it. */
static int check_older(const struct start *s, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_root(s->root, volumes_known[VOLUMES_DATABASE].seed);

	if (!s->seed[VOLUMES_DATABASE] || file_dir_empty(dir, e) != 0)
		return 0;
	return error_set(e, EX_CONFIG,
			 "'%s' holds data of another kind than ours: restore the older appliance's backup or dump "
			 "instead, and move them away",
			 dir);
}

/* The major version that made the data folder, 0 where there is none. */
static int cluster_version(const struct start *s, unsigned long long *major, struct error *e)
{
	CLEANUP(mem_freep) char *dir = data_folder(s), *path = path_join(dir, "PG_VERSION");
	CLEANUP(str_free) struct str text = {0};
	int empty;

	*major = 0;
	if (file_exists(path)) {
		if (file_read(path, 64, &text, e) != 0)
			return -1;
		str_trim(&text);
		if (!str_number(str_get(&text), 1000, major))
			return error_set(e, EX_CONFIG, "'%s' does not contain a version number: '%s'", path, str_get(&text));
		return 0;
	}
	empty = file_dir_empty(dir, e);
	if (empty == 0)
		return error_set(e, EX_CONFIG, "'%s' is not empty, but holds no PostgreSQL data: move it away", dir);
	return empty < 0 ? -1 : 0;
}

static int look_at_cluster(struct start *s, struct error *e)
{
	unsigned long long major;
	const struct docker_container *c = docker_service(&s->containers, s->a.facts.postgres);

	s->postgres_runs = c && c->state == DOCKER_RUNNING;
	if (cluster_version(s, &major, e) != 0)
		return refuse(s, "postgres data", e);
	s->cluster = major != 0;
	if (!s->cluster && check_older(s, e) != 0)
		return refuse(s, "postgres data", e);
	if (s->cluster && (int)major != s->a.facts.major) {
		error_set(e, EX_CONFIG,
			  "PostgreSQL's data have version %llu, and ecs-postgres has version %d: move them with "
			  "pg_dump and pg_restore, or install the suite that has version %llu",
			  major, s->a.facts.major, major);
		return refuse(s, "postgres data", e);
	}
	if (s->cluster)
		row(s, "postgres data", s->postgres_runs ? "nothing" : "start ecs-postgres", "version %llu, %s",
		    major, s->postgres_runs ? "ecs-postgres runs" : "ecs-postgres does not run");
	else
		row(s, "postgres data", "make a new cluster", "none");
	return 0;
}

/* The path of the dump that env.yml asks for. */
static char *dump_path(const struct start *s)
{
	const char *name = env_text(s->choice.env, "ecs.recover.dump_filename");

	if (*name == '\0')
		return path_root(s->root, NAME_DUMP);
	return *name == '/' ? path_root(s->root, name) : mem_format("%s/data/ecs-pgdump/%s", s->root, name);
}

/* Files that are there already would be mixed with those of the backup. */
static int judge_recovery(const struct start *s, struct error *e)
{
	const struct volumes_known *files = &volumes_known[VOLUMES_FILES];
	CLEANUP(mem_freep) char *vault = path_root(s->root, s->seed[VOLUMES_FILES] ? files->seed : files->target);
	int empty = vault_is_empty(vault, e);

	if (empty < 0)
		return -1;
	if (!empty)
		return error_set(e, EX_CONFIG, "recover.from_backup is set, but the vault '%s' is not empty: "
				 "move its files away, or take that setting out", vault);
	if (!env_given(s->choice.env, "appliance.backup.url"))
		return error_set(e, EX_CONFIG, "recover.from_backup is set, but appliance.backup.url is not: "
				 "where is the backup?");
	return 0;
}

/* Behind the reason why nobody knows whether there are backups. */
#define SURVEY_ADVICE "without knowing whether backups are there this machine does not start empty: make the target answer, " \
	"or give --new-database"

/*
 * A machine that never had a database, and is asked for none: are there backups that it should have been recovered from?
 * If it began anew, its own backups would be strangers among them.
 */
static int look_at_backups(struct start *s, struct error *e)
{
	struct survey found;
	char when[CLOCK_TEXT];
	int r = chain_survey(s->root, s->choice.env, "ecs-start", &found, e);

	if (r != 0)
		error_append(e, SURVEY_ADVICE);
	else if (found.count)
		r = error_set(e, EX_CONFIG, "'%s' holds %zu backups, the newest of %s: set recover.from_backup, or give "
			      "--new-database", found.shown, found.count, clock_text(found.newest, when));
	else
		row(s, "backups", "go on", "none at '%s'", found.shown);
	free(found.shown);
	s->surveyed = r == 0;
	return r;
}

static bool must_survey(const struct start *s)
{
	return !s->new_database && !s->recover && !s->dump && !s->surveyed && env_given(s->choice.env, "appliance.backup.url");
}

/* There is no database: may one be made, and out of what? Sets 66, 69 or 78 where not. */
static int judge_missing(struct start *s, struct error *e)
{
	if (s->a.state.database && !s->new_database)
		return error_set(e, EX_CONFIG,
				 "there is no database '%s', but this machine had one (%s): is a volume not "
				 "mounted ('mount -a')? to %s: '--new-database'",
				 s->a.database.name, s->a.state.database,
				 s->recover ? "recover from the backup" : s->dump ? "restore the dump" : "start with an empty one");
	if (s->recover)
		return judge_recovery(s, e);
	if (s->dump && access(s->dump, R_OK) != 0)
		return error_errno(e, EX_NOINPUT, "cannot read the dump '%s'", s->dump);
	return must_survey(s) ? look_at_backups(s, e) : 0;
}

/* The rows of a database that has to be made. */
static void explain_missing(struct start *s, const char *found)
{
	row(s, "database", "make it", "%s", found);
	if (s->recover)
		row(s, "recover from backup", "restore vault and database", "asked for");
	else
		row(s, "recover from backup", "go on", "not asked for");
	if (s->recover)
		row(s, "restore from dump", "restore that of the backup", "asked for");
	else if (s->dump)
		row(s, "restore from dump", "restore it", "%s", s->dump);
	else
		row(s, "restore from dump", "create an empty database", "not asked for");
	row(s, "migrations", "migrate", "database is new");
}

static int judge(struct start *s, struct error *e)
{
	if (s->database == DATABASE_FILLED)
		return 0;
	return judge_missing(s, e);
}

int questions_ask_database(struct start *s, struct error *e)
{
	if (database_look(&s->a.database, &s->database, NULL, e) != 0)
		return -1;
	if (judge(s, e) != 0) {
		s->refused = e->code;
		return -1;
	}
	return 0;
}

/* What can be told of the database before ecs-postgres was started. */
static int look_early(struct start *s, struct error *e)
{
	long tables = 0;

	s->recover = env_bool(s->choice.env, "ecs.recover.from_backup");
	s->recovered = recover_is_left(s->root);
	if (env_bool(s->choice.env, "ecs.recover.from_dump"))
		s->dump = dump_path(s);
	if (s->postgres_runs && database_look(&s->a.database, &s->database, &tables, e) != 0) {
		/* it runs and does not answer: the flow waits for it */
		s->database = DATABASE_UNKNOWN;
		*e = (struct error){0};
	}
	if (!s->cluster)
		s->database = DATABASE_MISSING;
	if (s->database == DATABASE_UNKNOWN) {
		row(s, "database", "look when ecs-postgres runs", "not known yet");
		return 0;
	}
	if (judge(s, e) != 0)
		return refuse(s, "database", e);
	if (s->database == DATABASE_FILLED)
		row(s, "database", "keep it", "'%s' with %ld tables", s->a.database.name, tables);
	else
		explain_missing(s, s->database == DATABASE_EMPTY ? "there, but empty" : "missing");
	return 0;
}

static void look_at_pending(struct start *s)
{
	const struct state *state = &s->a.state;

	/* what was pending may have been migrated by hand since; while nothing ran, the database may be another one */
	s->pending_known = s->healthy && state->asked && state->pending.count == 0;
	if (s->database == DATABASE_MISSING || s->database == DATABASE_EMPTY)
		return; /* explained already */
	if (s->pending_known)
		row(s, "migrations", "nothing", "none pending");
	else
		row(s, "migrations", "ask the application; migrate or report", "not known");
}

/* --- certificates, maintenance ------------------------------------------------------------------------------ */

static int look_at_certificates(struct start *s, struct error *e)
{
	if (certificates_look(&s->a, &s->certificates, e) != 0)
		return refuse(s, "certificates", e);
	row(s, "certificates",
	    s->certificates.published ? "nothing" : s->certificates.key.len ? "install it" : "make and install one", "%s",
	    s->certificates.own ? "of env.yml" : s->certificates.key.len ? "self-signed" : "none");
	return 0;
}

static void look_at_maintenance(struct start *s)
{
	s->maintenance = maintenance_is_shown(s->root);
	if (s->maintenance)
		row(s, "maintenance page", "end it when all is healthy", "up");
}

int questions_ask(struct start *s, struct error *e)
{
	if (look_at_environment(s, e) != 0)
		return -1;
	if (s->standby)
		return 0;
	if (look_at_volumes(s, e) != 0 || look_at_application(s, e) != 0 || look_at_engine(s, e) != 0 ||
	    questions_ask_images(s, e) != 0 || look_at_cluster(s, e) != 0 || look_early(s, e) != 0 ||
	    look_at_certificates(s, e) != 0)
		return -1;
	look_at_containers(s);
	if (check_images(s, e) != 0)
		return -1;
	look_at_pending(s);
	look_at_maintenance(s);
	return 0;
}
