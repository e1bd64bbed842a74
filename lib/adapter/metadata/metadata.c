/* SPDX-License-Identifier: MIT */
#include "adapter/metadata/metadata.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "adapter/metadata/clouds.h"
#include "adapter/metadata/search.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/device.h"
#include "sys/file.h"
#include "wrap/archive.h"

/* Each source: 1 found, 0 not (said in M->tried), -1 the search ends. */
struct source {
	const char *name;
	int (*look)(struct search *s, struct error *e);
};

/* --- files ------------------------------------------------------------------------------------ */

/* A file that must be what is looked for. */
static int look_in_file(struct search *s, const char *path, struct error *e)
{
	int rc;

	if (file_read(path, s->max, &s->m->data, e) != 0)
		return -1;
	rc = search_judge(s, path, e);
	return rc ? rc : error_set(e, EX_DATAERR, "%s:1:1: the first line is not '#cloud-config'", path);
}

static int look_file(struct search *s, struct error *e)
{
	const char *path = getenv("ENV_YML");

	if (path == NULL || *path == '\0')
		return search_not_here(s, "$ENV_YML is not set");
	return look_in_file(s, path, e);
}

static int look_app(struct search *s, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(s->root, NAME_APP_ENV);

	if (!file_exists(path))
		return search_not_here(s, "'%s' is missing", path);
	return look_in_file(s, path, e);
}

static int look_cloud_init(struct search *s, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(s->root, NAME_CLOUD_INIT);

	if (!file_exists(path))
		return search_not_here(s, "'%s' is missing", path);
	if (file_read(path, s->max, &s->m->data, e) != 0)
		return -1;
	return search_judge(s, path, e);
}

/* --- labelled devices ------------------------------------------------------------------------- */

/*
 * The device (or image) of that label in either case, the written one first; NULL where there is
 * none.
 */
static char *device_of(const char *root, const char *label)
{
	CLEANUP(mem_freep) char *dir = path_root(root, NAME_BY_LABEL);
	char *found = NULL;
	struct dirent *entry;
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d)) != NULL) {
		if (strcasecmp(entry->d_name, label) != 0 ||
		    (found && strcmp(entry->d_name, label) != 0))
			continue;
		free(found);
		found = path_join(dir, entry->d_name);
	}
	if (d)
		closedir(d);
	return found;
}

/*
 * FILE of an ISO image, or of a vfat device, which is mounted for it. Returns an enum
 * archive_found, or -1.
 */
static int read_device(struct search *s, const char *device, const char *file, struct error *e)
{
	int rc = archive_iso_read(device, file, s->max, &s->m->data, e);
	struct stat st;

	if (rc != ARCHIVE_NO_ISO || stat(device, &st) != 0 || !S_ISBLK(st.st_mode))
		return rc;
	rc = device_read_file(device, "vfat", file, s->max, &s->m->data, e);
	return rc < 0 ? -1 : rc ? ARCHIVE_FOUND : ARCHIVE_NO_FILE;
}

static int look_on_device(struct search *s, const char *label, const char *file, struct error *e)
{
	CLEANUP(mem_freep) char *device = device_of(s->root, label);
	CLEANUP(mem_freep) char *where = NULL;
	struct error why = {0};

	if (device == NULL)
		return search_not_here(s, "no device has the label '%s'", label);
	where = mem_format("%s:%s", device, file);
	switch (read_device(s, device, file, &why)) {
	case ARCHIVE_FOUND:
		return search_judge(s, where, e);
	case ARCHIVE_NO_FILE:
		return search_not_here(s, "'%s' has no '%s'", device, file);
	case ARCHIVE_NO_ISO:
		return search_not_here(s, "'%s' is neither an ISO image nor a device", device);
	default:
		return search_not_readable(s, &why, e);
	}
}

static int look_cidata(struct search *s, struct error *e)
{
	return look_on_device(s, "cidata", "user-data", e);
}

static int look_config_2(struct search *s, struct error *e)
{
	return look_on_device(s, "config-2", "openstack/latest/user_data", e);
}

/* --- the search ------------------------------------------------------------------------------- */

static const struct source sources[] = {
	{"file", look_file},
	{"app", look_app},
	{"cidata", look_cidata},
	{"config-2", look_config_2},
	{"ec2", clouds_ec2},
	{"gce", clouds_gce},
	{"hetzner", clouds_hetzner},
	{"digitalocean", clouds_digitalocean},
	{"cloud-init", look_cloud_init},
};

int metadata_find(const char *root, size_t max, metadata_judge *judges, struct metadata *m,
		  struct error *e)
{
	struct search s = {.root = root, .max = max, .judge = judges, .m = m};
	const char *url = getenv("ECS_METADATA_URL");
	CLEANUP(mem_freep) char *base = url && *url ? mem_dup(url) : NULL;

	*m = (struct metadata){0};
	while (base && str_ends(base, "/"))
		base[strlen(base) - 1] = '\0';
	s.url = base;
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		int rc;

		m->source = sources[i].name;
		rc = sources[i].look(&s, e);
		if (rc > 0)
			return 0;
		if (rc < 0)
			return error_context(e, "source '%s'", m->source);
	}
	m->source = NULL;
	if (s.silent)
		return error_set(e, EX_UNAVAILABLE,
				 "no env.yml was found, and a metadata service does not answer");
	return error_set(e, EX_NOINPUT,
			 "no env.yml was found: put it at '%s%s'; ecs-env(8) lists all places", root,
			 NAME_APP_ENV);
}

void metadata_free(struct metadata *m)
{
	free(m->where);
	str_free(&m->data);
	strlist_free(&m->tried);
	*m = (struct metadata){0};
}
