/* SPDX-License-Identifier: MIT */
/* Certificates by the program openssl. A private key reaches it through a pipe. */
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

/* Whether KEY belongs to CERT (PEM): 0, or -1 and 78 with what is wrong. */
int openssl_check(const char *key, const char *cert, struct error *e);

/* Whether CERT serves the domain NAME, now and in SECONDS from now: 0, or -1 and 78 with what is wrong. */
int openssl_fits(const char *cert, const char *name, long seconds, struct error *e);

#endif
