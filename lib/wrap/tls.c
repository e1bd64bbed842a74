/* SPDX-License-Identifier: MIT */
#include "wrap/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"
#include "wrap/library.h"

/* libssl brings libcrypto, and a symbol is looked for in both */
#define FUNCTIONS(X)										\
	X(ASN1_TIME_to_tm)									\
	X(BIO_free)										\
	X(BIO_new_mem_buf)									\
	X(ERR_clear_error)									\
	X(ERR_peek_last_error)									\
	X(ERR_reason_error_string)								\
	X(EVP_PKEY_free)									\
	X(PEM_read_bio_PrivateKey)								\
	X(PEM_read_bio_X509)									\
	X(X509_free)										\
	X(X509_get0_notAfter)									\
	X(SSL_CTX_check_private_key)								\
	X(SSL_CTX_ctrl)										\
	X(SSL_CTX_free)										\
	X(SSL_CTX_new)										\
	X(SSL_CTX_use_PrivateKey)								\
	X(SSL_CTX_use_certificate)								\
	X(TLS_server_method)

/* libssl is released with libcrypto, and numbered as it is */
#define TEXT_OF(number) #number
#define SSL_SONAME_OF(number) "libssl.so." TEXT_OF(number)

LIBRARY(FUNCTIONS, SSL_SONAME_OF(OPENSSL_SHLIB_VERSION))

/* Refuses with the last error of the library, in plain words where its own are not. */
static int refuse(const char *what, struct error *e)
{
	static const struct {
		int library, reason;
		const char *text;
	} words[] = {
		{ERR_LIB_PEM, PEM_R_NO_START_LINE, "the '-----BEGIN …-----' line is missing"},
		{ERR_LIB_PEM, PEM_R_BAD_END_LINE, "the matching '-----END …-----' line is missing"},
		{ERR_LIB_PEM, PEM_R_BAD_BASE64_DECODE, "not base64"},
		{ERR_LIB_OSSL_DECODER, ERR_R_UNSUPPORTED, "not a complete private key in PEM"},
		{ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH, "it belongs to another certificate"},
		{ERR_LIB_X509, X509_R_KEY_TYPE_MISMATCH, "it belongs to another certificate"},
		{ERR_LIB_SSL, SSL_R_NO_CERTIFICATE_ASSIGNED, "it belongs to another certificate"},
		{ERR_LIB_SSL, SSL_R_EE_KEY_TOO_SMALL, "its key is too short to be safe"},
		{ERR_LIB_SSL, SSL_R_CA_KEY_TOO_SMALL, "its key is too short to be safe"},
		{ERR_LIB_SSL, SSL_R_CA_MD_TOO_WEAK, "its signature algorithm is no longer safe"},
	};
	unsigned long error = lib.ERR_peek_last_error();
	const char *reason = error ? lib.ERR_reason_error_string(error) : NULL;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (ERR_GET_LIB(error) == words[i].library && ERR_GET_REASON(error) == words[i].reason)
			reason = words[i].text;
	lib.ERR_clear_error();
	return error_set(e, EX_CONFIG, "%s: %s", what, reason ? reason : "cannot be read");
}

/* --- certificates ----------------------------------------------------------------------------- */

/* Takes certificate I of a chain; 1: it did. */
typedef int take_certificate(void *arg, X509 *x, int i);

/* The lines of TEXT that begin a certificate, or look as if they should. */
static int count_begins(const char *text)
{
	int n = 0;

	for (const char *at = text; (at = strstr(at, "BEGIN ")) != NULL; at += 6) {
		size_t line = strcspn(at, "\r\n");

		n += memmem(at, line, "CERTIFICATE-", 12) != NULL;
	}
	return n;
}

