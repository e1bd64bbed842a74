/* SPDX-License-Identifier: MIT */
#include "appliance/appliance.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapter/git/git.h"
#include "appliance/secrets.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/file.h"
#include "sys/folder.h"
#include "wrap/digest.h"

enum { START_INTERVAL_API = 44 };

bool appliance_is_clone(const char *root)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_CLONE);

	return file_exists(path);
}

char *appliance_clone_root(const char *root, const char *name)
{
	CLEANUP(mem_freep) char *dir = path_root(root, NAME_CLONES_DIR);

	return path_join(dir, name);
}

char *appliance_project(const char *root)
{
	char digest[DIGEST_TEXT];

	if (*root == '\0')
		return mem_dup("ecs");
	digest_sha256(root, strlen(root), digest);
	return mem_format("ecs-%.8s", digest);
}

void appliance_database(const char *root, const char *name, struct database *d)
{
	d->socket_dir = path_root(root, NAME_SOCKET_DIR);
	d->name = mem_dup(name);
}

char *appliance_database_url(const struct appliance *a, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *password = secrets_password(a->root, e);

	if (password == NULL)
		return NULL;
	return mem_format("postgres://%s:%s@ecs-postgres:5432/%s", a->database.name, password, name);
}

/* --- revision ------------------------------------------------------------------------------------------- */

int appliance_find_revision(struct appliance *a, struct error *e)
{
	const char *pinned = env_text(a->env, "ecs.git.commitid");

	state_set(&a->branch, a->state.branch ? a->state.branch : "");
	state_set(&a->revision, a->state.revision ? a->state.revision : "");
	if (*a->revision || !file_exists(a->source))
		return 0;
	free(a->revision);
	a->revision = git_commit(a->source, *pinned ? pinned : "HEAD", e);
	if (a->revision == NULL) {
		a->revision = mem_dup("");
		return -1;
	}
	free(a->branch);
	a->branch = git_branch(a->source, e);
	return a->branch ? 0 : -1;
}

/* --- opening --------------------------------------------------------------------------------------------- */

int appliance_open(const char *root, const struct env *env, struct appliance *a, struct error *e)
{
	*a = (struct appliance){.root = mem_dup(root), .env = env, .clone = appliance_is_clone(root)};
	a->compose.file = path_root(root, NAME_COMPOSE_FILE);
	a->compose.project = appliance_project(root);
	a->source = path_root(root, NAME_SOURCE);
	a->build = path_root(root, NAME_BUILD);
	appliance_database(root, env_text(env, "ecs.database"), &a->database);
	if (state_read(root, &a->state, e) == 0 && appliance_find_revision(a, e) == 0)
		return 0;
	appliance_free(a);
	return -1;
}

void appliance_free(struct appliance *a)
{
	free(a->root);
	state_free(&a->state);
	compose_free(&a->compose);
	compose_facts_free(&a->facts);
	database_free(&a->database);
	free(a->source);
	free(a->build);
	free(a->revision);
	free(a->branch);
	*a = (struct appliance){0};
}

/* --- variables ------------------------------------------------------------------------------------------- */

static void set(struct appliance *a, const char *name, const char *value)
{
	strlist_addf(&a->compose.env, "%s=%s", name, value);
}

/* A list as one text; OTHERWISE where it is empty. */
static void set_joined(struct appliance *a, const char *name, const char *key, const char *otherwise)
{
	CLEANUP(strlist_free) struct strlist list = {0};
	CLEANUP(str_free) struct str text = {0};

	env_list(a->env, key, &list);
	for (size_t i = 0; i < list.count; i++)
		str_addf(&text, "%s%s", i ? "," : "", list.item[i]);
	set(a, name, list.count ? text.data : otherwise);
}

