/* SPDX-License-Identifier: MIT */
/* A new env.yml, and the seed ISO of one. */
#ifndef ENV_CREATE_H
#define ENV_CREATE_H

#include <time.h>

#include "base/error.h"
#include "base/str.h"
#include "env/env.h"

/*
 * Appends a new env.yml for DOMAIN (a value of SCHEMA_DOMAIN) with fresh secrets and keys, and with
 * the DNS records that belong to it as comments. Its programs (gpg, openssl) missing: 69; failing:
 * 1.
 */
int env_create(const char *domain, struct str *out, struct error *e);

/*
 * Appends an ISO image labelled "cidata" that cloud-init's NoCloud takes as a seed: the env.yml as
 * user-data, and a meta-data that names the machine after the domain. A later env.yml for the
 * domain is the same instance to cloud-init, which would else make new ssh host keys.
 */
int env_package(const struct env *env, time_t time, struct str *out, struct error *e);

#endif