/* Whether reading ended because there is no further block. */
static bool at_end(void)
{
	unsigned long error = lib.ERR_peek_last_error();

	return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static int read_from(BIO *bio, void *arg, take_certificate *take, int *count, struct error *e)
{
	for (*count = 0;; ++*count) {
		CLEANUP(mem_freep) char *what = mem_format("certificate %d", *count + 1);
		X509 *x = lib.PEM_read_bio_X509(bio, NULL, NULL, NULL);
		int ok;

		if (x == NULL)
			return *count && at_end() ? 0 : refuse(what, e);
		ok = take == NULL || take(arg, x, *count) == 1;
		lib.X509_free(x);
		if (!ok)
			return refuse(what, e);
	}
}

/* Reads every certificate of TEXT, and gives each to TAKE (NULL: to nobody). */
static int read_all(const char *text, void *arg, take_certificate *take, struct error *e)
{
	BIO *bio = lib.BIO_new_mem_buf(text, (int)strlen(text));
	int begins = count_begins(text), count, rc;

	lib.ERR_clear_error();
	rc = read_from(bio, arg, take, &count, e);
	lib.ERR_clear_error();
	lib.BIO_free(bio);
	if (rc == 0 && count != begins)
		return error_set(e, EX_CONFIG, "%d certificates begin, but only %d can be read: is a 'BEGIN' line wrong?",
				 begins, count);
	return rc;
}

static int take_into_chain(void *ctx, X509 *x, int i)
{
	if (i == 0)
		return lib.SSL_CTX_use_certificate(ctx, x);
	return (int)lib.SSL_CTX_ctrl(ctx, SSL_CTRL_CHAIN_CERT, 1, x);
}

int tls_check_chain(const char *text, struct error *e)
{
	SSL_CTX *ctx;
	int rc;

	if (load(e) != 0)
		return -1;
	ctx = lib.SSL_CTX_new(lib.TLS_server_method());
	rc = read_all(text, ctx, take_into_chain, e);
	lib.SSL_CTX_free(ctx);
	return rc;
}

int tls_check_authority(const char *text, struct error *e)
{
	return load(e) == 0 ? read_all(text, NULL, NULL, e) : -1;
}

static int take_end(void *arg, X509 *x, int i)
{
	struct tls_end *first = arg;
	struct tm tm = {0};
	time_t end;

	if (lib.ASN1_TIME_to_tm(lib.X509_get0_notAfter(x), &tm) != 1)
		return 0;
	end = timegm(&tm);
	if (i == 0 || end < first->time)
		*first = (struct tls_end){i + 1, end};
	return 1;
}

int tls_first_end(const char *text, struct tls_end *first, struct error *e)
{
	return load(e) == 0 ? read_all(text, first, take_end, e) : -1;
}

/* --- keys ------------------------------------------------------------------------------------- */

/* A key that asks for a passphrase gets none. */
static int no_passphrase(char *buf, int size, int writing, void *asked)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

static EVP_PKEY *read_key(const char *text, struct error *e)
{
	BIO *bio = lib.BIO_new_mem_buf(text, (int)strlen(text));
	bool asked = false;
	EVP_PKEY *key;

	lib.ERR_clear_error();
	key = lib.PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &asked);
	lib.BIO_free(bio);
	if (key)
		return key;
	refuse("the key cannot be read", e);
	if (asked)
		error_set(e, EX_CONFIG, "the key has a passphrase, which nobody can type when the appliance starts: "
			  "remove it ('openssl pkey')");
	return NULL;
}

int tls_check_key(const char *text, struct error *e)
{
	EVP_PKEY *key = load(e) == 0 ? read_key(text, e) : NULL;

	if (key)
		lib.EVP_PKEY_free(key);
	return key ? 0 : -1;
}

/* A key of another type than the certificate's is taken by the first call: only the second one compares them. */
static bool takes_key(SSL_CTX *ctx, EVP_PKEY *key)
{
	return lib.SSL_CTX_use_PrivateKey(ctx, key) == 1 && lib.SSL_CTX_check_private_key(ctx) == 1;
}

int tls_check_pair(const char *chain, const char *text, struct error *e)
{
	EVP_PKEY *key = load(e) == 0 ? read_key(text, e) : NULL;
	SSL_CTX *ctx = key ? lib.SSL_CTX_new(lib.TLS_server_method()) : NULL;
	int rc = -1;

	if (ctx && read_all(chain, ctx, take_into_chain, e) == 0)
		rc = takes_key(ctx, key) ? 0 : refuse("the key", e);
	if (ctx)
		lib.SSL_CTX_free(ctx);
	if (key)
		lib.EVP_PKEY_free(key);
	return rc;
}
