/* SPDX-License-Identifier: MIT */
/* Secrets from the kernel (getrandom(2)). */
#ifndef SYS_RANDOM_H
#define SYS_RANDOM_H

#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

/* Appends a secret of N random bytes as base 64. */
int random_secret(size_t n, struct str *out, struct error *e);

#endif