static void set_from_env(struct appliance *a)
{
	static const struct {
		const char *name, *key;
	} table[] = {
		{"APPLIANCE_DOMAIN", "appliance.domain"},
		{"ECS_DOMAIN", "appliance.domain"},
		{"ECS_USERSWITCHER_ENABLED", "ecs.userswitcher.enabled"},
		{"ECS_REQUIRE_CLIENT_CERTS", "appliance.ssl.client_certs_mandatory"},
		{"ECS_HTTP_PORT", "appliance.ports.http"},
		{"ECS_HTTPS_PORT", "appliance.ports.https"},
		{"ECS_UPLOAD_MAX", "appliance.upload_max"},
		{"BASE", "appliance.base"},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		set(a, table[i].name, env_text(a->env, table[i].key));
	set_joined(a, "ECS_ALLOWED_HOSTS", "appliance.allowed_hosts", env_text(a->env, "appliance.domain"));
	set_joined(a, "ECS_CLIENT_CERT_PATHS", "appliance.ssl.client_cert_paths", "");
}

/* The services' addresses in the appliance's own network. */
static void set_addresses(struct appliance *a)
{
	set(a, "REDIS_URL", "redis://redis:6379/0");
	set(a, "MEMCACHED_URL", "memcache://memcached:11211");
	/* in the clone's own container, where nobody listens */
	set(a, "SMTP_URL", a->clone ? "smtp://127.0.0.1:9" : "smtp://host.docker.internal:25");
	set(a, "ECS_DISABLE_EMAIL_DELIVERY", a->clone ? "true" : "false");
}

/*
 * The application executes this text last of all, and it may set keys. A clone's ends with keys of its own: who became
 * somebody else there could else make a link by which that one's password is set on the appliance.
 */
static void set_settings(struct appliance *a, const char *key)
{
	const char *text = env_text(a->env, "ecs.settings");
	CLEANUP(mem_freep) char *own = mem_format("%s\n"
						  "SECRET_KEY = '%s'\n"
						  "SECRET_KEY_FALLBACKS = []\n"
						  "REGISTRATION_SECRET = 'registration:' + SECRET_KEY\n"
						  "PASSWORD_RESET_SECRET = 'password reset:' + SECRET_KEY\n",
						  text, key);

	set(a, "ECS_SETTINGS", a->clone ? own : text);
}

static int set_secrets(struct appliance *a, struct error *e)
{
	CLEANUP(mem_freep) char *url = appliance_database_url(a, a->database.name, e);
	CLEANUP(mem_freep) char *django = secrets_django_key(a->root, e);
	const char *given = env_text(a->env, "ecs.secret_key");

	if (url == NULL || django == NULL)
		return -1;
	set(a, "DATABASE_URL", url);
	set(a, "ECS_SECRET_KEY", *given && !a->clone ? given : django);
	set_settings(a, django);
	return 0;
}

/* What keeps a clone from the outside: without it, it would be no clone. */
static int seal(struct appliance *a, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(a->root, NAME_SHARE "/compose.clone.yml");

	if (!a->clone)
		return 0;
	if (!file_exists(path))
		return error_set(e, EX_CONFIG, "'%s' is missing: without it a clone could reach the network; install the suite again", path);
	strlist_add(&a->compose.overlays, path);
	return 0;
}

/* Engines that can look quickly while a service starts, and seldom afterwards, are asked to. */
static int quicken(struct appliance *a, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(a->root, NAME_SHARE "/compose.start-interval.yml");
	int speaks;

	if (!file_exists(path))
		return 0;
	speaks = docker_speaks(START_INTERVAL_API, e);
	if (speaks > 0)
		strlist_add(&a->compose.overlays, path);
	return speaks < 0 ? -1 : 0;
}

static int is_overlay(const struct dirent *d)
{
	return *d->d_name != '.' && str_ends(d->d_name, ".yml");
}

/* Compose runs as root, and mounts and starts what these files say: whoever can change one can do all. */
static int check_overlay(const char *path, struct error *e)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return error_errno(e, EX_IOERR, "cannot look at '%s'", path);
	if ((st.st_uid == 0 || st.st_uid == geteuid()) && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return 0;
	return error_set(e, EX_CONFIG, "others than root can change '%s', so it is not used: look at what is in it, then run "
			 "'chown root' and 'chmod go-w' on it", path);
}

static int add_overlay(struct appliance *a, const char *dir, const char *name, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_join(dir, name);

	if (check_overlay(path, e) != 0)
		return -1;
	strlist_add(&a->compose.overlays, path);
	return 0;
}

/* The site's own, in the order of their names. A clone has none: what they mount need not be the clone's. */
static int find_site(struct appliance *a, struct error *e)
{
	CLEANUP(mem_freep) char *dir = path_root(a->root, NAME_OVERLAYS_DIR);
	struct dirent **entry = NULL;
	int n = a->clone ? 0 : scandir(dir, &entry, is_overlay, alphasort), r = 0;

	if (n < 0)
		return errno == ENOENT ? 0 : error_errno(e, EX_IOERR, "cannot read '%s'", dir);
	if (n > 0)
		r = check_overlay(dir, e);
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = add_overlay(a, dir, entry[i]->d_name, e);
		free(entry[i]);
	}
	free(entry);
	if (r != 0)
		strlist_free(&a->compose.overlays); /* some of them are no answer */
	return r;
}

