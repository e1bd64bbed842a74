/* SPDX-License-Identifier: MIT */
/* The keys and certificates that stand in an env.yml, read whole: what is wrong in them shows at the check, not later. */
#ifndef ENV_CREDENTIALS_H
#define ENV_CREDENTIALS_H

#include "base/error.h"
#include "env/env.h"

/*
 * What the site is served with (appliance.ssl): nginx would not start with what is refused here: 65,
 * "FILE:LINE:COLUMN: what". An expired certificate, or one for another name, is served.
 */
int credentials_check_site(const struct env *env, struct error *e);

/* The same, and all other keys: that of mail, those of the backup and the vault. */
int credentials_check(const struct env *env, struct error *e);

#endif
