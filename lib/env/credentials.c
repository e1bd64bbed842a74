/* SPDX-License-Identifier: MIT */
#include "env/credentials.h"

#include <string.h>

#include "base/base64.h"
#include "sys/clock.h"
#include "wrap/tls.h"

static int check_site_pair(const struct env *env, struct error *e)
{
	static const char key[] = "appliance.ssl.key", cert[] = "appliance.ssl.cert";
	bool has_key = env_given(env, key), has_cert = env_given(env, cert);

	if (!has_key && !has_cert)
		return 0;
	if (!has_cert) {
		error_set(e, EX_DATAERR, "its certificate is missing: set 'appliance.ssl.cert'");
		return env_fault(env, key, e);
	}
	if (tls_check_chain(env_text(env, cert), e) != 0)
		return env_fault(env, cert, e);
	if (!has_key) {
		error_set(e, EX_DATAERR, "its key is missing: set 'appliance.ssl.key'");
		return env_fault(env, cert, e);
	}
	if (tls_check_pair(env_text(env, cert), env_text(env, key), e) != 0)
		return env_fault(env, key, e);
	return 0;
}

int credentials_check_site(const struct env *env, struct error *e)
{
	static const char ca[] = "appliance.ssl.client_ca";

	if (check_site_pair(env, e) != 0)
		return -1;
	if (env_given(env, ca) && tls_check_authority(env_text(env, ca), e) != 0)
		return env_fault(env, ca, e);
	return 0;
}

void credentials_ends(const struct env *env, time_t now, struct strlist *warnings)
{
	static const char *const keys[] = {"appliance.ssl.cert", "appliance.ssl.client_ca"};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct error e = {0};
		struct tls_end first;
		char at[CLOCK_TEXT];

		if (!env_given(env, keys[i]) || tls_first_end(env_text(env, keys[i]), &first, &e) != 0 ||
		    first.time - now > CREDENTIALS_DAYS * 86400L)
			continue;
		if (first.time < now)
			error_set(&e, EX_DATAERR, "certificate %d expired at %s", first.number, clock_text(first.time, at));
		else
			error_set(&e, EX_DATAERR, "certificate %d expires at %s, in %lld days", first.number,
				  clock_text(first.time, at), (long long)(first.time - now) / 86400);
		env_fault(env, keys[i], &e);
		strlist_add(warnings, e.text);
	}
}

/* --- keys of GPG ------------------------------------------------------------------------------ */

/* The sum of RFC 4880, 6.1: of what is in an armour. */
static unsigned long crc24(const struct str *s)
{
	unsigned long crc = 0xB704CE;

	for (size_t i = 0; i < s->len; i++) {
		crc ^= (unsigned long)(unsigned char)s->data[i] << 16;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 0x800000 ? (crc << 1) ^ 0x1864CFB : crc << 1;
	}
	return crc & 0xFFFFFF;
}

/* Whether the lines from TEXT to END, the body of an armour, are base64 with a sum that fits. */
static bool armour_is_whole(const char *text, const char *end)
{
	CLEANUP(str_free) struct str data = {0}, sum = {0};
	const char *line = text;

	while (line < end && *line != '=') {
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	if (line > end) /* in the middle of a line */
		line = end;
	if (!base64_decode(text, (size_t)(line - text), &data) || data.len == 0)
		return false;
	if (line == end)
		return true;
	return base64_decode(line + 1, (size_t)(end - line - 1), &sum) && sum.len == 3 &&
	       crc24(&data) == ((unsigned long)(unsigned char)sum.data[0] << 16 |
				(unsigned long)(unsigned char)sum.data[1] << 8 | (unsigned char)sum.data[2]);
}

/* Behind the headers of an armour, which end with an empty line; END where there is none before it. */
static const char *armour_body(const char *text, const char *end)
{
	while (text < end) {
		size_t n = strcspn(text, "\n"), blank = strspn(text, " \t\r");

		text += n + (text[n] == '\n');
		if (blank >= n)
			break;
	}
	return text < end ? text : end;
}

/* Every block of TEXT is a whole key; there is at least one. */
static int check_armour(const char *text, struct error *e)
{
	static const char begin[] = "-----BEGIN PGP ", end[] = "-----END PGP ";
	const char *at = strstr(text, begin);

	if (at == NULL)
		return error_set(e, EX_DATAERR, "not a GPG key in ASCII armour: the line '%sPRIVATE KEY BLOCK-----' is missing", begin);
	for (; at; at = strstr(at, begin)) {
		const char *kind = at + strlen(begin), *line = kind + strcspn(kind, "\n");
		const char *stop = strstr(kind, end);

		if (!str_begins(kind, "PRIVATE KEY BLOCK-----") && !str_begins(kind, "PUBLIC KEY BLOCK-----"))
			return error_set(e, EX_DATAERR, "it contains a GPG block that is not a key");
		if (stop == NULL || *line == '\0')
			return error_set(e, EX_DATAERR, "the GPG key is incomplete: its '%s…' line is missing", end);
		if (!armour_is_whole(armour_body(line + 1, stop), stop))
			return error_set(e, EX_DATAERR, "the GPG key is damaged: it is not base64, or its checksum is wrong");
		at = stop;
	}
	return 0;
}

static int check_gpg(const struct env *env, const char *key, struct error *e)
{
	if (!env_given(env, key) || check_armour(env_text(env, key), e) == 0)
		return 0;
	return env_fault(env, key, e);
}

int credentials_check(const struct env *env, struct error *e)
{
	static const char dkim[] = "appliance.dkim.key";

	if (credentials_check_site(env, e) != 0)
		return -1;
	if (env_given(env, dkim) && tls_check_key(env_text(env, dkim), e) != 0)
		return env_fault(env, dkim, e);
	/* restic's key is a password */
	if (!str_begins(env_text(env, "appliance.backup.url"), "restic:") &&
	    check_gpg(env, "appliance.backup.encrypt", e) != 0)
		return -1;
	return check_gpg(env, "ecs.vault_encrypt", e) == 0 ? check_gpg(env, "ecs.vault_sign", e) : -1;
}
