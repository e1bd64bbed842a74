/* SPDX-License-Identifier: MIT */
#include "env/create.h"

#include <string.h>

#include "adapter/backup/gpg.h"
#include "adapter/openssl.h"
#include "sys/random.h"
#include "wrap/archive.h"

enum { SECRET_BYTES = 48, TXT_MAX = 255 };

struct secrets {
	struct str secret_key, registration, password_reset;
	struct str dkim, dkim_public;
	struct str backup, vault_encrypt, vault_sign;
};

static void secrets_free(struct secrets *s)
{
	struct str *all[] = {&s->secret_key,  &s->registration, &s->password_reset, &s->dkim,
			     &s->dkim_public, &s->backup,       &s->vault_encrypt,  &s->vault_sign};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		if (all[i]->data)
			explicit_bzero(all[i]->data, all[i]->len);
		str_free(all[i]);
	}
}

static int make_secrets(struct secrets *s, struct error *e)
{
	if (random_secret(SECRET_BYTES, &s->secret_key, e) != 0 ||
	    random_secret(SECRET_BYTES, &s->registration, e) != 0 ||
	    random_secret(SECRET_BYTES, &s->password_reset, e) != 0)
		return -1;
	if (openssl_dkim_key(&s->dkim, &s->dkim_public, e) != 0)
		return error_context(e, "the key that signs mail");
	if (gpg_make_key("ecs_backup", &s->backup, e) != 0 ||
	    gpg_make_key("ecs_mediaserver", &s->vault_encrypt, e) != 0 ||
	    gpg_make_key("ecs_authority", &s->vault_sign, e) != 0)
		return error_context(e, "a GPG key");
	return 0;
}

/* --- the text --------------------------------------------------------------------------------- */

/* TEXT as a YAML block, each line indented by that many blanks. */
static void put_block(struct str *out, int indent, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (n)
			str_addf(out, "%*s%.*s", indent, "", (int)n, text);
		str_addc(out, '\n');
		text += n + (text[n] == '\n');
	}
}

static void put_record(struct str *out, const char *before, const char *domain, const char *type,
		       const char *value)
{
	CLEANUP(mem_freep) char *name = mem_format("%s%s.", before, domain);

	str_addf(out, "#   %-40s IN %-5s %s\n", name, type, value);
}

/* A TXT record consists of strings of at most 255 bytes. */
static void put_dkim(struct str *out, const char *domain, const char *public)
{
	CLEANUP(mem_freep) char *text = mem_format("v=DKIM1; k=rsa; p=%s", public);
	CLEANUP(str_free) struct str value = {0};

	for (const char *p = text; *p; p += strlen(p) < TXT_MAX ? strlen(p) : TXT_MAX)
		str_addf(&value, "%s\"%.*s\"", p == text ? "" : " ", TXT_MAX, p);
	put_record(out, "default._domainkey.", domain, "TXT", value.data);
}

static void put_head(struct str *out, const char *domain, const struct secrets *s)
{
	CLEANUP(mem_freep) char *mail = mem_format("10 %s.", domain);
	CLEANUP(mem_freep) char *dmarc =
		mem_format("\"v=DMARC1; p=quarantine; rua=mailto:postmaster@%s\"", domain);

	str_addf(out,
		 ENV_FIRST_LINE "\n"
		 "# The environment of the appliance '%s'; ecs-env(5) names every key.\n"
		 "# It holds secrets that nobody can make again: without them no backup can be read.\n"
		 "#\n"
		 "# DNS records that belong to it; put the machine's own addresses into the first two:\n",
		 domain);
	put_record(out, "", domain, "A", "192.0.2.1");
	put_record(out, "", domain, "AAAA", "2001:db8::1");
	put_record(out, "", domain, "MX", mail);
	put_record(out, "", domain, "TXT", "\"v=spf1 mx -all\"");
	put_dkim(out, domain, str_get(&s->dkim_public));
	put_record(out, "_dmarc.", domain, "TXT", dmarc);
	put_record(out, "", domain, "CAA", "0 issue \"letsencrypt.org\"");
	str_add(out, "# and the reverse record of each address, which names the domain.\n\n");
}

static void put_appliance(struct str *out, const char *domain, const struct secrets *s)
{
	str_addf(out,
		 "# who may log in by ssh; cloud-init reads it too\n"
		 "ssh_authorized_keys: []\n"
		 "#  - ssh-ed25519 AAAA… name@example.org\n"
		 "disable_root: false\n"
		 "\n"
		 "appliance:\n"
		 "  domain: '%s'\n"
		 "  allowed_hosts:\n"
		 "    - '%s'\n"
		 "  ssl:\n"
		 "    letsencrypt:\n"
		 "      enabled: true\n"
		 "    client_certs_mandatory: false\n"
		 "    # a certificate of your own, and who signs your clients': PEM texts\n"
		 "    # key: |\n"
		 "    # cert: |\n"
		 "    # client_ca: |\n"
		 "  dkim:\n"
		 "    key: |\n",
		 domain, domain);
	put_block(out, 6, str_get(&s->dkim));
	str_add(out, "  backup:\n"
		     "    # url: sftp://backup@backup.example.org/ecs\n"
		     "    encrypt: |\n");
	put_block(out, 6, str_get(&s->backup));
}

static void put_ecs(struct str *out, const struct secrets *s)
{
	str_addf(out,
		 "\n"
		 "ecs:\n"
		 "  secret_key: '%s'\n"
		 "  userswitcher:\n"
		 "    enabled: false\n"
		 "  settings: |\n"
		 "    REGISTRATION_SECRET = '%s'\n"
		 "    PASSWORD_RESET_SECRET = '%s'\n"
		 "  vault_encrypt: |\n",
		 s->secret_key.data, s->registration.data, s->password_reset.data);
	put_block(out, 4, str_get(&s->vault_encrypt));
	str_add(out, "  vault_sign: |\n");
	put_block(out, 4, str_get(&s->vault_sign));
}

int env_create(const char *domain, struct str *out, struct error *e)
{
	CLEANUP(secrets_free) struct secrets s = {0};

	if (make_secrets(&s, e) != 0)
		return -1;
	put_head(out, domain, &s);
	put_appliance(out, domain, &s);
	put_ecs(out, &s);
	return 0;
}

/* --- the seed --------------------------------------------------------------------------------- */

int env_package(const struct env *env, time_t time, struct str *out, struct error *e)
{
	const struct str *source = env_source(env);
	const char *domain = env_text(env, "appliance.domain");
	CLEANUP(mem_freep) char *meta =
		mem_format("instance-id: 'ecs-%s'\nlocal-hostname: '%s'\n", domain, domain);
	const struct archive_file files[] = {
		{"user-data", source->data, source->len},
		{"meta-data", meta, strlen(meta)},
		{0},
	};

	return archive_iso_write("cidata", files, time, out, e);
}
