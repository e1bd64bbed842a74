/* SPDX-License-Identifier: MIT */
/* The keys and certificates that stand in an env.yml, read whole: what is wrong in them shows at the check, not later. */
#ifndef ENV_CREDENTIALS_H
#define ENV_CREDENTIALS_H

#include <time.h>

#include "base/error.h"
#include "base/str.h"
#include "env/env.h"

/*
 * What the site is served with (appliance.ssl): nginx would not start with what is refused here: 65,
 * "FILE:LINE:COLUMN: what". An expired certificate, or one for another name, is served.
 */
int credentials_check_site(const struct env *env, struct error *e);

/* The same, and all other keys: that of mail, those of the backup and the vault. */
int credentials_check(const struct env *env, struct error *e);

enum { CREDENTIALS_DAYS = 30 };

/*
 * Adds "FILE:LINE:COLUMN: what" for each key whose certificates have expired at NOW, or do so within CREDENTIALS_DAYS; one
 * that cannot be read is left to credentials_check().
 */
void credentials_ends(const struct env *env, time_t now, struct strlist *warnings);

#endif
