/* SPDX-License-Identifier: MIT */
#include "adapter/metadata/clouds.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/file.h"
#include "wrap/http.h"

enum { TIMEOUT_MS = 3000, DMI_MAX = 4096 };

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
		search_not_here(s, "the machine's DMI strings name another vendor");
	return s->url || by_dmi;
}

/* HOST is replaced by $ECS_METADATA_URL where that is set; the caller frees it. */
static char *url_of(const struct search *s, const char *host, const char *path)
{
	return mem_format("%s%s", s->url ? s->url : host, path);
}

/* Fetches URL: 1; 0 where there is no answer (noted), -1 where the search ends. HEADER may be NULL. */
static int fetch(struct search *s, const char *method, const char *url, const char *header,
		 struct http_reply *reply, struct error *e)
{
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
	return http_fetch(&request, reply, &why) == 0 ? 1 : search_not_readable(s, &why, e);
}

/* Takes the user-data out of a reply; 0 where there is none. */
static int take_reply(struct search *s, struct http_reply *reply)
{
	if (reply->status == 404 || (reply->status == 200 && reply->body.len == 0))
		return search_not_here(s, "it has no user-data");
	if (reply->status != 200)
		return search_not_here(s, "it answers with status %ld", reply->status);
	str_addn(&s->m->data, str_get(&reply->body), reply->body.len);
	return 1;
}

static int get_user_data(struct search *s, const char *host, const char *path, const char *header,
			 struct error *e)
{
	CLEANUP(http_free) struct http_reply reply = {0};
	CLEANUP(mem_freep) char *url = url_of(s, host, path);
	int rc = fetch(s, "GET", url, header, &reply, e);

	if (rc <= 0 || !take_reply(s, &reply))
		return rc < 0 ? -1 : 0;
	return search_judge(s, url, e);
}

static const char link_local[] = "http://169.254.169.254";

/*
 * The token of IMDSv2 as a header, none where the service knows version 1 only (404, 405): 1; as
 * fetch().
 */
static int ec2_token(struct search *s, char **header, struct error *e)
{
	CLEANUP(http_free) struct http_reply reply = {0};
	CLEANUP(mem_freep) char *url = url_of(s, link_local, "/latest/api/token");
	int rc = fetch(s, "PUT", url, "X-aws-ec2-metadata-token-ttl-seconds: 300", &reply, e);

	if (rc <= 0 || reply.status == 404 || reply.status == 405)
		return rc;
	str_trim(&reply.body);
	if (reply.status != 200 || reply.body.len == 0 || strpbrk(reply.body.data, "\r\n"))
		return search_not_here(s, "it returned no token: status %ld", reply.status);
	*header = mem_format("X-aws-ec2-metadata-token: %s", reply.body.data);
	return 1;
}

int clouds_ec2(struct search *s, struct error *e)
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
static const char gce_encoding[] = "/computeMetadata/v1/instance/attributes/user-data-encoding";
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
	CLEANUP(mem_freep) char *url = url_of(s, gce_host, gce_encoding);
	struct str plain = {0};
	int rc = fetch(s, "GET", url, gce_header, &reply, e);

	if (rc <= 0 || reply.status == 404)
		return rc;
	if (reply.status != 200 || !gce_flavoured(&reply))
		return search_not_here(s, "it does not say how user-data is encoded: status %ld",
				reply.status);
	str_trim(&reply.body);
	if (strcmp(str_get(&reply.body), "base64") != 0)
		return search_not_here(s, "user-data is encoded as '%.40s'", str_get(&reply.body));
	if (!base64_decode(s->m->data.data, s->m->data.len, &plain)) {
		str_free(&plain);
		return search_not_here(s, "user-data is declared as base64, but is not");
	}
	str_free(&s->m->data);
	s->m->data = plain;
	return 1;
}

int clouds_gce(struct search *s, struct error *e)
{
	CLEANUP(http_free) struct http_reply reply = {0};
	CLEANUP(mem_freep) char *url = url_of(s, gce_host, gce_path);
	int rc;

	if (!asked(s, dmi_begins(s, "product_name", "Google") ||
			      dmi_begins(s, "sys_vendor", "Google")))
		return 0;
	rc = fetch(s, "GET", url, gce_header, &reply, e);
	if (rc <= 0)
		return rc;
	if (!gce_flavoured(&reply))
		return search_not_here(s, "the answer has no header '%s'", gce_header);
	if (!take_reply(s, &reply))
		return 0;
	rc = gce_decode(s, e);
	return rc <= 0 ? rc : search_judge(s, url, e);
}

int clouds_hetzner(struct search *s, struct error *e)
{
	if (!asked(s, dmi_begins(s, "sys_vendor", "Hetzner")))
		return 0;
	return get_user_data(s, link_local, "/hetzner/v1/userdata", NULL, e);
}

int clouds_digitalocean(struct search *s, struct error *e)
{
	if (!asked(s, dmi_begins(s, "sys_vendor", "DigitalOcean")))
		return 0;
	return get_user_data(s, link_local, "/metadata/v1/user-data", NULL, e);
}
