/* SPDX-License-Identifier: MIT */
/* Opens a folder although other users may have changed a part of its path. */
#ifndef SYS_FOLDER_H
#define SYS_FOLDER_H

#include "base/error.h"

/*
 * Opens the folder PATH (absolute), made with mode 0755 where it or one above it is missing. A link in it is followed only
 * where root, or whoever runs this, made it: another one is refused (77) and named. Returns a descriptor, which the caller
 * closes, or -1.
 */
int folder_open(const char *path, struct error *e);

#endif
