/* SPDX-License-Identifier: MIT */
/*
 * User-data as clouds hand it over: plain, gzipped, or the text/cloud-config part of a MIME
 * multipart.
 */
#ifndef ENV_USERDATA_H
#define ENV_USERDATA_H

#include "base/error.h"
#include "base/str.h"

enum { ENV_MAX = 1 << 20 }; /* bytes of an env.yml, packed and unpacked */

#define ENV_FIRST_LINE "#cloud-config"

/*
 * Replaces DATA by the cloud-config that it packs; what is packed in no way stays as it is, and so
 * does a multipart without such a part. A part is named by its type, so it gets the first line
 * "#cloud-config" where it lacks it. NAME stands in messages. Broken packing, two parts that hold
 * our trees, or more than ENV_MAX unpacked: 65.
 */
int userdata_unpack(const char *name, struct str *data, struct error *e);

#endif
