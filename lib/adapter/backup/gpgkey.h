/* SPDX-License-Identifier: MIT */
/* New GPG keys, made by the program gpg in a keyring that is thrown away. */
#ifndef ADAPTER_BACKUP_GPGKEY_H
#define ADAPTER_BACKUP_GPGKEY_H

#include "base/error.h"
#include "base/str.h"

/*
 * Appends a new key of that NAME (letters, digits, "_", "." and blanks), private part included,
 * ASCII-armoured: RSA of 3072 bits that signs and encrypts, without passphrase and without end, as
 * the older appliance's. gpg missing: 69; failing: 1.
 */
int gpg_make_key(const char *name, struct str *armour, struct error *e);

#endif
