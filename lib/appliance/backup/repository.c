/* SPDX-License-Identifier: MIT */
#include "appliance/backup/repository.h"

#include <stdlib.h>
#include <string.h>

#include "adapter/mount.h"
#include "adapter/backup/duplicity.h"
#include "adapter/backup/restic.h"
#include "appliance/backup/lastbackup.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/namespace.h"
#include "wrap/digest.h"

#define RESTIC_PREFIX "restic:"
#define KEYRING NAME_RUN_DIR "/backup-gnupg"
#define CACHES NAME_BACKUP_DIR

int repository_lock(const char *root, const char *tool, long wait, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_BACKUP_LOCK);

	return lock_take(path, tool, wait, e);
}

/* --- the file system of the target -------------------------------------------------------------- */

/*
 * Takes the password out of mount options: it must not be seen in a list of processes. Its variable is the one of
 * mount.cifs(8), the only one of its kind that takes a password.
 */
static void split_options(const char *options, struct str *plain, struct strlist *env)
{
	static const char *const names[] = {"password=", "pass=", "passwd="};

	while (*options) {
		size_t n = strcspn(options, ","), skip = 0;

		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (str_begins(options, names[i]))
				skip = strlen(names[i]);
		if (skip && skip <= n)
			strlist_addf(env, "PASSWD=%.*s", (int)(n - skip), options + skip);
		else
			str_addf(plain, "%s%.*s", plain->len ? "," : "", (int)n, options);
		options += n + (options[n] == ',');
	}
}

static int mount_target(const struct env *env, struct error *e)
{
	const char *type = env_text(env, "appliance.backup.mount.type");
	const char *source = env_text(env, "appliance.backup.mount.source");
	const char *target = env_text(env, "appliance.backup.mount.target");
	bool bind = strcmp(type, "bind") == 0;
	CLEANUP(strlist_free) struct strlist secret = {0};
	CLEANUP(str_free) struct str options = {0};

	if (*type == '\0' && *source == '\0' && *target == '\0')
		return 0;
	if (*type == '\0' || *source == '\0' || *target != '/')
		return error_set(e, EX_CONFIG, "appliance.backup.mount needs a type, a source and an absolute "
				 "target");
	if (file_mkdirs(target, 0700, e) != 0)
		return -1;
	if (bind)
		str_add(&options, "bind");
	split_options(env_text(env, "appliance.backup.mount.options"), &options, &secret);
	if (mount_mount_with(strlist_argv(&secret), source, bind ? "none" : type,
			      options.len ? options.data : "defaults", target, e) == 0)
		return 0;
	e->code = EX_UNAVAILABLE;
	return error_context(e, "the target of the backup");
}

/* --- opening ------------------------------------------------------------------------------------ */

static bool is_restic(const char *url)
{
	return str_begins(url, RESTIC_PREFIX);
}

static int open_key(const char *root, const char *armour, enum repository_use use, struct repository *d, struct error *e)
{
	bool write = use == REPOSITORY_WRITE || use == REPOSITORY_LOOK;
	CLEANUP(mem_freep) char *home = path_root(root, KEYRING);

	if (*armour == '\0')
		return error_set(e, EX_CONFIG, "appliance.backup.encrypt is missing: without a key there is no "
				 "backup");
	if (gpg_open(home, armour, &d->key, e) != 0)
		return -1;
	if (write && gpg_prove(&d->key, e) != 0)
		return -1;
	if (use == REPOSITORY_READ && !d->key.secret)
		return error_set(e, EX_CONFIG, "appliance.backup.encrypt has no private key: nothing can be "
				 "decrypted");
	d->readable = d->key.secret;
	d->driver.keyring = mem_dup(d->key.home);
	d->driver.key = write ? mem_dup(d->key.fingerprint) : NULL;
	return 0;
}

static int open_driver(const char *root, const struct env *env, const char *url, enum repository_use use,
		       struct repository *d, struct error *e)
{
	bool restic = is_restic(url);
	CLEANUP(lastbackup_free) struct lastbackup last = {0};
	char digest[DIGEST_TEXT];
	struct driver *g = &d->driver;

	digest_sha256(url, strlen(url), digest);
	lastbackup_read(root, &last);
	d->id = mem_dup(digest);
	d->shown = driver_shown(url);
	g->table = restic ? &restic_driver : &duplicity_driver;
	g->url = mem_dup(url + (restic ? strlen(RESTIC_PREFIX) : 0));
	g->state = mem_format("%s%s/%s", root, CACHES, g->table->name);
	g->temp = path_root(root, NAME_ENGINE_TEMP);
	g->idle_ms = env_seconds(env, "appliance.backup.idle") * 1000;
	g->known = last.when && strcmp(last.target, digest) == 0;
	g->looks = use != REPOSITORY_WRITE;
	if (driver_set_options(g, env_text(env, "appliance.backup.options"), e) != 0 ||
	    (file_exists(g->temp) && file_remove_tree(g->temp, e) != 0) || file_mkdirs(g->temp, 0700, e) != 0)
		return -1;
	if (restic) {
		g->secret = mem_dup(env_text(env, "appliance.backup.encrypt"));
		d->readable = true;
	}
	return g->table->open(g, e);
}

int repository_open(const char *root, const struct env *env, const char *from, enum repository_use use,
		    struct repository *d, struct error *e)
{
	const char *url = from ? from : env_text(env, "appliance.backup.url");

	*d = (struct repository){0};
	if (*url == '\0')
		return error_set(e, EX_CONFIG, "appliance.backup.url is not set: it says where backups go");
	/* the agent of the key outlives us if we are killed: it shall not hold our mounts */
	if ((is_restic(url) || open_key(root, env_text(env, "appliance.backup.encrypt"), use, d, e) == 0) &&
	    namespace_enter(e) == 0 && (from || mount_target(env, e) == 0) &&
	    open_driver(root, env, url, use, d, e) == 0)
		return 0;
	repository_free(d);
	return -1;
}

void repository_free(struct repository *d)
{
	struct error e = {0};

	gpg_close(&d->key);
	if (d->driver.temp && file_exists(d->driver.temp) && file_remove_tree(d->driver.temp, &e) != 0)
		log_detail("%s", e.text);
	driver_free(&d->driver);
	free(d->shown);
	free(d->id);
	*d = (struct repository){0};
}
