/* SPDX-License-Identifier: MIT */
/* Keys and certificates by the program openssl; a private key reaches it through a pipe. openssl missing: 69. */
#ifndef ADAPTER_OPENSSL_H
#define ADAPTER_OPENSSL_H

#include "base/error.h"
#include "base/str.h"

/*
 * Makes a key and a certificate signed by itself, in PEM, for the domain NAME and the further
 * ALIASES, valid for DAYS days from now.
 */
int openssl_self_signed(const char *name, const struct strlist *aliases, int days, struct str *key,
			struct str *cert, struct error *e);

/* The same for a certificate authority called NAME. */
int openssl_authority(const char *name, int days, struct str *key, struct str *cert, struct error *e);

/*
 * Makes the key that signs mail (DKIM, RFC 6376), RSA of 2048 bits: the private part in PEM to KEY, which is empty, and
 * the public one in base 64 (what a DNS record's "p=" holds) to PUBLIC.
 */
int openssl_dkim_key(struct str *key, struct str *public, struct error *e);

/* Whether CERT serves the domain NAME, now and in SECONDS from now: 0, or -1 and 78 with what is wrong. */
int openssl_fits(const char *cert, const char *name, long seconds, struct error *e);

#endif
