/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/openssl.h"
#include "base/str.h"
#include "env/credentials.h"
#include "wrap/tls.h"

static struct str key, cert, other, authority;

static int set_up(void **state)
{
	struct error e = {0};

	(void)state;
	return openssl_self_signed("a.example", NULL, 10, &key, &cert, &e) ||
	       openssl_authority("members", 10, &other, &authority, &e);
}

static int tear_down(void **state)
{
	(void)state;
	str_free(&key);
	str_free(&cert);
	str_free(&other);
	str_free(&authority);
	return 0;
}

static void refuses(int rc, const struct error *e, const char *text)
{
	assert_int_equal(rc, -1);
	assert_int_equal(e->code, EX_CONFIG);
	if (strcmp(e->text, text) != 0)
		fail_msg("%s\ninstead of: %s", e->text, text);
}

static void a_pair_belongs_together(void **state)
{
	CLEANUP(str_free) struct str rsa = {0}, public = {0};
	struct error e = {0};

	(void)state;
	assert_int_equal(tls_check_pair(cert.data, key.data, &e), 0);
	assert_int_equal(tls_check_key(key.data, &e), 0);
	refuses(tls_check_pair(cert.data, other.data, &e), &e, "the key: it belongs to another certificate");
	/* of another type */
	assert_int_equal(openssl_dkim_key(&rsa, &public, &e), 0);
	refuses(tls_check_pair(cert.data, rsa.data, &e), &e, "the key: it belongs to another certificate");
}

/* What openssl makes of the key with that command line. */
static void by_openssl(const char *command, const char *input, struct str *out)
{
	CLEANUP(mem_freep) char *line = mem_format("printf '%%s' \"$INPUT\" | openssl %s 2>/dev/null", command);
	char buf[8192];
	size_t n;
	FILE *p;

	setenv("INPUT", input, 1);
	p = popen(line, "r");
	assert_non_null(p);
	while ((n = fread(buf, 1, sizeof buf, p)) > 0)
		str_addn(out, buf, n);
	assert_int_equal(pclose(p), 0);
}

static void what_is_no_usable_key_is_told(void **state)
{
	CLEANUP(str_free) struct str locked = {0};
	CLEANUP(mem_freep) char *torn = mem_dupn(key.data, key.len / 2);
	struct error e = {0};

	(void)state;
	refuses(tls_check_key("not a key", &e), &e, "the key cannot be read: not a complete private key in PEM");
	refuses(tls_check_key(cert.data, &e), &e, "the key cannot be read: not a complete private key in PEM");
	refuses(tls_check_key(torn, &e), &e, "the key cannot be read: not a complete private key in PEM");
	by_openssl("pkey -aes256 -passout pass:secret", key.data, &locked);
	refuses(tls_check_key(locked.data, &e), &e, "the key has a passphrase, which nobody can type when the appliance starts: remove it ('openssl pkey')");
}

static void every_certificate_is_read(void **state)
{
	CLEANUP(mem_freep) char *two = mem_format("%s%s", cert.data, authority.data);
	CLEANUP(mem_freep) char *bad = mem_format("%s%s", cert.data, authority.data);
	CLEANUP(mem_freep) char *slip = mem_format("%s-%s", cert.data, strchr(authority.data, 'B') - 4);
	CLEANUP(mem_freep) char *torn = mem_dupn(two, strlen(two) - 30);
	struct error e = {0};

	(void)state;
	bad[cert.len + 60] = '*';
	assert_int_equal(tls_check_chain(two, &e), 0);
	assert_int_equal(tls_check_authority(two, &e), 0);
	refuses(tls_check_chain("rubbish", &e), &e, "certificate 1: the '-----BEGIN …-----' line is missing");
	refuses(tls_check_chain(key.data, &e), &e, "certificate 1: the '-----BEGIN …-----' line is missing");
	refuses(tls_check_chain(bad, &e), &e, "certificate 2: not base64");
	refuses(tls_check_authority(bad, &e), &e, "certificate 2: not base64");
	refuses(tls_check_authority(torn, &e), &e,
		"certificate 2: the matching '-----END …-----' line is missing");
	slip[cert.len] = ' '; /* " ----BEGIN CERTIFICATE-----" */
	refuses(tls_check_authority(slip, &e), &e,
		"2 certificates begin, but only 1 can be read: is a 'BEGIN' line wrong?");
}

static void what_nginx_takes_for_unsafe_is_refused(void **state)
{
	CLEANUP(str_free) struct str weak = {0}, pem = {0};
	struct error e = {0};

	(void)state;
	by_openssl("genrsa -traditional 1024", "", &weak);
	by_openssl("req -x509 -new -key /dev/stdin -subj /CN=a.example", weak.data, &pem);
	refuses(tls_check_chain(pem.data, &e), &e, "certificate 1: its key is too short to be safe");
}

/* An env.yml with TEXT as the value of KEY of the tree TREE. */
static struct env *env_with(const char *tree, const char *text)
{
	CLEANUP(str_free) struct str yaml = {0};
	CLEANUP(strlist_free) struct strlist lines = {0};
	struct env *env = NULL;
	struct error e = {0};

