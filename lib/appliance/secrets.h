/* SPDX-License-Identifier: MIT */
/*
 * What the machine makes for itself at its first start, and keeps: files of NAME_SECRETS_DIR that only root reads. Later
 * starts find them, and change nothing.
 */
#ifndef APPLIANCE_SECRETS_H
#define APPLIANCE_SECRETS_H

#include <stdbool.h>

#include "base/error.h"

/* Makes those that are missing: the password of the database's role, Django's key; each a file, 0600. */
int secrets_make(const char *root, struct error *e);

/* Whether they are all there. */
bool secrets_are_made(const char *root);

/* "" where it was not made yet; NULL on failure. Freed by the caller. */
char *secrets_password(const char *root, struct error *e);
char *secrets_django_key(const char *root, struct error *e);

#endif
