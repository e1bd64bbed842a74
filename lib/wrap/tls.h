/* SPDX-License-Identifier: MIT */
/*
 * Certificates and keys, judged by the library that nginx serves them with: what a TLS server would refuse to start
 * with is refused here. All texts are PEM; nothing is written anywhere.
 */
#ifndef WRAP_TLS_H
#define WRAP_TLS_H

#include <time.h>

#include "base/error.h"

/* Whether TEXT is a chain of certificates that a server can present, its own first: 0, or 78 and why not. */
int tls_check_chain(const char *text, struct error *e);

/* Whether TEXT is a private key that no passphrase locks: 0, or 78 and why not. */
int tls_check_key(const char *text, struct error *e);

/* Whether a server can serve CHAIN with KEY, both good by themselves: 0, or 78 and why not. */
int tls_check_pair(const char *chain, const char *key, struct error *e);

/* Whether TEXT is one or more certificates, as an authority of clients is: 0, or 78 and why not. */
int tls_check_authority(const char *text, struct error *e);

/* When a certificate ends. */
struct tls_end {
	int number; /* of the certificate, from 1 */
	time_t time; /* seconds since 1970 */
};

/* The one of the certificates TEXT that ends first: 0, or 78 and why TEXT cannot be read. */
int tls_first_end(const char *text, struct tls_end *first, struct error *e);

#endif
