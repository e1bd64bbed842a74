/* SPDX-License-Identifier: MIT */
/* The maintenance page: nginx answers with it (503) while a file of that name is there, which it looks for at each request. */
#ifndef APPLIANCE_MAINTENANCE_H
#define APPLIANCE_MAINTENANCE_H

#include <stdbool.h>

#include "base/error.h"

bool maintenance_is_shown(const char *root);

/* Both can be done twice. */
int maintenance_show(const char *root, struct error *e);
int maintenance_end(const char *root, struct error *e);

#endif
