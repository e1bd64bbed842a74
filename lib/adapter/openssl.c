/* SPDX-License-Identifier: MIT */
#include "adapter/openssl.h"

#include <string.h>

#include "base/base64.h"
#include "sys/run.h"

enum { OPENSSL_MS = 60000 };

/* `openssl ARGS…` with INPUT as stdin; its stdout goes to OUT. */
static int openssl(const char *const *args, const char *input, struct str *out, struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(run_free) struct run_result res = {0};
	struct run r = {.timeout_ms = OPENSSL_MS, .input = input, .input_len = input ? strlen(input) : 0};

	strlist_add(&argv, "openssl");
	strlist_addv(&argv, args);
	r.argv = strlist_argv(&argv);
	if (run_check(&r, EX_CONFIG, &res, e) != 0)
		return -1;
	str_addn(out, str_get(&res.out), res.out.len);
	return 0;
}

/* --- making --------------------------------------------------------------------------------------------- */

static int make_key(struct str *key, struct error *e)
{
	return openssl((const char *[]){"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
					NULL},
		       NULL, key, e);
}

/* A certificate for KEY; EXTENSIONS come in pairs of "-addext", "NAME=VALUE". */
static int sign(const char *key, const char *name, int days, const struct strlist *extensions,
		struct str *cert, struct error *e)
{
	CLEANUP(strlist_free) struct strlist args = {0};

	strlist_addv(&args, (const char *[]){"req", "-x509", "-new", "-batch", "-sha256", "-key",
					     "/dev/stdin", "-subj", NULL});
	/* a common name has 64 characters at most; what counts today is subjectAltName */
	strlist_addf(&args, "/CN=%.64s", name);
	strlist_add(&args, "-days");
	strlist_addf(&args, "%d", days);
	strlist_addv(&args, strlist_argv(extensions));
	return openssl(strlist_argv(&args), key, cert, e);
}

int openssl_self_signed(const char *name, const struct strlist *aliases, int days, struct str *key,
			struct str *cert, struct error *e)
{
	CLEANUP(strlist_free) struct strlist extensions = {0};
	CLEANUP(str_free) struct str names = {0};

	str_addf(&names, "subjectAltName=DNS:%s", name);
	for (size_t i = 0; aliases && i < aliases->count; i++)
		str_addf(&names, ",DNS:%s", aliases->item[i]);
	strlist_addv(&extensions, (const char *[]){"-addext", names.data, "-addext",
						   "basicConstraints=critical,CA:FALSE", "-addext",
						   "extendedKeyUsage=serverAuth", NULL});
	if (make_key(key, e) != 0)
		return -1;
	return sign(key->data, name, days, &extensions, cert, e);
}

int openssl_authority(const char *name, int days, struct str *key, struct str *cert, struct error *e)
{
	CLEANUP(strlist_free) struct strlist extensions = {0};

	strlist_addv(&extensions, (const char *[]){"-addext", "keyUsage=critical,keyCertSign,cRLSign", NULL});
	if (make_key(key, e) != 0)
		return -1;
	return sign(key->data, name, days, &extensions, cert, e);
}

int openssl_dkim_key(struct str *key, struct str *public, struct error *e)
{
	CLEANUP(str_free) struct str der = {0};

	if (openssl((const char *[]){"genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
				     NULL},
		    NULL, key, e) != 0 ||
	    openssl((const char *[]){"pkey", "-pubout", "-outform", "DER", NULL}, str_get(key), &der, e) != 0)
		return -1;
	base64_encode(der.data, der.len, public);
	return 0;
}

/* --- checking ------------------------------------------------------------------------------------------- */

static int expires(const char *cert, long seconds, struct error *e)
{
	CLEANUP(mem_freep) char *text = mem_format("%ld", seconds);
	CLEANUP(run_free) struct run_result res = {0};
	const char *const argv[] = {"openssl", "x509", "-noout", "-checkend", text, NULL};
	struct run r = {.argv = argv, .timeout_ms = OPENSSL_MS, .input = cert, .input_len = strlen(cert)};

	if (run_command(&r, &res, e) != 0)
		return -1;
	if (res.how == RUN_EXITED && res.code == 0)
		return 0;
	if (res.how == RUN_EXITED && res.code == 1)
		return error_set(e, EX_CONFIG, seconds ? "the certificate is about to expire"
						       : "the certificate has expired");
	return run_error(&r, &res, EX_CONFIG, e);
}

int openssl_fits(const char *cert, const char *name, long seconds, struct error *e)
{
	CLEANUP(str_free) struct str out = {0};

	if (expires(cert, seconds, e) != 0)
		return -1;
	/* it exits 0 whatever it finds */
	if (openssl((const char *[]){"x509", "-noout", "-checkhost", name, NULL}, cert, &out, e) != 0)
		return -1;
	if (strstr(str_get(&out), "does match"))
		return 0;
	return error_set(e, EX_CONFIG, "the certificate is not for '%s'", name);
}
