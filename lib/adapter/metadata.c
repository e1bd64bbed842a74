/* SPDX-License-Identifier: MIT */
#include "adapter/metadata.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/file.h"
#include "sys/device.h"
#include "wrap/archive.h"
#include "wrap/http.h"

enum { TIMEOUT_MS = 3000, DMI_MAX = 4096 };

struct search {
	const char *root;
	const char *url; /* $ECS_METADATA_URL, or NULL */
	size_t max;
	metadata_judge *judge;
	struct metadata *m;
	bool silent; /* a source that should have answered did not */
};

/* Each source: 1 found, 0 not (said in M->tried), -1 the search ends. */
struct source {
	const char *name;
	int (*look)(struct search *s, struct error *e);
};

/* The source being asked is M->source. */
static int not_here(struct search *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int not_here(struct search *s, const char *fmt, ...)
{
	CLEANUP(mem_freep) char *why = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&why, fmt, ap) < 0)
		why = NULL;
	va_end(ap);
	strlist_addf(&s->m->tried, "%s: %s", s->m->source, why ? why : "not found");
	str_clear(&s->m->data);
	return 0;
}

/* A source that is there and cannot be read is passed over, but not one that holds too much. */
static int not_readable(struct search *s, const struct error *why, struct error *e)
{
	if (why->code == EX_DATAERR)
		return error_set(e, why->code, "%s", why->text);
	s->silent |= why->code == EX_UNAVAILABLE;
	return not_here(s, "%s", why->text);
}

/* M->data came from WHERE: is it what is looked for? */
static int judge(struct search *s, const char *where, struct error *e)
{
	int rc = s->judge(where, &s->m->data, e);

	if (rc == 0)
		return not_here(s, "what '%s' holds is something else", where);
	if (rc == 1)
		s->m->where = mem_dup(where);
	return rc;
}

/* --- files ------------------------------------------------------------------------------------ */

/* A file that must be what is looked for. */
static int look_in_file(struct search *s, const char *path, struct error *e)
{
	int rc;

	if (file_read(path, s->max, &s->m->data, e) != 0)
		return -1;
	rc = judge(s, path, e);
	return rc ? rc : error_set(e, EX_DATAERR, "%s:1:1: this is no cloud-config", path);
}

static int look_file(struct search *s, struct error *e)
{
	const char *path = getenv("ENV_YML");

	if (path == NULL || *path == '\0')
		return not_here(s, "$ENV_YML is not set");
	return look_in_file(s, path, e);
}

static int look_app(struct search *s, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(s->root, NAME_APP_ENV);

	if (!file_exists(path))
		return not_here(s, "'%s' is missing", path);
	return look_in_file(s, path, e);
}

