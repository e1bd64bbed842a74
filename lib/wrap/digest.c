/* SPDX-License-Identifier: MIT */
#include "wrap/digest.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "wrap/library.h"

#define FUNCTIONS(X)										\
	X(EVP_Digest)										\
	X(EVP_DigestFinal_ex)									\
	X(EVP_DigestInit_ex)									\
	X(EVP_DigestUpdate)									\
	X(EVP_MD_CTX_free)									\
	X(EVP_MD_CTX_new)									\
	X(EVP_sha256)

LIBRARY(FUNCTIONS, ECS_CRYPTO_SONAME)

/* libcrypto is a part of every Debian system with curl: without it the tool cannot work. */
static void must_load(void)
{
	struct error e = {0};

	if (load(&e) != 0) {
		fprintf(stderr, "%s\n", e.text);
		exit(e.code);
	}
}

/* No SHA-256 in libcrypto, or no memory: the tool cannot work. */
static void must(int ok)
{
	if (ok != 1)
		abort();
}

static char *as_text(const unsigned char *bytes, unsigned n, char out[DIGEST_TEXT])
{
	must(n == 32);
	for (unsigned i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
	return out;
}

char *digest_sha256(const void *data, size_t len, char out[DIGEST_TEXT])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	must_load();
	must(lib.EVP_Digest(data, len, bytes, &n, lib.EVP_sha256(), NULL));
	return as_text(bytes, n, out);
}

struct digest *digest_begin(void)
{
	EVP_MD_CTX *context;

	must_load();
	context = lib.EVP_MD_CTX_new();
	must(context && lib.EVP_DigestInit_ex(context, lib.EVP_sha256(), NULL));
	return (struct digest *)context;
}

void digest_add(struct digest *d, const void *data, size_t len)
{
	must(lib.EVP_DigestUpdate((EVP_MD_CTX *)d, data, len));
}

char *digest_end(struct digest *d, char out[DIGEST_TEXT])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	must(lib.EVP_DigestFinal_ex((EVP_MD_CTX *)d, bytes, &n));
	lib.EVP_MD_CTX_free((EVP_MD_CTX *)d);
	return as_text(bytes, n, out);
}
