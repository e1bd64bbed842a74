/* SPDX-License-Identifier: MIT */
#include "appliance/certificates.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapter/openssl.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "env/credentials.h"
#include "sys/file.h"
#include "wrap/tls.h"

#define OWN_KEY NAME_SECRETS_DIR "/self-signed.key"
#define OWN_CERT NAME_SECRETS_DIR "/self-signed.crt"
#define NOBODY_CA NAME_SECRETS_DIR "/nobody-ca.crt"

enum {
	PEM_MAX = 1 << 20,
	SELF_SIGNED_DAYS = 397, /* the longest that browsers accept */
	NOBODY_DAYS = 36500,
	RENEW_SECONDS = 30 * 86400
};

void certificates_free(struct certificates *t)
{
	str_free(&t->key);
	str_free(&t->cert);
	str_free(&t->ca);
}

/* PEM ends with a newline, also where it was a value of YAML. */
static void set_pem(struct str *s, const char *text)
{
	str_clear(s);
	str_add(s, text);
	if (s->len)
		str_addc(s, '\n');
}

static int read_pem(const char *root, const char *name, struct str *out, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, name);

	str_clear(out);
	return file_exists(path) ? file_read(path, PEM_MAX, out, e) : 0;
}

static int write_pem(const char *root, const char *name, const struct str *pem, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, name);

	return file_write(path, pem->data, pem->len, 0600, e);
}

/* --- finding ---------------------------------------------------------------------------------------------- */

/* The pair of env.yml, which can be served: unfit for today or for the domain is a warning. */
static void take_own(const struct appliance *a, struct certificates *t)
{
	const char *domain = env_text(a->env, "appliance.domain");
	struct error why = {0};

	set_pem(&t->key, env_text(a->env, "appliance.ssl.key"));
	set_pem(&t->cert, env_text(a->env, "appliance.ssl.cert"));
	if (openssl_fits(t->cert.data, domain, 0, &why) != 0)
		log_warn("appliance.ssl: %s", why.text);
}

/* The pair that was made here, if it still serves; else both are left empty. */
static int check_self_signed(const struct appliance *a, struct certificates *t, struct error *e)
{
	const char *domain = env_text(a->env, "appliance.domain");
	struct error why = {0};

	if (read_pem(a->root, OWN_KEY, &t->key, e) != 0 || read_pem(a->root, OWN_CERT, &t->cert, e) != 0)
		return -1;
	if (t->key.len && t->cert.len && tls_check_pair(t->cert.data, t->key.data, &why) == 0 &&
	    openssl_fits(t->cert.data, domain, RENEW_SECONDS, &why) == 0)
		return 0;
	str_clear(&t->key);
	str_clear(&t->cert);
	return 0;
}

/* The three files, where nginx reads them. */
struct file {
	const char *name;
	const struct str *pem;
};

enum { FILES = 3 };

static void files_of(const struct certificates *t, struct file files[FILES])
{
	files[0] = (struct file){NAME_TLS_DIR "/server.key", &t->key};
	files[1] = (struct file){NAME_TLS_DIR "/server.crt", &t->cert};
	files[2] = (struct file){NAME_TLS_DIR "/client-ca.crt", &t->ca};
}

/* Whose they have to be: nginx's own user's, as the folder. NULL where the compose file does not say. */
static const struct compose_folder *folder_of(const struct appliance *a)
{
	for (size_t i = 0; i < a->facts.folders; i++)
		if (strcmp(a->facts.folder[i].path, NAME_TLS_DIR) == 0)
			return &a->facts.folder[i];
	return NULL;
}

static bool is_published(const struct appliance *a, const struct file *f)
{
	CLEANUP(mem_freep) char *path = path_root(a->root, f->name);
	CLEANUP(str_free) struct str there = {0};
	const struct compose_folder *folder = folder_of(a);
	struct error ignored = {0};
	struct stat st;

	return f->pem->len && stat(path, &st) == 0 && (!folder || st.st_uid == folder->uid) &&
	       file_read(path, PEM_MAX, &there, &ignored) == 0 && there.len == f->pem->len &&
	       memcmp(there.data, f->pem->data, there.len) == 0;
}

int certificates_look(const struct appliance *a, struct certificates *t, struct error *e)
{
	struct file files[FILES];

	*t = (struct certificates){0};
	if (credentials_check_site(a->env, e) != 0) {
		e->code = EX_CONFIG;
		return -1;
	}
	t->own = env_given(a->env, "appliance.ssl.key") || env_given(a->env, "appliance.ssl.cert");
	if (t->own)
		take_own(a, t);
	else if (check_self_signed(a, t, e) != 0)
		return -1;
	if (env_given(a->env, "appliance.ssl.client_ca"))
		set_pem(&t->ca, env_text(a->env, "appliance.ssl.client_ca"));
	else if (read_pem(a->root, NOBODY_CA, &t->ca, e) != 0)
		return -1;
	files_of(t, files);
	t->published = true;
	for (size_t i = 0; i < FILES; i++)
		t->published = t->published && is_published(a, &files[i]);
	return 0;
}

/* --- publishing ------------------------------------------------------------------------------------------- */

/* The names a certificate can bear, of those that Django's ALLOWED_HOSTS can. */
static void other_names(const struct appliance *a, struct strlist *names)
{
	const char *domain = env_text(a->env, "appliance.domain");
	CLEANUP(strlist_free) struct strlist hosts = {0};

	env_list(a->env, "appliance.allowed_hosts", &hosts);
	for (size_t i = 0; i < hosts.count; i++) {
		const char *host = hosts.item[i];

		if (*host == '.')
			strlist_addf(names, "*%s", host);
		else if (!strpbrk(host, "*:[]") && strcmp(host, domain) != 0)
			strlist_add(names, host);
	}
}

static int make_missing(const struct appliance *a, struct certificates *t, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0};
	CLEANUP(str_free) struct str nobody = {0};

	if (!t->key.len) {
		other_names(a, &names);
		if (openssl_self_signed(env_text(a->env, "appliance.domain"), &names, SELF_SIGNED_DAYS, &t->key,
					&t->cert, e) != 0 ||
		    write_pem(a->root, OWN_KEY, &t->key, e) != 0 ||
		    write_pem(a->root, OWN_CERT, &t->cert, e) != 0)
			return -1;
	}
	if (t->ca.len)
		return 0;
	/* nginx wants an authority to ask for certificates at all: one whose key is forgotten trusts nobody */
	if (openssl_authority("nobody", NOBODY_DAYS, &nobody, &t->ca, e) != 0)
		return -1;
	return write_pem(a->root, NOBODY_CA, &t->ca, e);
}

/* A file that nginx's own user may read, and nobody else. */
static int publish_file(const struct appliance *a, const struct file *f, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(a->root, f->name);
	const struct compose_folder *folder = folder_of(a);

	if (file_write(path, f->pem->data, f->pem->len, 0600, e) != 0)
		return -1;
	if (folder && chown(path, folder->uid, folder->gid) != 0)
		return error_errno(e, 0, "cannot make user %u the owner of '%s'", folder->uid, path);
	return 0;
}

int certificates_publish(const struct appliance *a, struct certificates *t, struct error *e)
{
	struct file files[FILES];

	if (make_missing(a, t, e) != 0)
		return -1;
	files_of(t, files);
	for (size_t i = 0; i < FILES; i++)
		if (!is_published(a, &files[i]) && publish_file(a, &files[i], e) != 0)
			return -1;
	t->published = true;
	return 0;
}