static int look_cloud_init(struct search *s, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(s->root, NAME_CLOUD_INIT);

	if (!file_exists(path))
		return not_here(s, "'%s' is missing", path);
	if (file_read(path, s->max, &s->m->data, e) != 0)
		return -1;
	return judge(s, path, e);
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
		return not_here(s, "no device has the label '%s'", label);
	where = mem_format("%s:%s", device, file);
	switch (read_device(s, device, file, &why)) {
	case ARCHIVE_FOUND:
		return judge(s, where, e);
	case ARCHIVE_NO_FILE:
		return not_here(s, "'%s' has no '%s'", device, file);
	case ARCHIVE_NO_ISO:
		return not_here(s, "'%s' is neither an ISO image nor a device", device);
	default:
		return not_readable(s, &why, e);
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

/* --- clouds ----------------------------------------------------------------------------------- */

/* A DMI string of the machine, "" where it has none. */
static void dmi(const struct search *s, const char *name, struct str *out)
{
	CLEANUP(mem_freep) char *dir = path_root(s->root, NAME_DMI);
	CLEANUP(mem_freep) char *path = path_join(dir, name);
	struct error e = {0};

	if (file_read(path, DMI_MAX, out, &e) != 0)
		str_clear(out);
	str_trim(out);
}

static bool dmi_begins(const struct search *s, const char *name, const char *with)
{
	CLEANUP(str_free) struct str text = {0};

	dmi(s, name, &text);
	return strncasecmp(str_get(&text), with, strlen(with)) == 0;
}

static bool dmi_has(const struct search *s, const char *name, const char *part)
{
	CLEANUP(str_free) struct str text = {0};

	dmi(s, name, &text);
	return strcasestr(str_get(&text), part) != NULL;
}

/* Whether the cloud is to be asked at all. */
static bool asked(struct search *s, bool by_dmi)
{
	if (s->url == NULL && !by_dmi)
		not_here(s, "the machine's DMI strings name another maker");
	return s->url || by_dmi;
}

/* Fetches PATH of HOST: 1; 0 where there is no answer (noted), -1 where the search ends. */
static int fetch(struct search *s, const char *method, const char *host, const char *path,
		 const char *header, struct http_reply *reply, struct error *e)
{
	CLEANUP(mem_freep) char *url = mem_format("%s%s", s->url ? s->url : host, path);
	const char *headers[] = {header, NULL};
	struct http_request request = {
		.method = method,
		.url = url,
		.headers = headers,
		.timeout_ms = TIMEOUT_MS,
		.max = s->max,
	};
	struct error why = {0};

	log_detail("%s: %s %s", s->m->source, method, url);
	return http_fetch(&request, reply, &why) == 0 ? 1 : not_readable(s, &why, e);
}

/* Takes the user-data out of a reply; 0 where there is none. */
static int take_reply(struct search *s, struct http_reply *reply)
{
	if (reply->status == 404 || (reply->status == 200 && reply->body.len == 0))
		return not_here(s, "it has no user-data");
	if (reply->status != 200)
		return not_here(s, "it answers with status %ld", reply->status);
	str_addn(&s->m->data, str_get(&reply->body), reply->body.len);
	return 1;
}

static int get_user_data(struct search *s, const char *host, const char *path, const char *header,
			 struct error *e)
{
	CLEANUP(http_free) struct http_reply reply = {0};
	CLEANUP(mem_freep) char *url = mem_format("%s%s", s->url ? s->url : host, path);
	int rc = fetch(s, "GET", host, path, header, &reply, e);

	if (rc <= 0 || !take_reply(s, &reply))
		return rc < 0 ? -1 : 0;
	return judge(s, url, e);
}

static const char link_local[] = "http://169.254.169.254";

/*
 * The token of IMDSv2 as a header, none where the service knows version 1 only (404, 405): 1; as
 * fetch().
 */
static int ec2_token(struct search *s, char **header, struct error *e)
{
	CLEANUP(http_free) struct http_reply reply = {0};
	int rc = fetch(s, "PUT", link_local, "/latest/api/token",
		       "X-aws-ec2-metadata-token-ttl-seconds: 300", &reply, e);

	if (rc <= 0 || reply.status == 404 || reply.status == 405)
		return rc;
	str_trim(&reply.body);
	if (reply.status != 200 || reply.body.len == 0 || strpbrk(reply.body.data, "\r\n"))
		return not_here(s, "it gives no token: status %ld", reply.status);
	*header = mem_format("X-aws-ec2-metadata-token: %s", reply.body.data);
	return 1;
}

static int look_ec2(struct search *s, struct error *e)
{
	CLEANUP(mem_freep) char *header = NULL;
	int rc;

	if (!asked(s, dmi_begins(s, "sys_vendor", "Amazon EC2") ||
			      dmi_begins(s, "bios_vendor", "Amazon EC2") ||
			      (dmi_begins(s, "product_uuid", "ec2") &&
			       dmi_has(s, "bios_version", "amazon"))))
		return 0;
	rc = ec2_token(s, &header, e);
	return rc <= 0 ? rc : get_user_data(s, link_local, "/latest/user-data", header, e);
}

static const char gce_host[] = "http://metadata.google.internal";
static const char gce_path[] = "/computeMetadata/v1/instance/attributes/user-data";
static const char gce_header[] = "Metadata-Flavor: Google";

static bool gce_flavoured(const struct http_reply *reply)
{
	const char *flavour = http_header(reply, "Metadata-Flavor");

	return flavour && strcmp(flavour, "Google") == 0;
}

/* There gzip comes as base64, told by another attribute. As fetch(). */
static int gce_decode(struct search *s, struct error *e)
{
	CLEANUP(http_free) struct http_reply reply = {0};
	CLEANUP(mem_freep) char *path = mem_format("%s-encoding", gce_path);
	struct str plain = {0};
	int rc = fetch(s, "GET", gce_host, path, gce_header, &reply, e);

	if (rc <= 0 || reply.status == 404)
		return rc;
	if (reply.status != 200 || !gce_flavoured(&reply))
		return not_here(s, "it does not tell how user-data is encoded: status %ld",
				reply.status);
	str_trim(&reply.body);
	if (strcmp(str_get(&reply.body), "base64") != 0)
		return not_here(s, "user-data is encoded as '%.40s'", str_get(&reply.body));
	if (!base64_decode(s->m->data.data, s->m->data.len, &plain)) {
		str_free(&plain);
		return not_here(s, "user-data is said to be base64, and is not");
	}
	str_free(&s->m->data);
	s->m->data = plain;
	return 1;
}

static int look_gce(struct search *s, struct error *e)
{
	CLEANUP(http_free) struct http_reply reply = {0};
	CLEANUP(mem_freep) char *url = mem_format("%s%s", s->url ? s->url : gce_host, gce_path);
	int rc;

	if (!asked(s, dmi_begins(s, "product_name", "Google") ||
			      dmi_begins(s, "sys_vendor", "Google")))
		return 0;
	rc = fetch(s, "GET", gce_host, gce_path, gce_header, &reply, e);
	if (rc <= 0)
		return rc;
	if (!gce_flavoured(&reply))
		return not_here(s, "the answer lacks the header '%s'", gce_header);
	if (!take_reply(s, &reply))
		return 0;
	rc = gce_decode(s, e);
	return rc <= 0 ? rc : judge(s, url, e);
}

static int look_hetzner(struct search *s, struct error *e)
{
	if (!asked(s, dmi_begins(s, "sys_vendor", "Hetzner")))
		return 0;
	return get_user_data(s, link_local, "/hetzner/v1/userdata", NULL, e);
}

static int look_digitalocean(struct search *s, struct error *e)
{
	if (!asked(s, dmi_begins(s, "sys_vendor", "DigitalOcean")))
		return 0;
	return get_user_data(s, link_local, "/metadata/v1/user-data", NULL, e);
}

/* --- the search ------------------------------------------------------------------------------- */

static const struct source sources[] = {
	{"file", look_file},
	{"app", look_app},
	{"cidata", look_cidata},
	{"config-2", look_config_2},
	{"ec2", look_ec2},
	{"gce", look_gce},
	{"hetzner", look_hetzner},
	{"digitalocean", look_digitalocean},
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
				 "no user-data was found, and a metadata service does not answer");
	return error_set(e, EX_NOINPUT,
			 "no user-data was found: put it at '%s%s', or see ecs-env(8)", root,
			 NAME_APP_ENV);
}

void metadata_free(struct metadata *m)
{
	free(m->where);
	str_free(&m->data);
	strlist_free(&m->tried);
	*m = (struct metadata){0};
}
