/* SPDX-License-Identifier: MIT */
#include "adapter/dkim.h"

#include <string.h>

#include "base/base64.h"
#include "sys/run.h"

enum { TIMEOUT_MS = 60000 };

static int openssl(const char *const *argv, const char *input, struct str *out, struct error *e)
{
	CLEANUP(run_free) struct run_result res = {0};
	struct run r = {
		.argv = argv, .input = input, .input_len = strlen(input), .timeout_ms = TIMEOUT_MS};

	if (run_check(&r, 0, &res, e) != 0)
		return -1;
	str_addn(out, str_get(&res.out), res.out.len);
	return 0;
}

int openssl_make_dkim_key(struct str *key, struct str *public, struct error *e)
{
	static const char *const make[] = {"openssl",
					   "genpkey",
					   "-quiet",
					   "-algorithm",
					   "RSA",
					   "-pkeyopt",
					   "rsa_keygen_bits:2048",
					   NULL};
	static const char *const show[] = {"openssl", "pkey", "-pubout", "-outform", "DER", NULL};
	CLEANUP(str_free) struct str pem = {0}, der = {0};

	if (openssl(make, "", &pem, e) != 0 || openssl(show, str_get(&pem), &der, e) != 0)
		return -1;
	str_addn(key, str_get(&pem), pem.len);
	base64_encode(der.data, der.len, public);
	return 0;
}
