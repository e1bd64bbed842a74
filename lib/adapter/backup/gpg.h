/* SPDX-License-Identifier: MIT */
/*
 * GnuPG with a keyring of its own that lives as long as one run: nothing but the one key of the
 * environment is in it, that key is trusted, and no user's keyring is looked at or changed. New keys are made in one
 * that is thrown away.
 */
#ifndef ADAPTER_BACKUP_GPG_H
#define ADAPTER_BACKUP_GPG_H

#include <stdbool.h>
#include <time.h>

#include "base/error.h"
#include "base/str.h"

struct gpg {
	char *folder;      /* what the caller gave; removed at the end */
	char *home;        /* GNUPGHOME: a folder in it, of a name that was never used, 0700 */
	char *fingerprint; /* of the key: the first that can encrypt, else the first */
	char *user;        /* its first user id, for people */
	bool secret;       /* the private part is there: it can decrypt */
	bool encrypts;     /* we can encrypt to it: it is not expired, revoked or disabled */
	bool signs;        /* it can sign, by the same measure */
	bool signer;       /* it could sign once, whatever became of it */
	time_t expires;    /* of the key or of its part that encrypts; 0: never */
};

/*
 * Makes the keyring anew beneath FOLDER (what was there is removed) and imports ARMOUR, the text
 * of an ASCII-armoured key. No key in it: 78. Says nothing of whether the key can be used: see the
 * fields, and gpg_prove().
 */
int gpg_open(const char *folder, const char *armour, struct gpg *g, struct error *e);

/* Ends the agent and removes the keyring. */
void gpg_close(struct gpg *g);

/*
 * Whether backups can be made for this key: 0, or 78 with the reason: expired (with the day), revoked, of a
 * kind that cannot encrypt; or, where it has a private part, that this does not decrypt what was
 * encrypted to it (it is locked by a passphrase).
 */
int gpg_prove(const struct gpg *g, struct error *e);

/* Writes the detached signature of the file PATH as SIGNATURE. */
int gpg_sign(const struct gpg *g, const char *path, const char *signature, struct error *e);

/* Whether SIGNATURE is one of the file PATH by this key: 0, else 65. An expired key is good enough. */
int gpg_verify(const struct gpg *g, const char *path, const char *signature, struct error *e);

/*
 * Appends a new key of that NAME (letters, digits, "_", "." and blanks), private part included,
 * ASCII-armoured: RSA of 3072 bits that signs and encrypts, without passphrase and without end, as
 * the older appliance's. gpg missing: 69; failing: 1.
 */
int gpg_make_key(const char *name, struct str *armour, struct error *e);

#endif