static int find_overlays(struct appliance *a, struct error *e)
{
	if (a->compose.overlays.count)
		return 0;
	return find_site(a, e) == 0 && seal(a, e) == 0 ? quicken(a, e) : -1;
}

int appliance_variables(struct appliance *a, struct error *e)
{
	strlist_free(&a->compose.env);
	env_variables(a->env, &a->compose.env); /* what is set below under the same name replaces it */
	set_from_env(a);
	set_addresses(a);
	if (set_secrets(a, e) != 0)
		return -1;
	set(a, "ECS_ROOT", a->root);
	/* compose refuses an empty tag; nothing is built or started under this one */
	set(a, "ECS_REVISION", *a->revision ? a->revision : "none");
	set(a, "GIT_REV", a->revision);
	set(a, "GIT_BRANCH", a->branch);
	set(a, "ECS_SOURCE", a->build);
	return 0;
}

int appliance_read(struct appliance *a, struct error *e)
{
	if (find_overlays(a, e) != 0 || appliance_variables(a, e) != 0)
		return -1;
	compose_facts_free(&a->facts);
	return compose_read(&a->compose, &a->facts, e);
}

int appliance_by_hand(struct appliance *a, struct error *e)
{
	CLEANUP(str_free) struct str files = {0};
	struct error unheard = {0}; /* without an engine there is nothing to compose */

	if (find_overlays(a, &unheard) != 0) {
		log_detail("%s", unheard.text);
		if (a->clone || unheard.code != EX_UNAVAILABLE) { /* not without its seal, nor without the site's own */
			*e = unheard;
			return -1;
		}
	}
	if (appliance_variables(a, e) != 0)
		return -1;
	str_add(&files, a->compose.file);
	for (size_t i = 0; i < a->compose.overlays.count; i++)
		str_addf(&files, ":%s", a->compose.overlays.item[i]);
	set(a, "COMPOSE_PROJECT_NAME", a->compose.project);
	set(a, "COMPOSE_FILE", str_get(&files));
	return 0;
}

/* --- folders --------------------------------------------------------------------------------------------- */

/*
 * A folder of the host, with its owner and mode; those above it belong to root. The application writes into some: no link
 * of its own leads root elsewhere.
 */
static int make_folder(const char *root, const struct compose_folder *f, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, f->path);
	CLEANUP(file_closep) int fd = folder_open(path, e);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0)
		return error_errno(e, 0, "cannot look at '%s'", path);
	if ((st.st_uid != f->uid || st.st_gid != f->gid) && fchown(fd, f->uid, f->gid) != 0)
		return error_errno(e, 0, "cannot make user %u the owner of '%s'", f->uid, path);
	if ((st.st_mode & 07777) != f->mode && fchmod(fd, f->mode) != 0)
		return error_errno(e, 0, "cannot set the mode of '%s'", path);
	return 0;
}

int appliance_make_folders(const struct appliance *a, struct error *e)
{
	for (size_t i = 0; i < a->facts.folders; i++)
		if (make_folder(a->root, &a->facts.folder[i], e) != 0)
			return -1;
	return 0;
}