	str_addf(&yaml, ENV_FIRST_LINE "\n%s: |\n", tree);
	strlist_lines(&lines, text);
	for (size_t i = 0; i < lines.count; i++)
		str_addf(&yaml, "          %s\n", lines.item[i]);
	if (env_parse("f", yaml.data, yaml.len, &env, &e) != 0)
		fail_msg("%s", e.text);
	return env;
}

static void says(const char *tree, const char *text, const char *message)
{
	CLEANUP(env_deletep) struct env *env = env_with(tree, text);
	struct error e = {0};

	assert_int_equal(credentials_check(env, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	if (!str_begins(e.text, message))
		fail_msg("%s", e.text);
}

static void the_place_of_the_key_is_told(void **state)
{
	(void)state;
	says("appliance:\n  ssl:\n    client_ca", "rubbish",
	     "f:4:16: 'appliance.ssl.client_ca': certificate 1: the '-----BEGIN");
	says("appliance:\n  ssl:\n    key", "not a key",
	     "f:4:10: 'appliance.ssl.key': its certificate is missing: set 'appliance.ssl.cert'");
	says("appliance:\n  ssl:\n    cert", cert.data,
	     "f:4:11: 'appliance.ssl.cert': its key is missing: set 'appliance.ssl.key'");
	says("appliance:\n  dkim:\n    key", "rubbish", "f:4:10: 'appliance.dkim.key': the key cannot be read");
	says("appliance:\n  backup:\n    encrypt", "rubbish",
	     "f:4:14: 'appliance.backup.encrypt': not a GPG key in ASCII armour");
}

static void warns(const struct env *env, time_t now, const char *what)
{
	CLEANUP(strlist_free) struct strlist warnings = {0};

	credentials_ends(env, now, &warnings);
	assert_int_equal(warnings.count, what != NULL);
	if (what && !strstr(warnings.item[0], what))
		fail_msg("%s", warnings.item[0]);
}

static void a_certificate_that_ends_is_warned_of(void **state)
{
	CLEANUP(str_free) struct str later = {0}, later_key = {0};
	CLEANUP(mem_freep) char *chain = NULL;
	struct tls_end first;
	struct error e = {0};

	(void)state;
	assert_int_equal(openssl_self_signed("a.example", NULL, 100, &later_key, &later, &e), 0);
	chain = mem_format("%s%s", later.data, cert.data);
	for (int ca = 0; ca < 2; ca++) {
		CLEANUP(env_deletep) struct env *env =
			env_with(ca ? "appliance:\n  ssl:\n    client_ca" : "appliance:\n  ssl:\n    cert", chain);

		assert_int_equal(tls_first_end(chain, &first, &e), 0);
		assert_int_equal(first.number, 2);
		warns(env, first.time + 1, "certificate 2 expired at ");
		warns(env, first.time - 2 * 86400, "certificate 2 expires at ");
		warns(env, first.time - 2 * 86400, ", in 2 days");
		warns(env, first.time - 30 * 86400, ca ? "'appliance.ssl.client_ca'" : "'appliance.ssl.cert'");
		warns(env, first.time - 30 * 86400 - 1, NULL);
	}
	refuses(tls_first_end("rubbish", &first, &e), &e, "certificate 1: the '-----BEGIN …-----' line is missing");
}

/* The armour of "hello", which is no key, but whole. */
#define ARMOUR(kind, body, sum)								\
	"-----BEGIN PGP " kind " BLOCK-----\nVersion: 1\n\n" body "\n" sum "\n-----END PGP " kind " BLOCK-----\n"

static void an_armour_is_read_whole(void **state)
{
	static const char *const ours[] = {"ecs:\n  vault_sign", "ecs:\n  vault_encrypt"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(env_deletep) struct env *env = env_with(ours[i], ARMOUR("PRIVATE KEY", "aGVsbG8=", "=R/WK"));
		CLEANUP(env_deletep) struct env *bare = env_with(ours[i], ARMOUR("PRIVATE KEY", "aGVsbG8=", ""));
		struct error e = {0};

		if (credentials_check(env, &e) != 0)
			fail_msg("%s", e.text);
		assert_int_equal(credentials_check(bare, &e), 0);
		says(ours[i], ARMOUR("PRIVATE KEY", "aGVsbG8=", "=AAAA"), "f:3:");
		says(ours[i], ARMOUR("PRIVATE KEY", "aGV*bG8=", ""), "f:3:");
		says(ours[i], ARMOUR("MESSAGE", "aGVsbG8=", ""), "f:3:");
		says(ours[i], "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\naGVsbG8=\n", "f:3:");
		/* its headers do not end */
		says(ours[i], "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n-----END PGP PRIVATE KEY BLOCK-----\n", "f:3:");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_belongs_together),
		cmocka_unit_test(what_is_no_usable_key_is_told),
		cmocka_unit_test(every_certificate_is_read),
		cmocka_unit_test(what_nginx_takes_for_unsafe_is_refused),
		cmocka_unit_test(the_place_of_the_key_is_told),
		cmocka_unit_test(a_certificate_that_ends_is_warned_of),
		cmocka_unit_test(an_armour_is_read_whole),
	};

	return cmocka_run_group_tests_name("tls", tests, set_up, tear_down);
}
