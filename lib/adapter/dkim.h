/* SPDX-License-Identifier: MIT */
/* The key that signs mail (DKIM, RFC 6376), made by the program openssl. */
#ifndef ADAPTER_DKIM_H
#define ADAPTER_DKIM_H

#include "base/error.h"
#include "base/str.h"

/*
 * Appends a new RSA key of 2048 bits: the private part as PEM to KEY, the public one as base 64
 * (what a DNS record's "p=" holds) to PUBLIC. openssl missing: 69; failing: 1.
 */
int openssl_make_dkim_key(struct str *key, struct str *public, struct error *e);

#endif
